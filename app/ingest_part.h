// What reads the sources of a process.
#pragma once

#include <atomic>
#include <memory>

#include "app/daemon_part.h"

namespace latecomer {

class HttpClient;
class IngestLoop;
struct SourceSpec;

// The sources of the settings; `once`: see IngestPart.
std::vector<SourceSpec> SourceSpecs(const Settings& settings, bool once);

class IngestPart final : public DaemonPart {
 public:
  // `once`: each source is read to its end, where it has one, and not watched.
  IngestPart(PartContext context, bool once);
  ~IngestPart() override;

  std::string name() const override { return "ingest"; }
  Status Start() override;
  void Reload(const SharedSettings& settings) override;
  Status Probe() override;
  void Report(HealthReport& report) const override;
  void Collect(MetricFamilies& out) const override;

  // Whether every source has been read to its end. An error if one of them failed for good.
  Result<bool> HasCaughtUp() const;

 private:
  void Launch();

  PartContext context_;
  const bool once_;
  std::unique_ptr<HttpClient> http_;  // none without a contact
  Status http_made_;
  std::unique_ptr<IngestLoop> loop_;
  std::atomic<bool> started_{false};
  std::atomic<bool> launched_{false};  // a process without sources joins no group
};

}  // namespace latecomer
