#include "base/latency_histogram.h"

#include <algorithm>

namespace latecomer {

void LatencyHistogram::Observe(std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  buckets_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1,
                                                                        std::memory_order_relaxed);
  sum_ns_.fetch_add(took.count(), std::memory_order_relaxed);
}

LatencyHistogram::Reading LatencyHistogram::Read() const {
  Reading reading;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    reading.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    reading.count += reading.buckets[i];
  }
  reading.sum_seconds = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9;
  return reading;
}

}  // namespace latecomer
