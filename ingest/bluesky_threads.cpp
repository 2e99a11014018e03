#include "ingest/bluesky_threads.h"

#include <algorithm>

#include "base/log.h"
#include "ingest/bluesky_json.h"
#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

// Where all of a thread is more than an answer may hold, less of it is asked for at once.
constexpr int kDepths[] = {1000, 10, 1};
constexpr char kWhere[] = "app.bsky.feed.getPostThread";

}  // namespace

BlueskyThreads::BlueskyThreads(SourceContext& context, BlueskyApi& api, BlueskyOrigin& origin,
                               BlueskyConversations& conversations)
    : context_(context),
      api_(api),
      origin_(origin),
      conversations_(conversations),
      random_(std::random_device()()) {}

Status BlueskyThreads::Visit(PostBatch& batch, const std::string& root) {
  State state;
  state.root = root;
  state.to_ask = {root};
  if (Status begun = conversations_.BeginVisit(batch, root); !begun) return begun;
  if (Status explored = Explore(batch, state); !explored) {
    const ErrorCode code = explored.error().code;
    const bool by_host = code == ErrorCode::kRetryLater || code == ErrorCode::kInvalid;
    if (!by_host || conversations_.write_failed()) return explored;
    return Fail(batch, root, explored.error());
  }
  failures_ = 0;
  if (Status asked = AskOrigins(batch, state); !asked) return asked;
  if (context_.stopped()) return {};
  if (Status ended = conversations_.EndVisit(batch, root); !ended) return ended;
  return conversations_.Write(batch);
}

// What was found so far is written; the conversation is asked for again later.
Status BlueskyThreads::Fail(PostBatch& batch, const std::string& root, const Error& error) {
  if (context_.stopped()) return {};
  const bool is_told = error.retry_after > std::chrono::milliseconds(0);
  if (error.code == ErrorCode::kRetryLater && (is_told || ++failures_ >= kFailuresMax)) {
    return error;
  }
  spdlog::warn("source {}: a conversation could not be read: {} (asked for again later)",
               context_.spec().name, error.message);
  if (Status settled = conversations_.Settle(batch); !settled) return settled;
  if (Status s = conversations_.revisits().Postpone(batch, root, context_.Now()); !s) return s;
  return conversations_.Write(batch);
}

Status BlueskyThreads::Explore(PostBatch& batch, State& state) {
  for (;;) {
    if (state.to_ask.empty()) {
      if (std::optional<std::string> missing = NextMissing(state)) {
        state.to_ask.push_back(std::move(*missing));
        state.with_parents = true;
      }
    }
    if (state.to_ask.empty() || state.requests >= kRequestsMax) return {};
    const std::string uri = std::move(state.to_ask.back());
    state.to_ask.pop_back();
    if (!state.asked.insert(uri).second) continue;
    if (Status asked = AskThread(batch, state, uri); !asked) return asked;
    if (context_.stopped()) return RetryLater("stopped");
    if (batch.IsFull()) {
      if (Status written = conversations_.Write(batch); !written) return written;
    }
  }
}

Status BlueskyThreads::AskThread(PostBatch& batch, State& state, const std::string& uri) {
  Error too_large;
  for (const int depth : kDepths) {
    ++state.requests;
    const Result<XrpcAnswer> answer = api_.PostThread(uri, depth, state.with_parents);
    if (!answer && answer.error().code == ErrorCode::kInvalid) {
      too_large = answer.error();
      continue;
    }
    if (!answer) return answer.error();
    if (answer->ok()) return TakeThread(batch, state, answer->root["thread"]);
    if (answer->error == "NotFound") {
      const std::string id = BlueskyShortId(uri);
      if (!id.empty()) state.not_found.insert(id);
      return {};
    }
    if (answer->status == 401 || answer->status == 403) {
      return Fatal(api_.host().host + " refuses to show threads (" + answer->error + ")");
    }
    return Invalid(api_.host().host + " refuses to show a thread (" + answer->error + ")");
  }
  return too_large;
}

Status BlueskyThreads::TakeThread(PostBatch& batch, State& state, JsonValue thread) {
  const std::vector<BlueskyThreadItem> items = ReadBlueskyThread(thread);
  std::vector<BlueskyPost> posts;
  std::vector<std::string> hashtags;
  for (const BlueskyThreadItem& item : items) {
    if (item.kind != BlueskyThreadItem::Kind::kPost) {
      const std::string id = BlueskyShortId(item.uri);
      if (id.empty()) continue;
      const bool missing = item.kind == BlueskyThreadItem::Kind::kNotFound;
      (missing ? state.not_found : state.hidden).insert(id);
      continue;
    }
    const std::optional<BlueskyView> view = ReadBlueskyView(item.post);
    if (!view) {
      batch.AddReject({kWhere, "a post of a thread has no usable `uri`", 0, ""});
      continue;
    }
    if (item.is_cut) state.to_ask.emplace_back(view->uri);
    // One answer may show what another has shown.
    if (!state.found.insert(BlueskyShortId(view->uri)).second) continue;
    BlueskyPost& post = posts.emplace_back();
    const Status made =
        MakeBlueskyPost(view->record, view->author, api_.host().host, context_.Now(), post);
    if (!made) {
      batch.AddReject({kWhere, "a post of a thread: " + made.error().message, 0, ""});
      posts.pop_back();
    } else if (post.root != state.root) {
      posts.pop_back();  // of another conversation, by its own word
    } else {
      hashtags.insert(hashtags.end(), post.post.hashtags.begin(), post.post.hashtags.end());
    }
  }
  if (Status announced = conversations_.Announce(batch, hashtags); !announced) return announced;
  for (BlueskyPost& post : posts) {
    const Result<bool> taken =
        conversations_.Take(batch, post, BlueskyConversations::How::kVisit, kWhere);
    if (!taken) return taken.error();
  }
  return {};
}

// A known post that no answer has shown yet. The earliest first (record keys grow with time): what
// hangs from it comes with it. Where there are too many, from a place by chance.
std::optional<std::string> BlueskyThreads::NextMissing(State& state) {
  std::vector<std::string> missing;
  for (std::string& id : conversations_.Living(state.root)) {
    if (state.found.contains(id) || state.not_found.contains(id) || state.hidden.contains(id)) {
      continue;
    }
    if (!state.asked.contains(BlueskyUriOfShortId(id))) missing.push_back(std::move(id));
  }
  if (missing.empty()) return std::nullopt;
  const auto key = [](const std::string& id) { return id.substr(id.find('/')); };
  std::sort(missing.begin(), missing.end(),
            [&](const std::string& a, const std::string& b) { return key(a) < key(b); });
  std::size_t which = 0;
  if (missing.size() > static_cast<std::size_t>(kRequestsMax)) {
    which = std::uniform_int_distribution<std::size_t>(0, missing.size() - 1)(random_);
  }
  return BlueskyUriOfShortId(missing[which]);
}

Status BlueskyThreads::AskOrigins(PostBatch& batch, State& state) {
  std::vector<std::string> ids;
  for (const std::string& id : state.not_found) {
    if (!state.found.contains(id) && !conversations_.IsKnownDeleted(state.root, id)) {
      ids.push_back(id);
    }
  }
  std::shuffle(ids.begin(), ids.end(), random_);
  if (ids.size() > static_cast<std::size_t>(kOriginsMax)) ids.resize(kOriginsMax);
  for (const std::string& id : ids) {
    const Result<OriginAnswer> answer = origin_.Ask(BlueskyUriOfShortId(id), context_.Now());
    if (!answer) return answer.error();
    if (context_.stopped()) return {};
    if (*answer != OriginAnswer::kGone) continue;
    if (Status deleted = conversations_.Delete(batch, state.root, id); !deleted) return deleted;
  }
  return {};
}

}  // namespace latecomer
