// How all results of a search are walked through, newest first, although the pages of one search
// "may not allow scrolling through the entire result set" (app.bsky.feed.searchPosts): where the
// pages end, the search is asked for anew, up to the oldest result so far, until that brings
// nothing more. Pure: the caller asks the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/time.h"
#include "ingest/bluesky_api.h"

namespace latecomer {

class BlueskySearchWalk {
 public:
  struct Hit {
    std::string_view uri;
    std::optional<TimeMs> sort_time;  // BlueskySortTime
  };

  // From `until` (exclusive; nothing: from now) back to `since` (inclusive; nothing: to the first).
  BlueskySearchWalk(std::string query, std::optional<TimeMs> since, std::optional<TimeMs> until);

  bool is_done() const { return is_done_; }
  // Whether all was walked through; false where it was given up.
  bool is_whole() const { return is_whole_; }
  // What to ask for next, and what came of it.
  const BlueskyApi::Search& next() const { return next_; }
  void Take(const std::vector<Hit>& hits, std::string_view cursor);
  // All results from here on have been walked through: where another walk may go on.
  std::optional<TimeMs> reached() const { return oldest_; }

  static constexpr int kPagesMax = 20'000;
  // Pages in a row that bring nothing new: the host goes round in circles, or hides what it counts.
  static constexpr int kBarrenMax = 5;

 private:
  void EndWindow(bool is_below);

  BlueskyApi::Search next_;
  std::optional<TimeMs> oldest_;
  std::unordered_set<std::string> cursors_;  // of this window
  std::unordered_set<std::uint64_t> seen_;   // digests of URIs
  std::size_t window_hits_ = 0;
  std::size_t window_new_ = 0;
  int pages_ = 0;
  int barren_ = 0;
  bool is_done_ = false;
  bool is_whole_ = true;
};

}  // namespace latecomer
