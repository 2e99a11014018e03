#include "ingest/bluesky_search.h"

#include <algorithm>
#include <functional>

namespace latecomer {
namespace {

constexpr std::size_t kSeenMax = 1'000'000;
constexpr std::size_t kCursorBytesMax = 4'096;

}  // namespace

BlueskySearchWalk::BlueskySearchWalk(std::string query, std::optional<TimeMs> since,
                                     std::optional<TimeMs> until) {
  next_.query = std::move(query);
  next_.since = since;
  next_.until = until;
}

void BlueskySearchWalk::Take(const std::vector<Hit>& hits, std::string_view cursor) {
  std::size_t fresh = 0;
  // Hosts that ignore `since` would be walked to their end.
  bool is_below = next_.since && !hits.empty();
  for (const Hit& hit : hits) {
    if (seen_.size() >= kSeenMax) seen_.clear();
    if (seen_.insert(std::hash<std::string_view>()(hit.uri)).second) ++fresh;
    if (!hit.sort_time) continue;
    if (!oldest_ || *hit.sort_time < *oldest_) oldest_ = hit.sort_time;
    if (next_.since && *hit.sort_time >= *next_.since) is_below = false;
  }
  window_hits_ += hits.size();
  window_new_ += fresh;
  barren_ = fresh > 0 ? 0 : barren_ + 1;
  if (++pages_ >= kPagesMax) {
    is_done_ = true;
    is_whole_ = false;
    return;
  }
  const bool goes_on = !cursor.empty() && cursor.size() <= kCursorBytesMax && !is_below &&
                       barren_ < kBarrenMax && cursors_.emplace(cursor).second;
  if (goes_on) {
    next_.cursor = cursor;
  } else {
    EndWindow(is_below);
  }
}

void BlueskySearchWalk::EndWindow(bool is_below) {
  // A window that fits into one page, with room left, was all there is.
  const bool may_hide = window_hits_ >= static_cast<std::size_t>(BlueskyApi::kPageMax);
  const bool moves = oldest_ && (!next_.until || *oldest_ + 1 < *next_.until);
  if (is_below || !may_hide || !moves || window_new_ == 0) {
    is_done_ = true;
    return;
  }
  next_.until = *oldest_ + 1;  // exclusive, and others may be of the same instant
  next_.cursor.clear();
  cursors_.clear();
  window_hits_ = 0;
  window_new_ = 0;
  barren_ = 0;
}

}  // namespace latecomer
