// How a replay's clock runs: event time at a speed, silences cut at the longest that a viewer
// waits. Pure; everything that moves a clock (a seat, a room, a stream) goes through here.
//
// Between two neighbouring moments of a timeline the clock runs at `speed` for at most `skip_s` of
// waiting, then it is at the next moment.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"

namespace latecomer {

inline constexpr double kSpeedMin = 0.1;
inline constexpr double kSpeedMax = 10'000;
inline constexpr double kSpeedDefault = 60;
inline constexpr double kSkipMaxS = 86'400;
inline constexpr double kSkipDefaultS = 5;

struct Pace {
  double speed = kSpeedDefault;   // event seconds a second
  double skip_s = kSkipDefaultS;  // the longest silence to wait, in seconds of waiting
};

// The wait from a moment to the next one, in milliseconds of wall time. `from` <= `to`.
double WaitMs(const Pace& pace, TimeMs from, TimeMs to);

// The event time that is not waited for between a moment and the next one, in whole seconds; 0
// where the silence is waited in full.
std::int64_t SkippedS(const Pace& pace, TimeMs from, TimeMs to);

// The wall time that the clock takes from `from` to `to` over the moments `times` (sorted), in
// milliseconds. O(moments between).
double WallBetween(const Pace& pace, std::span<const TimeMs> times, TimeMs from, TimeMs to);

// Where the clock stands `wall_ms` after it was at `from`. The inverse of WallBetween but for the
// stretches that are skipped, which no clock shows. After the last moment it runs on.
TimeMs EventAfter(const Pace& pace, std::span<const TimeMs> times, TimeMs from, double wall_ms);

}  // namespace latecomer
