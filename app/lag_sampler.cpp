#include "app/lag_sampler.h"

namespace latecomer {

void LagSampler::Add(std::int32_t partition, std::int64_t place, std::int64_t end) {
  const LagHistory::Lag lag = histories_[partition].Sample(place, end, LagHistory::Clock::now());
  const std::lock_guard<std::mutex> guard(mutex_);
  lags_[partition] = lag;
}

void LagSampler::Collect(MetricFamilies& out) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const auto& [partition, lag] : lags_) {
    const MetricLabels labels = {{"role", role_}, {"partition", std::to_string(partition)}};
    out.Gauge("latecomer_lag_records", "Offsets of the log that the role has not passed yet.",
              labels, static_cast<double>(lag.records));
    out.Gauge("latecomer_lag_seconds", "How long the oldest record that waits has been waiting.",
              labels, std::chrono::duration<double>(lag.waiting).count());
  }
}

}  // namespace latecomer
