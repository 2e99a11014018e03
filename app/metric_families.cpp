#include "app/metric_families.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>

namespace latecomer {

prometheus::ClientMetric& MetricFamilies::Add(const std::string& name, const std::string& help,
                                              prometheus::MetricType type,
                                              const MetricLabels& labels) {
  prometheus::MetricFamily& family = families_[name];
  family.name = name;
  family.help = help;
  family.type = type;
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [key, value] : labels) metric.label.push_back({key, value});
  return metric;
}

void MetricFamilies::Counter(const std::string& name, const std::string& help,
                             const MetricLabels& labels, double value) {
  Add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void MetricFamilies::Gauge(const std::string& name, const std::string& help,
                           const MetricLabels& labels, double value) {
  Add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void MetricFamilies::Histogram(const std::string& name, const std::string& help,
                               const MetricLabels& labels,
                               const LatencyHistogram::Reading& reading) {
  auto& histogram = Add(name, help, prometheus::MetricType::Histogram, labels).histogram;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
    cumulative += reading.buckets[i];
    const double bound = i < LatencyHistogram::kBounds.size()
                             ? LatencyHistogram::kBounds[i]
                             : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({cumulative, bound});
  }
  histogram.sample_count = reading.count;
  histogram.sample_sum = reading.sum_seconds;
}

void MetricFamilies::Merge(std::vector<prometheus::MetricFamily> families) {
  for (prometheus::MetricFamily& family : families) {
    const std::string name = family.name;
    families_.emplace(name, std::move(family));
  }
}

std::string MetricFamilies::Text() const {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& [name, family] : families_) all.push_back(family);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, all);
  return std::move(out).str();
}

}  // namespace latecomer
