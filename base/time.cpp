#include "base/time.h"

#include <date/date.h>

#include <chrono>

namespace latecomer {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// Reads exactly `count` digits at `pos` and moves it; -1 if they are not there.
int Digits(std::string_view text, std::size_t& pos, int count) {
  if (text.size() < pos + static_cast<std::size_t>(count)) return -1;
  int value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[pos++];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool Take(std::string_view text, std::size_t& pos, std::string_view any_of) {
  if (pos >= text.size() || any_of.find(text[pos]) == std::string_view::npos) return false;
  ++pos;
  return true;
}

// The offset from UTC in minutes at `pos`, to the end of the text.
std::optional<int> Offset(std::string_view text, std::size_t pos) {
  if (Take(text, pos, "Zz")) return pos == text.size() ? std::optional<int>(0) : std::nullopt;
  const bool negative = pos < text.size() && text[pos] == '-';
  if (!Take(text, pos, "+-")) return std::nullopt;
  const int hours = Digits(text, pos, 2);
  if (hours < 0 || hours > 23 || !Take(text, pos, ":")) return std::nullopt;
  const int minutes = Digits(text, pos, 2);
  if (minutes < 0 || minutes > 59 || pos != text.size()) return std::nullopt;
  const int offset = hours * 60 + minutes;
  return negative ? -offset : offset;
}

void AppendDigits(char* out, int count, unsigned value) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::optional<std::int64_t> DaysFromCivil(int year, unsigned month, unsigned day) {
  const date::year_month_day ymd{date::year{year}, date::month{month}, date::day{day}};
  if (!ymd.ok()) return std::nullopt;
  return date::sys_days{ymd}.time_since_epoch().count();
}

std::optional<TimeMs> ParseTime(std::string_view text) {
  std::size_t pos = 0;
  const int year = Digits(text, pos, 4);
  if (year < 0 || !Take(text, pos, "-")) return std::nullopt;
  const int month = Digits(text, pos, 2);
  if (month < 0 || !Take(text, pos, "-")) return std::nullopt;
  const int day = Digits(text, pos, 2);
  if (day < 0 || !Take(text, pos, "Tt ")) return std::nullopt;
  const int hour = Digits(text, pos, 2);
  if (hour < 0 || hour > 23 || !Take(text, pos, ":")) return std::nullopt;
  const int minute = Digits(text, pos, 2);
  if (minute < 0 || minute > 59 || !Take(text, pos, ":")) return std::nullopt;
  const int second = Digits(text, pos, 2);
  if (second < 0 || second > 60) return std::nullopt;
  int ms = 0;
  if (Take(text, pos, ".")) {
    int digits = 0;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, ++digits) {
      if (digits < 3) ms = ms * 10 + (text[pos] - '0');
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) ms *= 10;
  }
  const std::optional<int> offset = Offset(text, pos);
  if (!offset) return std::nullopt;
  const std::optional<std::int64_t> days =
      DaysFromCivil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  if (!days) return std::nullopt;
  const std::int64_t minutes = *days * 1440 + hour * 60 + minute - *offset;
  const TimeMs time = minutes * 60'000 + second * 1000 + ms;
  if (time < kTimeMsMin || time > kTimeMsMax) return std::nullopt;
  return time;
}

void AppendTime(std::string& out, TimeMs time) {
  std::int64_t days = time / kDayMs;
  std::int64_t rest = time % kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --days;
  }
  const date::year_month_day ymd{date::sys_days{date::days{days}}};
  char text[kTimeTextBytes + 1] = "0000-00-00T00:00:00.000Z";
  AppendDigits(text, 4, static_cast<unsigned>(static_cast<int>(ymd.year())));
  AppendDigits(text + 5, 2, static_cast<unsigned>(ymd.month()));
  AppendDigits(text + 8, 2, static_cast<unsigned>(ymd.day()));
  const auto ms = static_cast<unsigned>(rest);
  AppendDigits(text + 11, 2, ms / 3'600'000);
  AppendDigits(text + 14, 2, ms / 60'000 % 60);
  AppendDigits(text + 17, 2, ms / 1000 % 60);
  AppendDigits(text + 20, 3, ms % 1000);
  out.append(text, kTimeTextBytes);
}

std::string FormatTime(TimeMs time) {
  std::string out;
  AppendTime(out, time);
  return out;
}

std::optional<std::int64_t> ParseDuration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1000;
      break;
    case 'm':
      unit = 60'000;
      break;
    case 'h':
      unit = 3'600'000;
      break;
    case 'd':
      unit = kDayMs;
      break;
    default:
      return std::nullopt;
  }
  constexpr std::int64_t kMax = 3'652'500 * kDayMs;
  std::int64_t value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
    if (value > kMax / unit) return std::nullopt;
  }
  return value * unit;
}

TimeMs Now() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace latecomer
