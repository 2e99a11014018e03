// Answers and messages of the AT network: whatever comes, what is made of it is a post that may be
// written, with content that is safe already.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/bluesky_json.h"
#include "ingest/bluesky_post.h"
#include "ingest/bluesky_uri.h"
#include "ingest/jetstream_event.h"
#include "ingest/post_check.h"
#include "model/html.h"

namespace {

using namespace latecomer;

constexpr TimeMs kNow = 1'700'000'000'000;

void Require(bool holds) {
  if (!holds) std::abort();
}

void MakePost(const BlueskyRecord& record, const BlueskyAuthor& author) {
  BlueskyPost made;
  if (!MakeBlueskyPost(record, author, "fuzz.test", kNow, made)) return;
  Post post = std::get<Post>(made.post.value);
  Require(BlueskyUriOfShortId(made.short_id) == post.id);
  Require(!made.root.empty() && !BlueskyShortId(made.root).empty());
  Require(SanitiseHtml(post.content) == post.content);
  (void)TidyAndCheckPost(post);
  for (const Attachment& attachment : post.attachment) {
    Require(attachment.url.starts_with("https://cdn.bsky.app/") ||
            attachment.url.starts_with("https://video.bsky.app/"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonTree tree(BlueskySkippedKeys(), kBlueskyDepthMax);
  std::string text(reinterpret_cast<const char*>(data), size);
  if (!tree.Parse(text.data(), text.size())) return 0;
  const JsonValue root = tree.root();
  MakePost({"did:plc:fuzz", "3kfuzz", "bafy", root, kNow, std::nullopt}, {});
  for (const BlueskyThreadItem& item : ReadBlueskyThread(root)) {
    if (const auto view = ReadBlueskyView(item.post)) MakePost(view->record, view->author);
  }
  for (JsonValue item : root["posts"]) {
    if (const auto view = ReadBlueskyView(item)) MakePost(view->record, view->author);
  }
  (void)ReadBlueskySession(root);
  (void)PdsOfDidDocument(root);
  (void)XrpcErrorName(root);
  const JetstreamEvent event = ReadJetstreamEvent(root);
  if (event.kind == JetstreamEvent::Kind::kWritten) {
    Require(IsDid(event.did) && IsRecordKey(event.rkey) && event.time_us > 0);
    MakePost({event.did, event.rkey, event.cid, event.record, event.time_us / 1'000, kNow}, {});
  }
  return 0;
}
