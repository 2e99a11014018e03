// Small timelines written by hand.
#pragma once

#include <string>
#include <vector>

#include "model/timeline.h"

namespace latecomer {

inline constexpr TimeMs kStart = 1'372'183'200'000;  // 2013-06-25T18:00:00.000Z
inline constexpr TimeMs kSecond = 1000;
inline constexpr TimeMs kMinute = 60 * kSecond;
inline constexpr TimeMs kHour = 60 * kMinute;

inline EntryRecord Entry(const std::string& id, TimeMs published, const std::string& parent = "",
                         const std::string& context = "") {
  EntryRecord entry;
  entry.id = id;
  entry.published = published;
  if (!parent.empty()) entry.parents = {parent};
  if (!context.empty()) entry.contexts = {context};
  entry.author = "author of " + id;
  entry.content = R"({"content":"text of )" + id + "\"}";
  return entry;
}

inline SessionRecord Session(TimeMs first, TimeMs last, std::int64_t gap) {
  return {first, first, last, last + gap, false, ""};
}
inline SessionRecord Event(TimeMs start, TimeMs end, const std::string& title) {
  return {start, {}, {}, end, true, title};
}

}  // namespace latecomer
