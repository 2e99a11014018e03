// Visits conversations: fetches all of one, and finds out what has become of the posts that were
// there and are no more.
//
// A visit asks for the thread of the root, then for the threads below where an answer was cut, and
// for those of known posts that were not in it: a deletion hides all that was answered to it. Of
// what the AppView does not find, the author's repository is asked (bluesky_origin.h); only its
// word makes a deletion. At most kRequestsMax requests a visit; which of the missing are asked for
// then is chance, so that each has its turn.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/bluesky_api.h"
#include "ingest/bluesky_conversations.h"
#include "ingest/bluesky_origin.h"

namespace latecomer {

// For the source's thread.
class BlueskyThreads {
 public:
  BlueskyThreads(SourceContext& context, BlueskyApi& api, BlueskyOrigin& origin,
                 BlueskyConversations& conversations);

  // Visits the conversation and writes what it finds. One that fails by itself is put off, and
  // success; kRetryLater where the host is away: kFailuresMax visits in a row have failed, or it
  // has said when to come back.
  Status Visit(PostBatch& batch, const std::string& root);

  static constexpr int kRequestsMax = 100;
  static constexpr int kOriginsMax = 50;
  static constexpr int kFailuresMax = 3;

 private:
  struct State {
    std::string root;
    std::vector<std::string> to_ask;  // URIs, the last one first
    std::set<std::string> asked;      // URIs
    std::set<std::string> found;      // short ids, as those below
    std::set<std::string> not_found;
    std::set<std::string> hidden;  // blocked: it is there, and not for us
    int requests = 0;
    bool with_parents = false;  // of what stands alone, not of what hangs from a shown post
  };
  Status Explore(PostBatch& batch, State& state);
  Status AskThread(PostBatch& batch, State& state, const std::string& uri);
  Status TakeThread(PostBatch& batch, State& state, JsonValue thread);
  std::optional<std::string> NextMissing(State& state);
  Status AskOrigins(PostBatch& batch, State& state);
  Status Fail(PostBatch& batch, const std::string& root, const Error& error);

  SourceContext& context_;
  BlueskyApi& api_;
  BlueskyOrigin& origin_;
  BlueskyConversations& conversations_;
  std::minstd_rand random_;
  int failures_ = 0;  // in a row
};

}  // namespace latecomer
