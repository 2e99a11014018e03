// Reads the input as an answer of WordPress's REST API, of each kind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ingest/post_check.h"
#include "ingest/wordpress_json.h"
#include "model/html.h"
#include "model/post_json.h"

namespace {

void CheckPost(latecomer::Post& post) {
  using namespace latecomer;
  if (SanitiseHtml(post.content) != post.content) std::abort();
  if (TidyAndCheckPost(post)) return;
  std::string json;
  AppendPost(json, post);
  PostReader reader;
  if (!reader.Read(json)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace latecomer;
  const std::string input(reinterpret_cast<const char*>(data), size);
  constexpr TimeMs kNow = 1'700'000'000'000;
  std::string text = input;
  WpSite site{"https://b.example", true};
  if (const Result<WpSite> read = ReadWpSite(text)) site = *read;
  text = input;
  if (Result<std::vector<WpPost>> posts = ReadWpPosts(text, site, kNow)) {
    for (WpPost& post : *posts) CheckPost(std::get<Post>(post.post.value));
  }
  text = input;
  if (Result<std::vector<WpComment>> comments = ReadWpComments(text, site, kNow)) {
    for (WpComment& comment : *comments) {
      PlaceComment(comment, "https://b.example/?p=1", "https://b.example/one/");
      CheckPost(std::get<Post>(comment.post.value));
    }
  }
  text = input;
  (void)ReadWpTerms(text);
  (void)ReadWpErrorCode(input);
  return 0;
}
