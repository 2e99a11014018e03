// The lag of one role in each partition, sampled now and then and read at scrape.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/lag_history.h"
#include "app/metric_families.h"

namespace latecomer {

// Add by one thread at a time, Collect by any.
class LagSampler {
 public:
  explicit LagSampler(std::string role) : role_(std::move(role)) {}

  void Add(std::int32_t partition, std::int64_t place, std::int64_t end);
  void Collect(MetricFamilies& out) const;

 private:
  const std::string role_;
  std::map<std::int32_t, LagHistory> histories_;
  mutable std::mutex mutex_;
  std::map<std::int32_t, LagHistory::Lag> lags_;  // guarded by mutex_
};

}  // namespace latecomer
