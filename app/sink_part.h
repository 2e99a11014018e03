// The sinks of a process, each with a connection of its own to the store.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "app/daemon_part.h"
#include "app/lag_sampler.h"
#include "sink/sink_loop.h"
#include "store/timeline_store.h"

namespace latecomer {

class SinkPart final : public DaemonPart {
 public:
  explicit SinkPart(PartContext context);
  ~SinkPart() override;

  std::string name() const override { return "sink"; }
  // Opens the stores.
  Status Start() override;
  Status Probe() override;
  void Report(HealthReport& report) const override;
  void Collect(MetricFamilies& out) const override;

  // Whether the store holds every record of `timelines`. Asks the stream.
  Result<bool> HasCaughtUp() const;
  // Of the first worker; while no loop runs.
  TimelineWriteStore& store() { return *workers_.front().store; }

 private:
  struct Worker {
    std::unique_ptr<TimelineWriteStore> store;
    std::unique_ptr<SinkLoop> loop;
  };

  PartContext context_;
  std::vector<Worker> workers_;
  std::unique_ptr<TimelineWriteStore> asking_;  // of the monitor's thread
  LagSampler lag_{"sink"};
  std::atomic<bool> started_{false};  // workers_ does not change any more
};

}  // namespace latecomer
