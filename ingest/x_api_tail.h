// Pulls the tagged posts of X by its search: forward from where each hashtag was left, and backward
// through what is not pulled yet. X gives the newest first, so a poll that finds more than a page
// leaves a stretch to be pulled from its end backward, page by page, over any number of restarts.
//
// A new search looks back kOverlap before the one before it: X's index is behind by some seconds.
// Times in searches are X's own, as its answers tell them, whatever our clock says.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/x_api_collector.h"
#include "ingest/x_api_query.h"

namespace latecomer {

// The pages of one stretch, while the process lives.
struct XTailWalk {
  std::string hashtag;
  std::vector<XQuery> queries;
  std::size_t at = 0;
  XSearch search;
  TimeMs clipped = 0;  // X gives nothing before
  std::set<std::string> tokens;
  int empty = 0;
  int stuck = 0;
};

class XTail {
 public:
  // All must outlive it. `since`: how far back history is pulled.
  XTail(SourceContext& context, XApi& api, XCollector& collector, SourceCoverage& coverage,
        std::optional<TimeMs> since);

  Status Restore();

  // Asks for what is new, of all hashtags.
  Status Poll();
  // Asks for one page of what is not pulled yet. kRetryLater with XApi::HasToWait: not now.
  Status PullGap();
  bool HasGap() const { return !positions_.WithGap("").empty(); }
  std::size_t CountGaps() const { return positions_.CountGaps(); }

  // A stream has brought all up to this time of X's.
  Status StreamedUpTo(TimeMs time);
  // Nothing can be had at present: said for all hashtags, from where they are up to now.
  Status Missing(const std::string& why);

  static constexpr std::chrono::seconds kOverlap{60};

 private:
  using Walk = XTailWalk;

  TimeMs Oldest() const;  // that the search gives
  std::vector<XQuery> QueriesOf(const std::string& hashtag) const;
  Status Begin(const FollowedHashtag& hashtag);
  Status PollQuery(const XQuery& query, const std::set<std::string>& last_of);
  Status BeginWalk(const std::string& hashtag);
  Status TakePage(XAnswer& answer);
  void Anchor(TimeMs end);
  Status EndQuery();
  Status EndGap(const std::string& why);

  SourceContext& context_;
  XApi& api_;
  XCollector& collector_;
  SourceCoverage& coverage_;
  const std::optional<TimeMs> since_;
  const std::size_t query_max_;
  XPositions positions_;
  std::optional<Walk> walk_;
  std::string walked_;  // the hashtag before
};

}  // namespace latecomer
