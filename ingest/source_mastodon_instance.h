// One instance that a source asks: all of its hashtags' timelines, streams and conversations. It
// does what is due, piece by piece, and when it cannot be reached it waits while the source's other
// instances go on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/outage.h"
#include "base/result.h"
#include "base/time.h"
#include "ingest/request_budget.h"
#include "ingest/source.h"
#include "ingest/source_mastodon_api.h"
#include "ingest/source_mastodon_feed.h"
#include "ingest/source_mastodon_posts.h"
#include "ingest/source_mastodon_recent.h"
#include "ingest/source_mastodon_stream.h"
#include "ingest/source_mastodon_threads.h"

namespace latecomer {

struct MastodonOptions {
  std::vector<Url> bases;
  std::string token_file;
  std::optional<TimeMs> since;
  std::uint32_t requests_a_day = 0;  // 0: no ceiling
  RevisitPolicy revisits;
  std::optional<bool> stream;  // absent: where there is a token
};

class MastodonWorker {
 public:
  // Context, options and `recent` must outlive it. `number`: of the base.
  MastodonWorker(SourceContext& context, const MastodonOptions& options, std::size_t number,
                 MastodonRecent& recent);

  Status Restore();

  // Does some of what is due, and writes what it brought. An error is one that ends the source:
  // what is wrong with the instance is kept here.
  Status Step();

  // When there is something to do; now or earlier: at once.
  TimeMs Due() const;
  bool has_streams() const;
  // In a reading that ends: all that is there has been read.
  bool IsDone() const;
  // Requests that are known to be needed still.
  std::uint64_t Left() const;

  // Why it is not asked any more, or, while it is away, why; nothing if all is well.
  const std::optional<Error>& failure() const { return failure_; }
  bool has_given_up() const { return gave_up_; }
  // It has failed several times in a row.
  bool is_away() const { return gave_up_ || failures_ >= kAwayFailures; }
  TimeMs not_before() const { return not_before_; }
  const std::vector<std::unique_ptr<MastodonFeed>>& feeds() const { return feeds_; }
  const std::string& instance() const { return api_.instance(); }

 private:
  enum class Kind { kVisit, kAgain, kOlder };
  static constexpr int kKinds = 3;
  static constexpr int kAwayFailures = 3;

  Status Introduce();
  void MakeFeeds(const MastodonInstance& facts);
  void MakeStreams(const MastodonInstance& facts);
  MastodonFeed* NextNewer() const;
  MastodonFeed* NextAgain() const;
  MastodonFeed* NextOlder() const;
  bool DoOne(PostBatch& batch, Status& done);
  bool DoKind(Kind kind, PostBatch& batch, Status& done);
  Status ReadStreams();
  Status Write(PostBatch& batch);
  void Failed(const Error& error, bool asked);

  SourceContext& context_;
  const MastodonOptions& options_;
  MastodonApi api_;
  MastodonPosts posts_;
  std::optional<RequestBudget> budget_;
  std::vector<std::unique_ptr<MastodonFeed>> feeds_;
  std::unique_ptr<MastodonThreads> threads_;  // from when the instance has said what it is
  std::vector<std::unique_ptr<MastodonStream>> streams_;

  const TimeMs started_;
  TimeMs not_before_ = 0;
  TimeMs paging_not_before_ = 0;  // of timelines, whose limit is another
  bool was_paging_ = false;
  int failures_ = 0;  // in a row
  int turn_ = 0;      // of the kinds
  std::optional<Error> failure_;
  bool gave_up_ = false;
  Backoff backoff_;
  Outage outage_;
};

// What an instance gives of a thread at once, and how it pages.
MastodonThreads::Bounds MastodonBounds(MastodonInstance::Software software, bool has_token);

}  // namespace latecomer
