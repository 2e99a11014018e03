// Answers of the AT protocol's HTTP API (https://docs.bsky.app/docs/category/http-reference) as
// trees: where in them stands what we take. Pure; what others wrote is not trusted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/bluesky_post.h"
#include "ingest/json_tree.h"

namespace latecomer {

// A thread is nested two levels a reply and one a parent, a thousand of each at most.
inline constexpr int kBlueskyDepthMax = 8192;
// What is never read, and makes up much of an answer.
std::vector<std::string_view> BlueskySkippedKeys();

// app.bsky.feed.defs#postView.
struct BlueskyView {
  std::string_view uri;
  BlueskyRecord record;
  BlueskyAuthor author;
  std::int64_t replies = 0;  // as counted by the network
};
// Nothing if it is none, or not that of a post of its author's repository.
std::optional<BlueskyView> ReadBlueskyView(JsonValue view);

// app.bsky.actor.defs#profileViewBasic and its larger relatives.
BlueskyAuthor ReadBlueskyAuthor(JsonValue profile);

// The union of app.bsky.feed.defs: #threadViewPost, #notFoundPost, #blockedPost.
struct BlueskyThreadItem {
  enum class Kind { kPost, kNotFound, kBlocked };
  Kind kind = Kind::kPost;
  JsonValue post;        // of kPost: its view
  std::string_view uri;  // of the others
  // There are replies below it that the answer does not show: it has reached its depth.
  bool is_cut = false;
};
// All of an answer of app.bsky.feed.getPostThread (the member `thread`), parents before replies.
std::vector<BlueskyThreadItem> ReadBlueskyThread(JsonValue thread);

// com.atproto.server.createSession and refreshSession. The tokens are views.
struct BlueskySessionJson {
  std::string_view access;
  std::string_view refresh;
  std::string_view did;
  std::string_view handle;
  std::string_view pds;  // the host of the account by its DID document; "" where that is not sent
  bool is_active = true;
};
std::optional<BlueskySessionJson> ReadBlueskySession(JsonValue session);

// The host of an account's repository, of its DID document (https://atproto.com/specs/did); "" if
// it names none.
std::string_view PdsOfDidDocument(JsonValue document);

// The name of an error ({"error":"NotFound","message":…}), "" if there is none, "Unnamed" where it
// is no plain word: it comes from outside and stands in messages.
std::string XrpcErrorName(JsonValue answer);

}  // namespace latecomer
