#include "base/latency_histogram.h"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <thread>
#include <vector>

namespace latecomer {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

BOOST_AUTO_TEST_SUITE(latency_histogram)

BOOST_AUTO_TEST_CASE(nothing_observed) {
  const LatencyHistogram::Reading reading = LatencyHistogram().Read();
  BOOST_TEST(reading.count == 0U);
  BOOST_TEST(reading.sum_seconds == 0.0);
}

BOOST_AUTO_TEST_CASE(each_bound_is_inclusive) {
  for (std::size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
    LatencyHistogram histogram;
    const auto bound = nanoseconds(static_cast<std::int64_t>(LatencyHistogram::kBounds[i] * 1e9));
    histogram.Observe(bound);
    histogram.Observe(bound + nanoseconds(1000));
    const LatencyHistogram::Reading reading = histogram.Read();
    BOOST_TEST_CONTEXT("bound " << i) {
      BOOST_TEST(reading.buckets[i] == 1U);
      BOOST_TEST(reading.buckets[i + 1] == 1U);
      BOOST_TEST(reading.count == 2U);
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_seconds) {
  LatencyHistogram histogram;
  histogram.Observe(milliseconds(1500));
  histogram.Observe(microseconds(250));
  histogram.Observe(nanoseconds(0));
  const LatencyHistogram::Reading reading = histogram.Read();
  BOOST_TEST(reading.sum_seconds == 1.50025, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(reading.buckets[0] == 2U);
}

BOOST_AUTO_TEST_CASE(threads_lose_nothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  LatencyHistogram histogram;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&histogram] {
        for (int i = 0; i < kEach; ++i) histogram.Observe(milliseconds(i % 40));
      });
    }
    for (int i = 0; i < 100; ++i) {
      const LatencyHistogram::Reading reading = histogram.Read();
      const std::uint64_t sum =
          std::accumulate(reading.buckets.begin(), reading.buckets.end(), std::uint64_t{0});
      BOOST_TEST(reading.count == sum);
    }
  }
  BOOST_TEST(histogram.Read().count == std::uint64_t{kThreads} * kEach);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
