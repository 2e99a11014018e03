#include "processor/coverage_ranges.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

namespace latecomer {
namespace {

Coverage Pull(TimeMs from, TimeMs to, bool complete, const std::string& why = "") {
  return {"source", from, to, complete, why};
}

using Ranges = std::vector<CoverageRange>;

Ranges After(const std::vector<Coverage>& pulls) {
  CoverageRanges ranges;
  for (const Coverage& pull : pulls) ranges.Add(pull);
  return ranges.ranges();
}

BOOST_AUTO_TEST_SUITE(coverage_ranges)

BOOST_AUTO_TEST_CASE(pulls_that_meet_become_one_range) {
  BOOST_TEST((After({Pull(0, 10, true), Pull(10, 20, true)}) == Ranges{{0, 20, true, ""}}));
  BOOST_TEST((After({Pull(0, 10, true), Pull(5, 20, true)}) == Ranges{{0, 20, true, ""}}));
  BOOST_TEST((After({Pull(0, 10, true), Pull(11, 20, true)}) ==
              Ranges{{0, 10, true, ""}, {11, 20, true, ""}}));
  BOOST_TEST((After({Pull(0, 10, false, "a"), Pull(10, 20, false, "b")}) ==
              Ranges{{0, 10, false, "a"}, {10, 20, false, "b"}}));
}

BOOST_AUTO_TEST_CASE(what_any_pull_covered_whole_is_complete) {
  BOOST_TEST((After({Pull(0, 30, false, "refused"), Pull(10, 20, true, "a reason of no use")}) ==
              Ranges{{0, 10, false, "refused"}, {10, 20, true, ""}, {20, 30, false, "refused"}}));
  BOOST_TEST(
      (After({Pull(0, 30, true), Pull(10, 20, false, "refused")}) == Ranges{{0, 30, true, ""}}));
  BOOST_TEST((After({Pull(0, 20, false, "b"), Pull(10, 30, false, "a")}) ==
              Ranges{{0, 10, false, "b"}, {10, 30, false, "a"}}));
}

BOOST_AUTO_TEST_CASE(add_says_whether_anything_changed) {
  CoverageRanges ranges;
  BOOST_TEST(ranges.Add(Pull(0, 10, false, "b")));
  BOOST_TEST(!ranges.Add(Pull(0, 10, false, "b")));
  BOOST_TEST(!ranges.Add(Pull(2, 8, false, "c")));
  BOOST_TEST(ranges.Add(Pull(2, 8, false, "a")));
  BOOST_TEST(ranges.Add(Pull(3, 4, true)));
  BOOST_TEST(!ranges.Add(Pull(3, 4, false, "")));
  CoverageRanges restored;
  restored.Restore(ranges.ranges());
  BOOST_TEST(!restored.Add(Pull(0, 10, false, "b")));
  BOOST_TEST((restored.ranges() == ranges.ranges()));
}

// What holds at each instant, asked of the pulls themselves.
BOOST_AUTO_TEST_CASE(random_pulls_in_any_order) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937 random(seed);
      std::vector<Coverage> pulls;
      for (int i = 0; i < 12; ++i) {
        const auto from = static_cast<TimeMs>(random() % 40);
        const TimeMs to = from + 1 + static_cast<TimeMs>(random() % 15);
        const bool complete = random() % 3 == 0;
        pulls.push_back(
            Pull(from, to, complete, complete ? "" : std::string(1, "abc"[random() % 3])));
      }
      const Ranges ranges = After(pulls);
      for (std::size_t i = 1; i < ranges.size(); ++i) {
        BOOST_REQUIRE(ranges[i - 1].to <= ranges[i].from);
      }
      for (TimeMs t = 0; t < 60; ++t) {
        const Coverage* best = nullptr;
        for (const Coverage& pull : pulls) {
          if (t < pull.from || t >= pull.to) continue;
          if (best == nullptr || (pull.complete && !best->complete) ||
              (pull.complete == best->complete && pull.why < best->why)) {
            best = &pull;
          }
        }
        const auto range = std::find_if(ranges.begin(), ranges.end(), [&](const CoverageRange& r) {
          return r.from <= t && t < r.to;
        });
        BOOST_REQUIRE((best == nullptr) == (range == ranges.end()));
        if (best == nullptr) continue;
        BOOST_REQUIRE(range->complete == best->complete);
        BOOST_REQUIRE(range->why == best->why);
      }
      std::shuffle(pulls.begin(), pulls.end(), random);
      pulls.push_back(pulls.front());
      BOOST_REQUIRE((After(pulls) == ranges));
    }
  }
}

BOOST_AUTO_TEST_CASE(there_are_at_most_1000_ranges) {
  CoverageRanges ranges;
  for (TimeMs i = 0; i < 1010; ++i) ranges.Add(Pull(i * 10, i * 10 + 5, true));
  BOOST_TEST(ranges.ranges().size() == kCoverageRangesMax);
  // What was merged claims nothing, and no time that was covered is lost.
  BOOST_TEST(ranges.ranges().front().from == 0);
  BOOST_TEST(ranges.ranges().back().to == 1009 * 10 + 5);
  const auto merged = std::count_if(ranges.ranges().begin(), ranges.ranges().end(),
                                    [](const CoverageRange& r) { return !r.complete; });
  BOOST_TEST(merged > 0);
  BOOST_TEST(merged <= 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
