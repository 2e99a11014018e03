#include "app/loop_metrics.h"

namespace latecomer {

void CollectHeartbeat(MetricFamilies& out, const MetricLabels& labels, const Heartbeat& heartbeat) {
  out.Gauge("latecomer_heartbeat_age_seconds", "Time since the loop last turned.", labels,
            std::chrono::duration<double>(heartbeat.Age()).count());
}

void CollectOutage(MetricFamilies& out, const MetricLabels& labels, const Outage& outage) {
  out.Gauge("latecomer_away", "1 while a broker or database that is needed cannot be used.", labels,
            outage.IsAway() ? 1 : 0);
  out.Counter("latecomer_outages_total", "Times that a broker or database went away.", labels,
              Number(outage.outages()));
  out.Counter("latecomer_outage_retries_total", "Attempts that failed while it was away.", labels,
              Number(outage.failures()));
}

void ReportHeartbeat(HealthReport& report, const std::string& who, const Heartbeat& heartbeat) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(heartbeat.Age());
  if (age < kHangAfter) return;
  report.dead.push_back(who + " has not turned for " + std::to_string(age.count()) + " s");
}

void ReportOutage(HealthReport& report, const std::string& who, const Outage& outage) {
  if (outage.IsAway()) report.not_ready.push_back(who + " waits for what is away");
}

}  // namespace latecomer
