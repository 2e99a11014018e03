#include "ingest/http_rate.h"

#include <boost/test/unit_test.hpp>
#include <ostream>

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimeMs kNow = 1'767'326'645'000;  // 2026-01-02T04:04:05Z

HttpRate Read(std::vector<HttpHeader> list, TimeMs now = kNow) {
  HttpHeaders headers;
  for (HttpHeader& header : list) headers.Add(std::move(header.name), std::move(header.value));
  return ReadHttpRate(headers, now);
}

void Check(const HttpRate& rate, std::optional<std::uint64_t> limit,
           std::optional<std::uint64_t> remaining, std::optional<milliseconds> reset) {
  BOOST_TEST((rate.limit == limit));
  BOOST_TEST((rate.remaining == remaining));
  BOOST_TEST((rate.reset_after == reset));
}

}  // namespace

// (Comparing with a temporary makes gcc 12 warn of what is never read.)
bool IsNothing(const HttpRate& rate) {
  return !rate.limit && !rate.remaining && !rate.reset_after && !rate.retry_after;
}

BOOST_AUTO_TEST_SUITE(http_rate)

BOOST_AUTO_TEST_CASE(mastodon_says_a_time) {
  Check(Read({{"date", "Fri, 02 Jan 2026 04:04:05 GMT"},
              {"x-ratelimit-limit", "300"},
              {"x-ratelimit-remaining", "299"},
              {"x-ratelimit-reset", "2026-01-02T04:05:00.123456Z"}}),
        300, 299, milliseconds(55'123));
}

BOOST_AUTO_TEST_CASE(x_says_seconds_since_1970) {
  Check(Read({{"date", "Fri, 02 Jan 2026 04:04:05 GMT"},
              {"x-rate-limit-limit", "450"},
              {"x-rate-limit-remaining", "0"},
              {"x-rate-limit-reset", "1767327545"}}),
        450, 0, seconds(900));
}

BOOST_AUTO_TEST_CASE(bluesky_says_seconds_since_1970_in_the_drafts_header) {
  Check(Read({{"date", "Fri, 02 Jan 2026 04:04:05 GMT"},
              {"ratelimit-limit", "3000"},
              {"ratelimit-remaining", "2999"},
              {"ratelimit-reset", "1767326945"},
              {"ratelimit-policy", "3000;w=300"}}),
        3000, 2999, seconds(300));
}

BOOST_AUTO_TEST_CASE(drafts_say_seconds_from_now) {
  Check(Read({{"ratelimit-limit", "100, 100;w=60"},
              {"ratelimit-remaining", "7"},
              {"ratelimit-reset", "42"}}),
        100, 7, seconds(42));
  Check(Read({{"ratelimit", "limit=100, remaining=50, reset=5"}}), 100, 50, seconds(5));
  Check(Read({{"ratelimit", "\"default\";r=50;t=30"},
              {"ratelimit-policy", "\"default\";q=100;w=60"}}),
        100, 50, seconds(30));
  Check(Read({{"ratelimit", "\"a\";r=50;t=30, \"b\";r=9;t=600"},
              {"ratelimit-policy", "\"a\";q=100;w=60,\"b\";q=1000;w=3600"}}),
        1000, 9, seconds(600));
  // In several headers, with a name that holds what separates.
  Check(Read({{"ratelimit", "\"a;,\\\"\";r=5;t=30"}, {"ratelimit", "\"b\";r=6;t=1"}}), std::nullopt,
        5, seconds(30));
}

BOOST_AUTO_TEST_CASE(the_servers_clock_may_be_hours_off) {
  // Its present is 07:04:05, ours 04:04:05: what it calls 07:05:05 is a minute from now.
  const std::vector<HttpHeader> ahead = {{"date", "Fri, 02 Jan 2026 07:04:05 GMT"},
                                         {"x-ratelimit-remaining", "0"},
                                         {"x-ratelimit-reset", "2026-01-02T07:05:05Z"},
                                         {"retry-after", "Fri, 02 Jan 2026 07:04:15 GMT"}};
  Check(Read(ahead), std::nullopt, 0, seconds(60));
  BOOST_TEST((Read(ahead).retry_after == seconds(10)));
  Check(Read({{"date", "Fri, 02 Jan 2026 01:04:05 GMT"},
              {"x-rate-limit-remaining", "0"},
              {"x-rate-limit-reset", "1767316145"}}),
        std::nullopt, 0, seconds(300));
  // From a cache: the date is of the answer's making, ten seconds ago.
  Check(Read({{"date", "Fri, 02 Jan 2026 04:04:05 GMT"},
              {"age", "10"},
              {"x-rate-limit-remaining", "1"},
              {"x-rate-limit-reset", "1767326705"}}),
        std::nullopt, 1, seconds(50));
}

BOOST_AUTO_TEST_CASE(retry_after_in_both_forms) {
  const auto retry = [](const char* value) {
    return Read({{"date", "Fri, 02 Jan 2026 04:04:05 GMT"}, {"retry-after", value}}).retry_after;
  };
  BOOST_TEST((retry("120") == seconds(120)));
  BOOST_TEST((retry("0") == seconds(0)));
  BOOST_TEST((retry(" 3.7 ") == seconds(3)));
  BOOST_TEST((retry("Fri, 02 Jan 2026 04:05:05 GMT") == seconds(60)));
  BOOST_TEST((retry("Friday, 02-Jan-26 04:05:05 GMT") == seconds(60)));
  BOOST_TEST((retry("Fri Jan  2 04:05:05 2026") == seconds(60)));
  BOOST_TEST((retry("Fri, 02 Jan 2026 04:00:00 GMT") == seconds(0)));
  BOOST_TEST((retry("99999999999999999999999") == kHttpWaitMax));
  BOOST_TEST((retry("Fri, 31 Dec 9999 23:59:59 GMT") == kHttpWaitMax));
  for (const char* none : {"", "soon", "-5", "12 monkeys", "1e3", "Fri", "02 Jan 2026"}) {
    BOOST_TEST(!retry(none), none);
  }
}

BOOST_AUTO_TEST_CASE(the_tightest_of_several_is_obeyed) {
  Check(Read({{"x-ratelimit-limit", "300"},
              {"x-ratelimit-remaining", "100"},
              {"x-ratelimit-reset", "60"},
              {"ratelimit-limit", "10"},
              {"ratelimit-remaining", "1"},
              {"ratelimit-reset", "600"}}),
        10, 1, seconds(600));
}

BOOST_AUTO_TEST_CASE(nonsense_is_absent) {
  for (const char* value : {"", "many", "-1", "0x10", ";;;", "\"", "\"\\", ",,,=,;=", "1 2"}) {
    const HttpRate rate = Read({{"x-ratelimit-limit", value},
                                {"x-ratelimit-remaining", value},
                                {"x-ratelimit-reset", value},
                                {"ratelimit", value},
                                {"ratelimit-policy", value},
                                {"retry-after", value}});
    BOOST_TEST(IsNothing(rate), value);
  }
  BOOST_TEST((Read({}) == HttpRate()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
