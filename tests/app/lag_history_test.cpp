#include "app/lag_history.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const LagHistory::Clock::time_point kStart{};

struct Step {
  int at_s;
  std::int64_t place;
  std::int64_t end;
  std::int64_t records;
  int waiting_s;
};

void Check(const std::vector<Step>& steps) {
  LagHistory history;
  for (const Step& step : steps) {
    BOOST_TEST_CONTEXT("at " << step.at_s << " s") {
      const LagHistory::Lag lag = history.Sample(step.place, step.end, kStart + seconds(step.at_s));
      BOOST_TEST(lag.records == step.records);
      BOOST_TEST((lag.waiting == seconds(step.waiting_s)));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lag_history)

BOOST_AUTO_TEST_CASE(caught_up_is_no_lag) {
  Check({{0, 0, 0, 0, 0}, {5, 10, 10, 0, 0}, {10, 10, 10, 0, 0}});
}

BOOST_AUTO_TEST_CASE(a_reader_that_stands_still_falls_behind) {
  Check({{0, 5, 5, 0, 0}, {3, 5, 8, 3, 0}, {6, 5, 9, 4, 3}, {60, 5, 9, 4, 57}});
}

BOOST_AUTO_TEST_CASE(a_reader_that_moves_waits_from_its_own_place_on) {
  // 8 was the end at 3 s, 20 at 6 s: what waits past 8 came after 3 s.
  Check(
      {{0, 5, 5, 0, 0}, {3, 5, 8, 3, 0}, {6, 5, 20, 15, 3}, {9, 8, 20, 12, 3}, {12, 20, 20, 0, 0}});
}

BOOST_AUTO_TEST_CASE(a_lag_that_was_there_before_counts_from_the_first_look) {
  Check({{100, 0, 50, 50, 0}, {103, 0, 50, 50, 3}});
}

BOOST_AUTO_TEST_CASE(a_log_made_anew_begins_anew) {
  Check({{0, 0, 50, 50, 0}, {10, 0, 50, 50, 10}, {20, 0, 3, 3, 0}, {25, 0, 3, 3, 5}});
}

BOOST_AUTO_TEST_CASE(a_place_past_the_end_is_no_lag) { Check({{0, 9, 5, 0, 0}, {1, 9, 9, 0, 0}}); }

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_the_oldest_moment_kept) {
  LagHistory history;
  LagHistory::Lag lag;
  for (int i = 0; i < 100'000; ++i) lag = history.Sample(0, i + 1, kStart + seconds(i));
  BOOST_TEST((lag.waiting == seconds(99'999)));
  BOOST_TEST(lag.records == 100'000);
  // Somewhere in the middle it is known to what thinning left.
  lag = history.Sample(50'000, 100'000, kStart + seconds(100'000));
  BOOST_TEST((lag.waiting <= seconds(50'000)));
  BOOST_TEST((lag.waiting >= seconds(49'000)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
