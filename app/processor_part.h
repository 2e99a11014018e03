// The processors of a process.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "app/daemon_part.h"
#include "app/lag_sampler.h"
#include "processor/processor_loop.h"

namespace latecomer {

class ProcessorPart final : public DaemonPart {
 public:
  explicit ProcessorPart(PartContext context);

  std::string name() const override { return "processor"; }
  Status Start() override;
  void Reload(const SharedSettings& settings) override;
  Status Probe() override;
  void Report(HealthReport& report) const override;
  void Collect(MetricFamilies& out) const override;

  // Partitions that are owned and restored.
  std::uint64_t partitions() const;
  // Whether every post in the stream has been processed. Asks the stream.
  Result<bool> HasCaughtUp() const;
  void LogTotals() const;

 private:
  PartContext context_;
  const std::int32_t partitions_;  // of the topic
  std::vector<std::unique_ptr<ProcessorLoop>> loops_;
  std::atomic<bool> started_{false};
  LagSampler lag_{"processor"};
};

}  // namespace latecomer
