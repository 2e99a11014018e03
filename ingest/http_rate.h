// What a response says of how much may still be asked, in each of the forms in use:
//
//   X-RateLimit-Limit, -Remaining, -Reset    Reset as ISO 8601 (Mastodon), as seconds since 1970,
//   or
//                                            as seconds from now
//   X-Rate-Limit-…                           X; Reset as seconds since 1970
//   RateLimit-Limit, -Remaining, -Reset      draft-ietf-httpapi-ratelimit-headers-03…06; Bluesky
//                                            sends seconds since 1970 where the draft has a wait
//   RateLimit: limit=, remaining=, reset=    the same draft, 07
//   RateLimit: "name";r=;t=                  the same draft, 08 and later, with RateLimit-Policy
//   Retry-After                              RFC 9110 section 10.2.3: seconds, or a date
//
// All of it becomes waits from now: the server's clock may be hours off, so that a time in a header
// is measured from the Date (and Age) of the same response.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "ingest/http_message.h"

namespace latecomer {

// No wait that a header asks for is longer: what then still refuses says so again.
inline constexpr std::chrono::milliseconds kHttpWaitMax = std::chrono::hours(24);

struct HttpRate {
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> remaining;
  std::optional<std::chrono::milliseconds> reset_after;  // then `remaining` is `limit` again
  std::optional<std::chrono::milliseconds> retry_after;
  bool operator==(const HttpRate&) const = default;
};

// `now`: the present, for times of a response without a Date. Where several limits are reported it
// is the one with the least left. What cannot be read counts as absent.
HttpRate ReadHttpRate(const HttpHeaders& headers, TimeMs now);

// A date of HTTP in any of its three forms (RFC 9110 section 5.6.7), or of RFC 5322.
std::optional<TimeMs> ParseHttpDate(std::string_view text);

}  // namespace latecomer
