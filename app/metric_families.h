// Metrics of one scrape, gathered from counters that daemons keep without knowing of Prometheus.
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/latency_histogram.h"

namespace latecomer {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class MetricFamilies {
 public:
  // Names end as Prometheus wants it: _total for counters, units last. One help text a name.
  void Counter(const std::string& name, const std::string& help, const MetricLabels& labels,
               double value);
  void Gauge(const std::string& name, const std::string& help, const MetricLabels& labels,
             double value);
  void Histogram(const std::string& name, const std::string& help, const MetricLabels& labels,
                 const LatencyHistogram::Reading& reading);

  // Families of a registry; one whose name is there already is left out.
  void Merge(std::vector<prometheus::MetricFamily> families);

  // Prometheus' text form.
  std::string Text() const;

 private:
  prometheus::ClientMetric& Add(const std::string& name, const std::string& help,
                                prometheus::MetricType type, const MetricLabels& labels);

  std::map<std::string, prometheus::MetricFamily> families_;
};

}  // namespace latecomer
