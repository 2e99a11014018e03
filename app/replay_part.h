// The replay server of a process.
#pragma once

#include <atomic>
#include <memory>

#include "app/daemon_part.h"
#include "replay/server.h"
#include "store/timeline_store.h"

namespace latecomer {

class ReplayPart final : public DaemonPart {
 public:
  explicit ReplayPart(PartContext context);
  ~ReplayPart() override;

  std::string name() const override { return "replay"; }
  // Opens the store, listens, and says where.
  Status Start() override;
  void Reload(const SharedSettings& settings) override;
  Status Probe() override;
  void Report(HealthReport& report) const override;
  void Collect(MetricFamilies& out) const override;

 private:
  PartContext context_;
  std::unique_ptr<TimelineReadStore> store_;
  std::unique_ptr<ReplayServer> server_;
  std::atomic<bool> started_{false};  // store_ and server_ do not change any more
};

}  // namespace latecomer
