#include "archive_harness.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>
#include <zstd.h>

#include <stdexcept>

#include "ingest/archive_read.h"
#include "model/post_json.h"

namespace latecomer {
namespace {

class Collector final : public ArchiveSink {
 public:
  bool OnPost(ArchivePost& post) override {
    std::string json;
    AppendPostsValue(json, post.value);
    result.posts.push_back(json);
    std::string joined;
    for (const std::string& hashtag : post.hashtags) {
      if (!joined.empty()) joined += ',';
      joined += hashtag;
    }
    result.hashtags.push_back(joined);
    result.values.push_back(post.value);
    return true;
  }
  void OnReject(Reject reject) override {
    if (reject.sample.size() > 200) throw std::logic_error("sample too long");
    result.rejects.push_back(reject.where + ": " + reject.reason);
  }
  void OnProgress(std::uint64_t) override {}

  ReadResult result;
};

ArchiveOptions Defaults(ArchiveOptions options) {
  if (options.name.empty()) options.name = "f";
  if (options.now == 0) options.now = kTestNow;
  return options;
}

std::string Pack(const std::vector<ZipMember>& members, bool zip) {
  std::string out(1U << 20U, '\0');
  for (const ZipMember& member : members) out.resize(out.size() + member.bytes.size() + 2048);
  std::size_t used = 0;
  archive* writer = archive_write_new();
  if (zip) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_set_format_ustar(writer);
    archive_write_add_filter_gzip(writer);
  }
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const ZipMember& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    archive_write_data(writer, member.bytes.data(), member.bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

}  // namespace

ArchiveOptions WithFormat(std::string format) {
  ArchiveOptions options;
  options.format = std::move(format);
  return options;
}

ReadResult ReadAll(std::string_view bytes, ArchiveOptions options) {
  Collector sink;
  Status status = ReadArchiveBytes(bytes, Defaults(std::move(options)), sink);
  if (!status) sink.result.error = status.error().message;
  return sink.result;
}

ReadResult ReadAllOf(const std::string& path, ArchiveOptions options) {
  Collector sink;
  Status status = ReadArchive(path, Defaults(std::move(options)), sink);
  if (!status) sink.result.error = status.error().message;
  return sink.result;
}

Post Find(const ReadResult& result, std::string_view id) {
  for (const PostsValue& value : result.values) {
    const auto* post = std::get_if<Post>(&value);
    if (post != nullptr && post->id == id) return *post;
  }
  return {};
}

std::string Gzip(std::string_view bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

std::string Zip(const std::vector<ZipMember>& members) { return Pack(members, true); }
std::string TarGz(const std::vector<ZipMember>& members) { return Pack(members, false); }

}  // namespace latecomer
