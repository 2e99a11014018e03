#include "processor/time_multiset.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(time_multiset)

BOOST_AUTO_TEST_CASE(an_empty_one_has_nothing) {
  const TimeMultiset times;
  BOOST_TEST(times.empty());
  BOOST_TEST(!times.Contains(0));
  BOOST_TEST(!times.FirstAtOrAfter(kTimeMsMin).has_value());
  BOOST_TEST(!times.LastBefore(kTimeMsMax).has_value());
}

BOOST_AUTO_TEST_CASE(equal_times_are_removed_one_by_one) {
  TimeMultiset times;
  for (int i = 0; i < 1000; ++i) times.Add(7);  // several chunks of them
  times.Add(6);
  times.Add(8);
  BOOST_TEST(times.LastBefore(8).value() == 7);
  BOOST_TEST(times.FirstAtOrAfter(7).value() == 7);
  for (int i = 0; i < 1000; ++i) {
    BOOST_REQUIRE(times.Contains(7));
    times.Remove(7);
  }
  BOOST_TEST(!times.Contains(7));
  BOOST_TEST(times.LastBefore(8).value() == 6);
  BOOST_TEST(times.FirstAtOrAfter(7).value() == 8);
}

// Growing, falling, and random times.
BOOST_AUTO_TEST_CASE(random_changes_against_the_standard_multiset) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937 random(seed);
      TimeMultiset times;
      std::multiset<TimeMs> expected;
      const TimeMs range = seed % 2 == 0 ? 50 : 5000;
      for (int step = 0; step < 6000; ++step) {
        TimeMs time = static_cast<TimeMs>(random() % static_cast<std::uint32_t>(range));
        if (seed >= 5) time = seed == 5 ? step : -step;
        if (random() % 8 < (step < 3000 ? 6U : 2U) || expected.empty()) {
          times.Add(time);
          expected.insert(time);
        } else {
          auto it = expected.lower_bound(time);
          if (it == expected.end()) it = expected.begin();
          times.Remove(*it);
          expected.erase(it);
        }
        const auto next = expected.lower_bound(time);
        const auto first = times.FirstAtOrAfter(time);
        const auto last = times.LastBefore(time);
        BOOST_REQUIRE(first.has_value() == (next != expected.end()));
        BOOST_REQUIRE((!first || *first == *next));
        BOOST_REQUIRE(last.has_value() == (next != expected.begin()));
        BOOST_REQUIRE((!last || *last == *std::prev(next)));
        BOOST_REQUIRE(times.Contains(time) == (expected.count(time) > 0));
        BOOST_REQUIRE(times.empty() == expected.empty());
        if (step % 500 != 0) continue;
        std::vector<TimeMs> visited;
        times.ForEach([&](TimeMs t) { visited.push_back(t); });
        BOOST_REQUIRE((visited == std::vector<TimeMs>(expected.begin(), expected.end())));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(times_that_grow_fill_their_chunks) {
  TimeMultiset times;
  for (TimeMs time = 0; time < 100'000; ++time) times.Add(time);
  BOOST_TEST(times.bytes() < 100'000U * 12);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
