// What the counters of every loop have in common, as metrics and as health.
#pragma once

#include <chrono>
#include <string>

#include "app/daemon_part.h"
#include "app/metric_families.h"
#include "base/heartbeat.h"
#include "base/outage.h"

namespace latecomer {

// A loop that has not turned for so long hangs: every call that it makes ends sooner.
inline constexpr std::chrono::seconds kHangAfter{90};

inline double Number(std::uint64_t value) { return static_cast<double>(value); }

void CollectHeartbeat(MetricFamilies& out, const MetricLabels& labels, const Heartbeat& heartbeat);
void CollectOutage(MetricFamilies& out, const MetricLabels& labels, const Outage& outage);
void ReportHeartbeat(HealthReport& report, const std::string& who, const Heartbeat& heartbeat);
void ReportOutage(HealthReport& report, const std::string& who, const Outage& outage);

// Members of a consumer group: `assigned`, `revoked`, `lost`, `partitions`.
template <typename Counters>
void CollectGroup(MetricFamilies& out, const MetricLabels& labels, const Counters& counters) {
  out.Gauge("latecomer_partitions", "Partitions owned and at work.", labels,
            Number(counters.partitions));
  out.Counter("latecomer_partitions_assigned_total", "Partitions that came in a rebalance.", labels,
              Number(counters.assigned));
  out.Counter("latecomer_partitions_revoked_total", "Partitions handed over in a rebalance.",
              labels, Number(counters.revoked));
  out.Counter("latecomer_partitions_lost_total", "Partitions lost to another member.", labels,
              Number(counters.lost));
}

}  // namespace latecomer
