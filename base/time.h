// Points in time as Latecomer knows them: milliseconds since 1970-01-01T00:00:00Z, within the years
// 0001-9999 of UTC, read from and written as RFC 3339.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latecomer {

using TimeMs = std::int64_t;

inline constexpr TimeMs kTimeMsMin = -62135596800000;  // 0001-01-01T00:00:00.000Z
inline constexpr TimeMs kTimeMsMax = 253402300799999;  // 9999-12-31T23:59:59.999Z
inline constexpr std::size_t kTimeTextBytes = 24;      // "2013-06-25T18:14:45.000Z"

// Reads an RFC 3339 date-time with any offset; `t` or a blank for `T` and `z` are read too. Digits
// of a second past the third are dropped. A second 60 is the first of the next minute. Nothing for
// what is no such time or lies outside the years 0001-9999 in UTC.
std::optional<TimeMs> ParseTime(std::string_view text);

// Writes `time` (within bounds) in UTC with milliseconds: kTimeTextBytes bytes.
std::string FormatTime(TimeMs time);
void AppendTime(std::string& out, TimeMs time);

// Reads `<integer><s|m|h|d>` ("6h", "0s") as milliseconds. Nothing for anything else, or past
// 10,000 years.
std::optional<std::int64_t> ParseDuration(std::string_view text);

// The days from 1970-01-01 to the given date of the proleptic Gregorian calendar; nothing if there
// is no such date.
std::optional<std::int64_t> DaysFromCivil(int year, unsigned month, unsigned day);

// The present, from the system's clock. Only process edges call it; what computes takes a TimeMs.
TimeMs Now();

}  // namespace latecomer
