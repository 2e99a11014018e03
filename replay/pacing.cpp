#include "replay/pacing.h"

#include <algorithm>

namespace latecomer {

double WaitMs(const Pace& pace, TimeMs from, TimeMs to) {
  return std::min(static_cast<double>(to - from) / pace.speed, pace.skip_s * 1000);
}

std::int64_t SkippedS(const Pace& pace, TimeMs from, TimeMs to) {
  const double skipped = static_cast<double>(to - from) - pace.skip_s * 1000 * pace.speed;
  return skipped < 1000 ? 0 : static_cast<std::int64_t>(skipped / 1000);
}

double WallBetween(const Pace& pace, std::span<const TimeMs> times, TimeMs from, TimeMs to) {
  double wall = 0;
  auto next = std::upper_bound(times.begin(), times.end(), from);
  for (; next != times.end() && *next <= to; ++next) {
    wall += WaitMs(pace, from, *next);
    from = *next;
  }
  if (next != times.end()) return wall + WaitMs(pace, from, to);
  return wall + static_cast<double>(to - from) / pace.speed;
}

TimeMs EventAfter(const Pace& pace, std::span<const TimeMs> times, TimeMs from, double wall_ms) {
  for (auto next = std::upper_bound(times.begin(), times.end(), from); next != times.end();
       ++next) {
    const double wait = WaitMs(pace, from, *next);
    if (wall_ms < wait) break;
    wall_ms -= wait;
    from = *next;
  }
  const double event = static_cast<double>(from) + wall_ms * pace.speed;
  return static_cast<TimeMs>(std::min(event, static_cast<double>(kTimeMsMax)));
}

}  // namespace latecomer
