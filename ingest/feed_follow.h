// Follows feeds: polls them, pages back through their history where they let one, notices when they
// have dropped items between two polls, and reads the comments on their items (feed_items.h).
//
// Cursors: those of FeedItems and SourceCoverage, `feed URL` (FeedState), and `round` with
// SourceSpec::once: `v1 open`, `v1 done`.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ingest/feed_items.h"
#include "ingest/request_budget.h"
#include "ingest/source_coverage.h"

namespace latecomer {

struct FeedFollowSettings {
  std::vector<std::string> urls;  // of feeds, or of pages that offer some
  std::optional<TimeMs> since;
  RevisitPolicy policy;
  std::uint32_t requests_a_day = 0;  // to each host
  // Why what is found is not all even where the feeds are read whole; "": it is.
  std::string partial;
};

class FeedFollow {
 public:
  FeedFollow(SourceContext& context, SourceHttp& http, FeedFollowSettings settings);

  // Until stopped, until `until`, or with SourceSpec::once until all has been read. Errors:
  // kRetryLater where no feed can be had, kNotFound and kInvalid where none is one, those of Write.
  Status Run(std::optional<TimeMs> until = std::nullopt);

  static constexpr std::chrono::minutes kPollEveryLeast{10};
  static constexpr std::chrono::minutes kPollEveryMost{60};
  static constexpr int kPagesMax = 2'000;
  static constexpr int kGapPagesMax = 50;

 private:
  Status Start();
  Status StartBudget(const std::string& url);
  Status PollDue();
  // kInvalid and the like: of this feed alone.
  Status Poll(const std::string& url);
  Result<FeedAnswer> Fetch(const std::string& url, FeedState& state);
  Status ReadNewest(const std::string& url, FeedState& state, FeedAnswer& answer);
  Status ReadBack(const std::string& url, FeedState& state, std::string page,
                  const std::set<std::string, std::less<>>& until_any, bool* has_met);
  Status TakeAll(PostBatch& batch, FeedDocument& document);
  Status Failed(const std::string& url, const Error& error);
  Status Cover();
  Status WriteAll(PostBatch& batch);
  Status Commit(PostBatch& batch);  // where it fails, the run is over
  void Plan(FeedState& state, const FeedAnswer& answer, bool has_new) const;
  void Missing(TimeMs from, TimeMs to, const std::string& why);
  FeedState ReadState(const std::string& url) const;
  Status SaveState(PostBatch& batch, const std::string& url, const FeedState& state) const;
  bool IsDone() const;
  std::chrono::milliseconds UntilNext() const;

  SourceContext& context_;
  SourceHttp& http_;
  const FeedFollowSettings settings_;
  FeedItems items_;
  SourceCoverage coverage_;
  std::vector<std::string> feeds_;                // those of pages too
  std::map<std::string, RequestBudget> budgets_;  // by host
  std::map<std::string, TimeMs> polled_;          // in this run; 0: failed
  struct Gap {
    TimeMs from = 0;
    TimeMs to = 0;
    std::string why;
  };
  std::vector<Gap> gaps_;  // found since coverage was written
  std::string host_;       // asked last
  std::uint64_t counted_ = 0;
  std::optional<Error> last_error_;
  bool write_failed_ = false;
};

}  // namespace latecomer
