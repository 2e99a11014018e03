#include "ingest/http_rate.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kDateBytesMax = 64;
constexpr std::uint64_t kNumberMax = 1'000'000'000'000'000;
// Smaller numbers are waits in seconds, larger ones are times: 3 years, and the year 5138.
constexpr std::uint64_t kEpochSecondsMin = 100'000'000;
constexpr std::uint64_t kEpochMillisMin = 100'000'000'000;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The number that the text begins with, bounded; a fraction is dropped. Nothing where anything but
// a parameter or a further item follows.
std::optional<std::uint64_t> Number(std::string_view text) {
  text = Trim(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return kNumberMax;
  if (error != std::errc()) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.starts_with('.')) {
    const std::size_t digits = rest.find_first_not_of("0123456789", 1);
    rest.remove_prefix(std::min(digits, rest.size()));
  }
  rest = Trim(rest);
  if (!rest.empty() && rest[0] != ',' && rest[0] != ';') return std::nullopt;
  return std::min(number, kNumberMax);
}

milliseconds Bounded(std::int64_t wait_ms) {
  return milliseconds(std::clamp<std::int64_t>(wait_ms, 0, kHttpWaitMax.count()));
}

milliseconds FromSeconds(std::uint64_t seconds) {
  return Bounded(static_cast<std::int64_t>(seconds) * 1000);
}

// The server's present: what its absolute times are measured from.
TimeMs ServerNow(const HttpHeaders& headers, TimeMs now) {
  const std::optional<TimeMs> date = ParseHttpDate(headers.Get("date"));
  if (!date) return now;
  const std::uint64_t age = Number(headers.Get("age")).value_or(0);
  return *date + FromSeconds(age).count();
}

std::optional<milliseconds> ReadReset(std::string_view text, TimeMs server_now) {
  text = Trim(text);
  if (const auto number = Number(text)) {
    if (*number < kEpochSecondsMin) return FromSeconds(*number);
    const std::uint64_t at = *number < kEpochMillisMin ? *number * 1000 : *number;
    return Bounded(static_cast<std::int64_t>(at) - server_now);
  }
  std::optional<TimeMs> at = ParseTime(text);
  if (!at) at = ParseHttpDate(text);
  if (!at) return std::nullopt;
  return Bounded(*at - server_now);
}

std::optional<milliseconds> ReadRetryAfter(std::string_view text, TimeMs server_now) {
  text = Trim(text);
  if (const auto seconds = Number(text)) return FromSeconds(*seconds);
  const std::optional<TimeMs> at = ParseHttpDate(text);
  if (!at) return std::nullopt;
  return Bounded(*at - server_now);
}

// Takes `other` where it leaves less, or leaves the same for longer.
void TakeTighter(HttpRate& rate, const HttpRate& other) {
  if (!other.remaining) {
    if (!rate.remaining && !rate.limit) rate.limit = other.limit;
    return;
  }
  const bool tighter =
      !rate.remaining || *other.remaining < *rate.remaining ||
      (*other.remaining == *rate.remaining &&
       other.reset_after.value_or(milliseconds(0)) > rate.reset_after.value_or(milliseconds(0)));
  if (tighter) rate = other;
}

HttpRate ReadFamily(const HttpHeaders& headers, const std::string& prefix, TimeMs server_now) {
  HttpRate rate;
  rate.limit = Number(headers.Get(prefix + "-limit"));
  rate.remaining = Number(headers.Get(prefix + "-remaining"));
  rate.reset_after = ReadReset(headers.Get(prefix + "-reset"), server_now);
  return rate;
}

// Cuts the next item off a structured list: up to a `separator` outside of quotes.
std::string_view NextItem(std::string_view& list, char separator) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < list.size(); ++i) {
    if (list[i] == '\\' && quoted) {
      ++i;
    } else if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == separator && !quoted) {
      break;
    }
  }
  i = std::min(i, list.size());
  const std::string_view item = Trim(list.substr(0, i));
  list.remove_prefix(std::min(i + 1, list.size()));
  return item;
}

struct Parameter {
  std::string_view name;
  std::string_view value;
};

Parameter SplitParameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {Trim(text), ""};
  return {Trim(text.substr(0, equals)), Trim(text.substr(equals + 1))};
}

// What RateLimit-Policy says of the quota `name`; the first one's where it is not named.
std::optional<std::uint64_t> ReadQuota(std::string_view policy, std::string_view name) {
  std::optional<std::uint64_t> first;
  while (!policy.empty()) {
    std::string_view item = NextItem(policy, ',');
    const std::string_view item_name = NextItem(item, ';');
    std::optional<std::uint64_t> quota = Number(item_name);  // drafts before 08: "100;w=60"
    while (!item.empty()) {
      const Parameter parameter = SplitParameter(NextItem(item, ';'));
      if (parameter.name == "q") quota = Number(parameter.value);
    }
    if (item_name == name) return quota;
    if (!first) first = quota;
  }
  return first;
}

HttpRate ReadStructured(std::string_view header, std::string_view policy, TimeMs server_now) {
  HttpRate tightest;
  HttpRate dictionary;  // of draft 07
  while (!header.empty()) {
    std::string_view item = NextItem(header, ',');
    if (!item.starts_with('"')) {
      const Parameter parameter = SplitParameter(item);
      if (parameter.name == "limit") dictionary.limit = Number(parameter.value);
      if (parameter.name == "remaining") dictionary.remaining = Number(parameter.value);
      if (parameter.name == "reset")
        dictionary.reset_after = ReadReset(parameter.value, server_now);
      if (parameter.name != "limit" && parameter.name != "remaining") continue;
    }
    HttpRate rate;
    const std::string_view name = NextItem(item, ';');
    while (!item.empty()) {
      const Parameter parameter = SplitParameter(NextItem(item, ';'));
      if (parameter.name == "r") rate.remaining = Number(parameter.value);
      if (parameter.name == "t") rate.reset_after = ReadReset(parameter.value, server_now);
    }
    rate.limit = ReadQuota(policy, name);
    TakeTighter(tightest, rate);
  }
  TakeTighter(tightest, dictionary);
  return tightest;
}

}  // namespace

HttpRate ReadHttpRate(const HttpHeaders& headers, TimeMs now) {
  const TimeMs server_now = ServerNow(headers, now);
  HttpRate rate;
  for (const char* prefix : {"x-ratelimit", "x-rate-limit", "ratelimit"}) {
    TakeTighter(rate, ReadFamily(headers, prefix, server_now));
  }
  TakeTighter(rate, ReadStructured(headers.Joined("ratelimit"), headers.Joined("ratelimit-policy"),
                                   server_now));
  rate.retry_after = ReadRetryAfter(headers.Get("retry-after"), server_now);
  return rate;
}

std::optional<TimeMs> ParseHttpDate(std::string_view text) {
  if (text.empty() || text.size() > kDateBytesMax) return std::nullopt;
  // curl_getdate also reads what has no day or no time, as today's or as midnight.
  if (text.find(':') == std::string_view::npos) return std::nullopt;
  const std::time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds == -1) return std::nullopt;
  const TimeMs time = static_cast<TimeMs>(seconds) * 1000;
  if (time < kTimeMsMin || time > kTimeMsMax) return std::nullopt;
  return time;
}

}  // namespace latecomer
