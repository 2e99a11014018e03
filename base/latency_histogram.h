// How long something took, counted in buckets without a lock: observed by a daemon's loop, read
// when metrics are asked for.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace latecomer {

// Any number of threads at once. What Read gives may miss observations that are being made, but
// its count is the sum of its buckets.
class LatencyHistogram {
 public:
  // Upper bounds in seconds, each inclusive; one more bucket holds what is longer.
  static constexpr std::array<double, 14> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10,   30};
  static constexpr std::size_t kBuckets = kBounds.size() + 1;

  struct Reading {
    std::array<std::uint64_t, kBuckets> buckets{};  // of each bucket alone, not cumulative
    std::uint64_t count = 0;
    double sum_seconds = 0;
  };

  void Observe(std::chrono::nanoseconds took);
  Reading Read() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::int64_t> sum_ns_{0};
};

}  // namespace latecomer
