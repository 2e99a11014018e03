// What every fuzz target of an archive format does with its input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/archive_read.h"
#include "model/html.h"
#include "model/post_json.h"
#include "model/utf8.h"

namespace latecomer {

// Whatever comes in, what is given out is a canonical post: it is read back from its own JSON as it
// was, and its content is sanitised.
class FuzzSink final : public ArchiveSink {
 public:
  bool OnPost(ArchivePost& post) override {
    const auto* value = std::get_if<Post>(&post.value);
    if (value != nullptr && SanitiseHtml(value->content) != value->content) std::abort();
    json_.clear();
    AppendPostsValue(json_, post.value);
    if (!reader_.Read(json_)) std::abort();
    if (!(reader_.value() == post.value)) std::abort();
    return true;
  }
  void OnReject(Reject reject) override {
    if (reject.reason.empty() || reject.where.empty()) std::abort();
    if (reject.sample.size() > 200 || !IsValidUtf8(reject.sample)) std::abort();
  }
  void OnProgress(std::uint64_t) override {}

 private:
  PostReader reader_;
  std::string json_;
};

// `format` empty: detected.
inline void FuzzArchive(const char* format, const std::uint8_t* data, std::size_t size) {
  FuzzSink sink;
  ArchiveOptions options;
  options.format = format;
  options.name = "f";
  options.now = 1'700'000'000'000;
  const Status status =
      ReadArchiveBytes({reinterpret_cast<const char*>(data), size}, options, sink);
  if (!status && status.error().message.empty()) std::abort();
}

}  // namespace latecomer
