// Visits to the conversations of X that are due, several at once: a search for what is new in them
// (conversation_id:), then a look at every post that is known, 100 a request, for edits and
// deletions; and a look at posts that others refer to and no answer had.
//
// A post that X calls not found is looked at once more, kGoneAgain later, before it counts as
// deleted: cursor `gone ID`, value `v1 TIME ROOT`. One that is only not visible (protected,
// suspended, withheld) stays.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/x_api_collector.h"

namespace latecomer {

// One pass over the conversations that are due.
struct XVisitsRound {
  std::vector<std::string> roots;
  std::map<std::string, KnownPosts> before;
  XSearch search;
  bool is_searched = false;
  std::optional<TimeMs> upto;
  std::set<std::string> tokens;
  int empty = 0;               // pages in a row
  std::set<std::string> seen;  // posts that the search has given, by their first version
  bool is_listed = false;
  std::vector<std::string> ids;  // still to be looked at
  std::map<std::string, std::string> root_of;
};

class XVisits {
 public:
  XVisits(SourceContext& context, XApi& api, XCollector& collector, XConversations& conversations);

  bool IsUnderWay() const { return round_.has_value(); }
  bool HasWork() const;
  // When there will be; nothing: not before something new is found.
  std::optional<TimeMs> NextDue() const { return conversations_.revisits().NextDue(); }
  // One request. kRetryLater with XApi::HasToWait: not now.
  Status Step();

  static constexpr std::chrono::seconds kGoneAgain{60};

 private:
  using Round = XVisitsRound;

  void Begin();
  Status Search();
  void ListIds();
  Status Look();
  Status TakeLook(XAnswer& answer);
  Status TakeGone(const std::string& id);
  Status End();
  Status GiveUp();

  SourceContext& context_;
  XApi& api_;
  XCollector& collector_;
  XConversations& conversations_;
  std::optional<Round> round_;
};

}  // namespace latecomer
