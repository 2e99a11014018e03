// Finds tagged posts by searching: forward, what is new, and backward, what was there before.
//
// Results are sorted by when their record says they were written, so one that is indexed late, or
// dated back, appears behind what has been read: each poll looks back kLookBack, once a day
// kLookBackWide, and each kAgain the whole history is walked through anew.
//
// Cursors (NAME: a hashtag or alias, folded):
//   tail NAME     `v1 UNTIL WIDE`: read up to then; when kLookBackWide was looked back last
//   history NAME  `v1 UNTIL BEGUN`: read down to then (0: to the end), by the walk that began then
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/bluesky_api.h"
#include "ingest/bluesky_conversations.h"
#include "ingest/bluesky_search.h"
#include "ingest/source_coverage.h"

namespace latecomer {

// For the source's thread.
class BlueskyFinder {
 public:
  // `since`: how far back history goes; nothing: to the beginning.
  BlueskyFinder(SourceContext& context, BlueskyApi& api, BlueskyConversations& conversations,
                std::optional<TimeMs> since);

  // kCorrupt: a cursor that makes no sense.
  Status Restore(PostBatch& batch);

  // Reads all that is new, of every hashtag.
  Status Poll(PostBatch& batch);
  // Reads one page of history, if some is left. False: none is.
  Result<bool> ReadHistory(PostBatch& batch);
  // Names whose history has not been read to its end.
  std::size_t histories_left() const;
  std::size_t names() const { return names_.size(); }
  Status Flush(PostBatch& batch) { return coverage_.Flush(batch); }

  // "#name" as it is searched for, for each hashtag and alias.
  static std::vector<std::string> QueriesOf(const FollowedHashtag& followed);

  static constexpr std::chrono::milliseconds kLookBack = std::chrono::minutes(15);
  static constexpr std::chrono::milliseconds kLookBackWide = std::chrono::hours(24 * 8);
  static constexpr std::chrono::milliseconds kWideEvery = std::chrono::hours(24);
  static constexpr std::chrono::milliseconds kAgain = std::chrono::hours(24 * 30);
  // No post of the network is older than its first server, but for those dated back.
  static constexpr TimeMs kBegin = 1'667'260'800'000;  // 2022-11-01

 private:
  struct Name {
    std::size_t hashtag = 0;  // which of the spec's
    std::string name;         // folded
    std::string query;
    TimeMs tail_until = 0;
    TimeMs tail_wide = 0;
    TimeMs history_until = 0;
    TimeMs history_begun = 0;
    bool history_done = false;
    std::optional<BlueskySearchWalk> walk;
  };
  Status ReadPage(PostBatch& batch, BlueskySearchWalk& walk);
  Status PollName(PostBatch& batch, Name& name, TimeMs now);
  Status EndHistory(PostBatch& batch, Name& name);
  Status SaveTail(PostBatch& batch, const Name& name) const;
  Status SaveHistory(PostBatch& batch, const Name& name) const;
  const std::string& Key(const Name& name) const;

  SourceContext& context_;
  BlueskyApi& api_;
  BlueskyConversations& conversations_;
  SourceCoverage coverage_;
  const std::optional<TimeMs> since_;
  std::vector<Name> names_;
  std::size_t next_history_ = 0;
};

}  // namespace latecomer
