// Values of `posts`: what is read is written and read again the same, to the byte.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/post_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  latecomer::PostReader reader;
  if (!reader.Read(json)) {
    latecomer::Post content;
    static_cast<void>(latecomer::ReadContent(json, content));
    return 0;
  }
  std::string written;
  latecomer::AppendPostsValue(written, reader.value());
  latecomer::PostReader again;
  if (!again.Read(written)) std::abort();
  std::string rewritten;
  latecomer::AppendPostsValue(rewritten, again.value());
  if (rewritten != written) std::abort();
  if (const auto* post = std::get_if<latecomer::Post>(&reader.value())) {
    std::string content;
    latecomer::AppendContent(content, *post);
    latecomer::Post read;
    if (!latecomer::ReadContent(content, read)) std::abort();
    std::string content_again;
    latecomer::AppendContent(content_again, read);
    if (content_again != content) std::abort();
  }
  return 0;
}
