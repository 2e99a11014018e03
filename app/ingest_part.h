// What reads the sources of a process.
#pragma once

#include <atomic>

#include "app/daemon_part.h"

namespace latecomer {

class IngestPart final : public DaemonPart {
 public:
  explicit IngestPart(PartContext context);

  std::string name() const override { return "ingest"; }
  // kFatal: a source is of a kind that this version does not know.
  Status Start() override;
  void Report(HealthReport& report) const override;
  void Collect(MetricFamilies& out) const override;

  // Whether every source has been read to its end.
  Result<bool> HasCaughtUp() const { return sources_left_ == 0; }

 private:
  Status ReadSource(const SourceSettings& source, const std::stop_token& stop);
  Status Import(const SourceSettings& source, const std::string& hashtag,
                const std::stop_token& stop);

  PartContext context_;
  std::atomic<std::size_t> sources_left_{0};
};

}  // namespace latecomer
