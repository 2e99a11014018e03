#include "ingest/http_politeness.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/http_simulation.h"

namespace latecomer {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::Delay;
using test::Simulate;
using test::SimulatedHost;
using Asker = HttpPoliteness::Asker;
using Outcome = HttpPoliteness::Outcome;
using Why = HttpPoliteness::Why;

constexpr TimeMs kStart = 1'767'326'645'000;
constexpr TimeMs kDay = 86'400'000;
constexpr char kHost[] = "h.example:443";

HttpHostRules Many() { return {50, milliseconds(0), {}}; }

Outcome Ok() { return {200, {}}; }
Outcome Left(std::uint64_t limit, std::uint64_t remaining, milliseconds reset) {
  return {200, {limit, remaining, reset, std::nullopt}};
}

// Sends one request whose answer comes at once.
void Pass(HttpPoliteness& politeness, const Asker& asker, const Outcome& outcome, TimeMs now) {
  BOOST_REQUIRE((politeness.Ask(asker, now).why == Why::kGo));
  politeness.Finished(asker, politeness.Started(asker, now), outcome, now);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_politeness)

BOOST_AUTO_TEST_CASE(at_once_and_spacing) {
  HttpPoliteness politeness({2, milliseconds(500), {}}, 1);
  const Asker asker{kHost, {}, 1.0};
  Pass(politeness, asker, Ok(), kStart);
  BOOST_TEST((politeness.Ask(asker, kStart + 499).why == Why::kSpacing));
  BOOST_TEST(politeness.Ask(asker, kStart + 400).wait.count() == 100);
  BOOST_TEST((politeness.Ask(asker, kStart + 500).why == Why::kGo));
  const auto first = politeness.Started(asker, kStart + 500);
  BOOST_TEST((politeness.Ask(asker, kStart + 1000).why == Why::kGo));
  politeness.Started(asker, kStart + 1000);
  BOOST_TEST((politeness.Ask(asker, kStart + 1500).why == Why::kBusy));
  BOOST_TEST((politeness.Ask({"other.example:443", {}, 1.0}, kStart + 1500).why == Why::kGo));
  politeness.Finished(asker, first, Ok(), kStart + 1600);
  BOOST_TEST((politeness.Ask(asker, kStart + 1600).why == Why::kGo));
}

BOOST_AUTO_TEST_CASE(one_asks_first_what_holds) {
  HttpPoliteness politeness(Many(), 1);
  const Asker asker{kHost, {}, 1.0};
  auto ticket = politeness.Started(asker, kStart);
  BOOST_TEST((politeness.Ask(asker, kStart + 100).why == Why::kBusy));
  politeness.Finished(asker, ticket, Left(300, 3, seconds(60)), kStart + 200);
  std::vector<HttpPoliteness::Ticket> tickets;
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST((politeness.Ask(asker, kStart + 200).why == Why::kGo));
    tickets.push_back(politeness.Started(asker, kStart + 200));
  }
  BOOST_TEST((politeness.Ask(asker, kStart + 200).why == Why::kLimit));
  BOOST_TEST(politeness.Ask(asker, kStart + 200).wait.count() >= 60'000);
  BOOST_TEST(politeness.Ask(asker, kStart + 200).wait.count() <= 62'000);
  for (std::uint64_t i = 0; i < 3; ++i) {
    politeness.Finished(asker, tickets[i], Left(300, 2 - i, seconds(60)), kStart + 400);
  }
  BOOST_TEST((politeness.Ask(asker, kStart + 400).why == Why::kLimit));
  // After the reset: again one that asks.
  const TimeMs after = kStart + 62'000;
  BOOST_TEST((politeness.Ask(asker, after).why == Why::kGo));
  ticket = politeness.Started(asker, after);
  BOOST_TEST((politeness.Ask(asker, after).why == Why::kBusy));
  politeness.Finished(asker, ticket, Left(300, 299, seconds(60)), after);
  BOOST_TEST((politeness.Ask(asker, after).why == Why::kGo));
}

BOOST_AUTO_TEST_CASE(hosts_that_report_nothing_are_only_asked_first) {
  HttpPoliteness politeness(Many(), 1);
  const Asker asker{kHost, {}, 1.0};
  Pass(politeness, asker, Ok(), kStart);
  politeness.Started(asker, kStart);
  BOOST_TEST((politeness.Ask(asker, kStart).why == Why::kGo));
}

BOOST_AUTO_TEST_CASE(limits_of_their_own) {
  HttpPoliteness politeness(Many(), 1);
  const Asker all{kHost, {}, 1.0};
  const Asker paging{kHost, {"paging"}, 1.0};
  Pass(politeness, all, Left(300, 200, seconds(300)), kStart);
  Pass(politeness, paging, Left(300, 0, seconds(900)), kStart);
  BOOST_TEST((politeness.Ask(paging, kStart).why == Why::kLimit));
  BOOST_TEST((politeness.Ask(all, kStart).why == Why::kGo));
  // What pages counts against the limit of all, too.
  Pass(politeness, all, Left(300, 0, seconds(300)), kStart);
  BOOST_TEST((politeness.Ask({kHost, {"other"}, 1.0}, kStart).why == Why::kLimit));
}

BOOST_AUTO_TEST_CASE(a_refusal_closes_its_limit_a_failure_its_host) {
  HttpPoliteness politeness(Many(), 1);
  const Asker all{kHost, {}, 1.0};
  const Asker paging{kHost, {"paging"}, 1.0};
  Pass(politeness, all, Ok(), kStart);
  Pass(politeness, paging, {429, {{}, {}, {}, seconds(120)}}, kStart);
  BOOST_TEST((politeness.Ask(paging, kStart + 120'000).why == Why::kRefused));
  BOOST_TEST((politeness.Ask(paging, kStart + 134'000).why == Why::kGo));
  BOOST_TEST((politeness.Ask(all, kStart).why == Why::kGo));
  Pass(politeness, all, {503, {{}, {}, {}, seconds(30)}}, kStart + 200'000);
  BOOST_TEST((politeness.Ask(all, kStart + 229'000).why == Why::kRefused));
  BOOST_TEST((politeness.Ask(paging, kStart + 229'000).why == Why::kRefused));
  BOOST_TEST((politeness.Ask(all, kStart + 234'000).why == Why::kGo));
  Pass(politeness, all, {0, {}}, kStart + 240'000);
  BOOST_TEST((politeness.Ask(paging, kStart + 240'000).why == Why::kNoAnswer));
  Pass(politeness, all, {500, {}}, kStart + 300'000);  // of one page: no matter of the host
  BOOST_TEST((politeness.Ask(all, kStart + 300'000).why == Why::kGo));
}

BOOST_AUTO_TEST_CASE(waits_that_nobody_says_grow) {
  const auto waits = [](const Outcome& outcome, int times) {
    HttpPoliteness politeness(Many(), 7);
    const Asker asker{kHost, {}, 1.0};
    std::vector<std::int64_t> list;
    TimeMs now = kStart;
    for (int i = 0; i < times; ++i) {
      Pass(politeness, asker, outcome, now);
      list.push_back(politeness.Ask(asker, now).wait.count());
      now += list.back();
    }
    // An answer ends the row.
    Pass(politeness, asker, Ok(), now);
    Pass(politeness, asker, outcome, now);
    BOOST_TEST(politeness.Ask(asker, now).wait.count() <= list.front() * 2);
    return list;
  };
  const auto check = [&](const Outcome& outcome, std::int64_t first, std::int64_t most) {
    std::int64_t expected = first;
    for (const std::int64_t wait : waits(outcome, 12)) {
      BOOST_TEST(wait >= expected);
      BOOST_TEST(wait <= expected + expected / 2);
      expected = std::min(expected * 2, most);
    }
  };
  check({429, {}}, 60'000, 960'000);
  check({429, {450, 3, seconds(900), {}}}, 10'000, 960'000);  // X: too many a second
  check({503, {}}, 1'000, 300'000);
  check({0, {}}, 1'000, 300'000);
  // Told again and again that it may come back at once, it learns.
  const std::vector<std::int64_t> storm = waits({429, {{}, {}, {}, seconds(0)}}, 12);
  BOOST_TEST(storm.front() <= 2'000);
  BOOST_TEST(storm.back() >= 960'000);
}

BOOST_AUTO_TEST_CASE(windows_count_what_is_on_its_way) {
  HttpPoliteness politeness(Many(), 1);
  politeness.Tighten(kHost, {50, milliseconds(0), {{"search", 2, minutes(1)}}});
  const Asker search{kHost, {"search"}, 1.0};
  Pass(politeness, search, Ok(), kStart);
  const auto ticket = politeness.Started(search, kStart);
  BOOST_TEST((politeness.Ask(search, kStart + 1).why == Why::kLimit));  // until the first leaves
  BOOST_TEST((politeness.Ask({kHost, {}, 1.0}, kStart + 1).why == Why::kGo));
  politeness.Finished(search, ticket, Ok(), kStart + 50'000);  // counted from its answer on
  Pass(politeness, search, Ok(), kStart + 60'000);
  BOOST_TEST(politeness.Ask(search, kStart + 60'000).wait.count() == 50'000);
}

BOOST_AUTO_TEST_CASE(the_stricter_of_two_rules_holds) {
  HttpPoliteness politeness(Many(), 1);
  politeness.Tighten(kHost, {3, seconds(1), {{"", 10, minutes(1)}}});
  politeness.Tighten(kHost, {2, milliseconds(0), {{"", 20, minutes(1)}, {"", 12, hours(1)}}});
  const Asker asker{kHost, {}, 1.0};
  int sent = 0;
  for (TimeMs now = kStart; now < kStart + 60'000; now += 100) {
    if (politeness.Ask(asker, now).why != Why::kGo) continue;
    Pass(politeness, asker, Ok(), now);
    ++sent;
  }
  BOOST_TEST(sent == 10);
  for (TimeMs now = kStart + 60'000; now < kStart + 3'600'000; now += 100) {
    if (politeness.Ask(asker, now).why != Why::kGo) continue;
    Pass(politeness, asker, Ok(), now);
    ++sent;
  }
  BOOST_TEST(sent == 12);
}

BOOST_AUTO_TEST_CASE(a_share_leaves_the_rest_to_others) {
  HttpPoliteness politeness(Many(), 1);
  const Asker revisits{kHost, {}, 0.5};
  const Asker tail{kHost, {}, 1.0};
  Pass(politeness, tail, Left(300, 151, seconds(300)), kStart);
  Pass(politeness, revisits, Left(300, 150, seconds(300)), kStart);
  BOOST_TEST((politeness.Ask(revisits, kStart).why == Why::kLimit));
  BOOST_TEST((politeness.Ask(tail, kStart).why == Why::kGo));
  // Of a window as well; and one request is always possible.
  politeness.Tighten("w.example:443", {50, milliseconds(0), {{"", 10, minutes(1)}}});
  int sent = 0;
  for (int i = 0; i < 20; ++i) {
    const Asker half{"w.example:443", {}, 0.5};
    if (politeness.Ask(half, kStart).why != Why::kGo) break;
    Pass(politeness, half, Ok(), kStart);
    ++sent;
  }
  BOOST_TEST(sent == 5);
  politeness.Tighten("s.example:443", {50, milliseconds(0), {{"", 1, minutes(1)}}});
  BOOST_TEST((politeness.Ask({"s.example:443", {}, 0.1}, kStart).why == Why::kGo));
}

BOOST_AUTO_TEST_CASE(a_ceiling_a_day_holds_across_restarts) {
  const HttpHostRules rules{5, milliseconds(0), {{"", 1'000, hours(24)}}};
  SimulatedHost host({{"", 1'000, kDay, true}}, false);
  const std::vector<Asker> askers = {{kHost, {}, 1.0}};
  std::uint64_t before = 0;
  for (int run = 0; run < 6; ++run) {  // started anew every 10 minutes, with what it has counted
    HttpPoliteness politeness(Many(), 1);
    politeness.Tighten(kHost, rules);
    politeness.Restore(kHost, "", static_cast<std::uint32_t>(before), kStart + run * 600'000);
    Simulate(politeness, host, askers, kStart + run * 600'000, kStart + (run + 1) * 600'000 - 5'000,
             {500, 2'000}, 3);
    before = host.requests();
  }
  BOOST_TEST(host.requests() == 1'000U);
  BOOST_TEST(host.refused() == 0U);
}

// Counted by the host, over a day, with answers that take up to seconds.
BOOST_AUTO_TEST_CASE(a_day_of_mastodon) {
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    HttpPoliteness politeness({4, milliseconds(0), {}}, seed);
    SimulatedHost host({{"", 300, 300'000, false}, {"paging", 300, 900'000, false}}, true);
    Simulate(politeness, host, {{kHost, {"paging"}, 1.0}, {kHost, {}, 1.0}, {kHost, {}, 0.5}},
             kStart, kStart + kDay, Delay{20, 3'000}, seed);
    BOOST_TEST(host.refused() == 0U);
    // And not for want of asking: 288 windows of 300.
    BOOST_TEST(host.requests() >= 80'000U);
    BOOST_TEST(host.requests() <= 86'700U);
    BOOST_TEST(host.RequestsWith("paging") >= 20'000U);
  }
}

BOOST_AUTO_TEST_CASE(a_day_of_engage) {
  // 10 in any 30 seconds, reported by nobody.
  HttpPoliteness politeness(Many(), 1);
  politeness.Tighten(kHost, {5, milliseconds(0), {{"", 10, seconds(30)}}});
  SimulatedHost host({{"", 10, 30'000, true}}, false);
  Simulate(politeness, host, {{kHost, {}, 1.0}}, kStart, kStart + kDay, Delay{10, 5'000}, 5);
  BOOST_TEST(host.refused() == 0U);
  BOOST_TEST(host.requests() >= 20'000U);
}

BOOST_AUTO_TEST_CASE(a_day_of_x) {
  // Two endpoints, each with its limit in 15 minutes and one request a second.
  HttpPoliteness politeness({4, milliseconds(0), {}}, 1);
  politeness.Tighten(kHost, {4, milliseconds(0), {{"search", 1, seconds(1)}}});
  SimulatedHost host({{"search", 300, 900'000, false},
                      {"search", 1, 1'000, true},
                      {"lookup", 900, 900'000, false}},
                     true);
  Simulate(politeness, host, {{kHost, {"search"}, 1.0}, {kHost, {"lookup"}, 1.0}}, kStart,
           kStart + kDay, Delay{50, 800}, 9);
  BOOST_TEST(host.refused() == 0U);
  BOOST_TEST(host.RequestsWith("lookup") >= 60'000U);
}

BOOST_AUTO_TEST_CASE(a_day_of_storms) {
  // The host refuses everything and says nothing.
  HttpPoliteness politeness(Many(), 1);
  SimulatedHost host({{"", 0, 1'000, false}}, false);
  Simulate(politeness, host, {{kHost, {}, 1.0}, {kHost, {}, 1.0}}, kStart, kStart + kDay,
           Delay{50, 800}, 11);
  BOOST_TEST(host.requests() <= 100U);
  BOOST_TEST(host.requests() >= 50U);  // it does look now and then
}

BOOST_AUTO_TEST_CASE(what_it_keeps_is_bounded) {
  HttpPoliteness politeness(Many(), 1);
  politeness.Tighten(kHost, {1, seconds(1), {}});
  for (int i = 0; i < 20'000; ++i) {
    Pass(politeness, {"h" + std::to_string(i) + ".example:443", {}, 1.0}, Ok(), kStart + i);
  }
  BOOST_TEST(politeness.hosts() <= 4'097U);
  for (int i = 0; i < 1'000; ++i) {
    Pass(politeness, {"k.example:443", {"key" + std::to_string(i)}, 1.0}, Ok(), kStart);
  }
  Pass(politeness, {kHost, {}, 1.0}, Ok(), kStart);
  BOOST_TEST((politeness.Ask({kHost, {}, 1.0}, kStart + 500).why == Why::kSpacing));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
