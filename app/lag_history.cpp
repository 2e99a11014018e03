#include "app/lag_history.h"

#include <algorithm>

namespace latecomer {

LagHistory::Lag LagHistory::Sample(std::int64_t place, std::int64_t end, Clock::time_point now) {
  if (!seen_.empty() && end < seen_.back().end) seen_.clear();  // another log of this name
  // Those at or before the place are over, and the first of the rest is the moment that counts.
  while (!seen_.empty() && seen_.front().end <= place) seen_.pop_front();
  if (seen_.empty()) {
    spacing_ = {};
    if (end > place) seen_.push_back({now, end});
  } else if (end > seen_.back().end && now - seen_.back().at >= spacing_) {
    seen_.push_back({now, end});
    if (seen_.size() > kSamplesMax) Thin();
  }
  Lag lag;
  lag.records = std::max<std::int64_t>(end - place, 0);
  if (lag.records > 0) {
    lag.waiting = std::chrono::duration_cast<std::chrono::milliseconds>(now - seen_.front().at);
  }
  return lag;
}

void LagHistory::Thin() {
  spacing_ = 2 * (seen_.back().at - seen_.front().at) / kSamplesMax;
  std::deque<Seen> kept;
  for (const Seen& seen : seen_) {
    if (kept.empty() || seen.at - kept.back().at >= spacing_) kept.push_back(seen);
  }
  seen_.swap(kept);
}

}  // namespace latecomer
