// Reads the input as what a host answers for a feed: of any format, encoding and type; and as a
// page and a header that may lead to one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ingest/feed_discovery.h"
#include "ingest/feed_document.h"
#include "ingest/feed_fetch.h"
#include "ingest/post_check.h"
#include "model/html.h"
#include "model/post_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace latecomer;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static const Url url = *ParseUrl("https://b.example/feed");
  // The first line is the type, where there is one.
  const std::size_t line = std::min(input.find('\n'), std::size_t{64});
  const std::string_view type = line < input.size() ? input.substr(0, line) : "";
  const std::string_view body = line < input.size() ? input.substr(line + 1) : input;
  Result<FeedDocument> document = ReadFeedDocument(std::string(body), type, url, 1'700'000'000'000);
  if (!document && document.error().message.empty()) std::abort();
  if (document) {
    for (FeedItem& item : document->items) {
      Post& post = std::get<Post>(item.post.value);
      if (SanitiseHtml(post.content) != post.content) std::abort();
      if (post.type == PostType::kNote && !post.published) std::abort();
      if (TidyAndCheckPost(post)) continue;
      std::string json;
      AppendPost(json, post);
      PostReader reader;
      if (!reader.Read(json)) std::abort();
    }
    (void)BeforeIt(*document, url.text);
  }
  if (FeedsOfPage(body).size() > kFeedsOfPageMax) std::abort();
  (void)LinkOfPage(body, "alternate");
  (void)LinkOf(body, "next");
  if (const auto state = FeedState::Parse(body)) {
    const auto again = FeedState::Parse(state->Format());
    if (!again || again->Format() != state->Format()) std::abort();
  }
  return 0;
}
