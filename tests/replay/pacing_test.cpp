#include "replay/pacing.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(pacing)

BOOST_AUTO_TEST_CASE(a_short_silence_is_waited_at_the_speed) {
  const Pace pace{60, 5};
  BOOST_TEST(WaitMs(pace, 0, 60'000) == 1000);
  BOOST_TEST(SkippedS(pace, 0, 60'000) == 0);
  BOOST_TEST(WaitMs(pace, 7, 7) == 0);
}

BOOST_AUTO_TEST_CASE(a_long_silence_is_cut_at_the_longest_wait) {
  const Pace pace{60, 5};
  BOOST_TEST(WaitMs(pace, 0, 3'600'000) == 5000);
  // An hour less the five minutes that five seconds at sixfold tens show.
  BOOST_TEST(SkippedS(pace, 0, 3'600'000) == 3300);
  BOOST_TEST(WaitMs(Pace{60, 0}, 0, 1) == 0);
  BOOST_TEST(SkippedS(Pace{60, 0}, 0, 90'000) == 90);
}

BOOST_AUTO_TEST_CASE(the_wall_time_between_two_places_is_the_sum_of_the_waits) {
  const Pace pace{10, 2};
  const std::vector<TimeMs> times = {0, 10'000, 110'000, 115'000};
  BOOST_TEST(WallBetween(pace, times, 0, 10'000) == 1000);
  BOOST_TEST(WallBetween(pace, times, 0, 110'000) == 3000);
  BOOST_TEST(WallBetween(pace, times, 0, 115'000) == 3500);
  BOOST_TEST(WallBetween(pace, times, 5'000, 20'000) == 1500);   // within a silence
  BOOST_TEST(WallBetween(pace, times, 10'000, 90'000) == 2000);  // in its skipped part
  BOOST_TEST(WallBetween(pace, times, 0, 125'000) == 4500);      // after the last moment
}

BOOST_AUTO_TEST_CASE(the_clock_after_a_wait_is_where_the_wait_leads) {
  const Pace pace{10, 2};
  const std::vector<TimeMs> times = {0, 10'000, 110'000, 115'000};
  BOOST_TEST(EventAfter(pace, times, 0, 500) == 5'000);
  BOOST_TEST(EventAfter(pace, times, 0, 1000) == 10'000);
  BOOST_TEST(EventAfter(pace, times, 0, 2999) == 29'990);
  BOOST_TEST(EventAfter(pace, times, 0, 3000) == 110'000);
  BOOST_TEST(EventAfter(pace, times, 0, 4500) == 125'000);
  BOOST_TEST(EventAfter(pace, {}, 0, 1e300) == kTimeMsMax);
}

BOOST_AUTO_TEST_CASE(both_ways_agree_and_never_go_back_for_random_timelines) {
  std::mt19937 random(20200501);
  for (int round = 0; round < 200; ++round) {
    std::vector<TimeMs> times;
    TimeMs at = 0;
    for (int i = 0; i < 30; ++i) {
      at += static_cast<TimeMs>(random() % (random() % 4 == 0 ? 1'000'000 : 2'000));
      times.push_back(at);
    }
    const Pace pace{0.1 + static_cast<double>(random() % 200), static_cast<double>(random() % 8)};
    double last = 0;
    for (const TimeMs time : times) {
      const double wall = WallBetween(pace, times, times.front(), time);
      BOOST_TEST(wall >= last);
      last = wall;
      // The clock comes to each moment when its wall time has come (a hair later for rounding).
      const TimeMs back = EventAfter(pace, times, times.front(), wall + 0.001);
      BOOST_TEST(back >= time);
      BOOST_TEST(WallBetween(pace, times, times.front(), back) <= wall + 0.001 + 1e-6);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
