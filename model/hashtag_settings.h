// The settings that shape a timeline: the gap and the events of one hashtag.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace latecomer {

inline constexpr std::int64_t kDefaultGapMs = 6 * 3'600'000;

// The window [start, end), start < end.
struct EventWindow {
  TimeMs start = 0;
  TimeMs end = 0;
  std::string title;
  std::string programme;  // path of an iCalendar file that names its parts; may be empty
  bool operator==(const EventWindow&) const = default;
};

struct HashtagSettings {
  std::string hashtag;               // folded
  std::string display;               // as its organiser writes it
  std::vector<std::string> aliases;  // folded
  std::int64_t gap_ms = kDefaultGapMs;
  std::vector<EventWindow> events;  // sorted by start, not overlapping
  bool operator==(const HashtagSettings&) const = default;
};

}  // namespace latecomer
