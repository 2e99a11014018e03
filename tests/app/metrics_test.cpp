#include <boost/test/unit_test.hpp>
#include <sstream>

#include "app/loop_metrics.h"
#include "app/metric_families.h"
#include "app/process_metrics.h"

namespace latecomer {
namespace {

bool Has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

double ValueOf(const std::string& text, const std::string& name) {
  const std::size_t at = ("\n" + text).find("\n" + name + " ");
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, name << " is missing in\n" << text);
  return std::stod(text.substr(at + name.size() + 1));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(families_hold_their_series_together) {
  MetricFamilies families;
  families.Counter("b_total", "B.", {{"role", "x"}}, 2);
  families.Gauge("a", "A.", {}, -1.5);
  families.Counter("b_total", "B.", {{"role", "y\"\n"}}, 3);
  const std::string text = families.Text();
  BOOST_TEST(Has(text, "# HELP b_total B."), text);
  BOOST_TEST(Has(text, "# TYPE b_total counter"), text);
  BOOST_TEST(Has(text, "b_total{role=\"x\"} 2"), text);
  BOOST_TEST(Has(text, "b_total{role=\"y\\\"\\n\"} 3"), text);
  BOOST_TEST(Has(text, "a -1.5"), text);
  BOOST_TEST(text.find("# TYPE b_total") == text.rfind("# TYPE b_total"));
}

BOOST_AUTO_TEST_CASE(histograms_are_cumulative) {
  LatencyHistogram histogram;
  histogram.Observe(std::chrono::milliseconds(1));
  histogram.Observe(std::chrono::milliseconds(200));
  histogram.Observe(std::chrono::minutes(2));
  MetricFamilies families;
  families.Histogram("took_seconds", "T.", {{"role", "sink"}}, histogram.Read());
  const std::string text = families.Text();
  BOOST_TEST(Has(text, "# TYPE took_seconds histogram"), text);
  BOOST_TEST(Has(text, "took_seconds_bucket{role=\"sink\",le=\"0.001\"} 1"), text);
  BOOST_TEST(Has(text, "took_seconds_bucket{role=\"sink\",le=\"0.1\"} 1"), text);
  BOOST_TEST(Has(text, "took_seconds_bucket{role=\"sink\",le=\"0.25\"} 2"), text);
  BOOST_TEST(Has(text, "took_seconds_bucket{role=\"sink\",le=\"30\"} 2"), text);
  BOOST_TEST(Has(text, "took_seconds_bucket{role=\"sink\",le=\"+Inf\"} 3"), text);
  BOOST_TEST(Has(text, "took_seconds_count{role=\"sink\"} 3"), text);
  BOOST_TEST(ValueOf(text, "took_seconds_sum{role=\"sink\"}") == 120.201,
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_family_that_is_there_is_not_merged_again) {
  MetricFamilies families;
  families.Gauge("a", "Ours.", {}, 1);
  std::vector<prometheus::MetricFamily> others(2);
  others[0].name = "a";
  others[0].help = "Theirs.";
  others[1].name = "b";
  others[1].type = prometheus::MetricType::Gauge;
  others[1].metric.emplace_back().gauge.value = 7;
  families.Merge(std::move(others));
  const std::string text = families.Text();
  BOOST_TEST(text.find("Theirs") == std::string::npos, text);
  BOOST_TEST(Has(text, "b 7"), text);
}

BOOST_AUTO_TEST_CASE(the_process_is_measured) {
  MetricFamilies families;
  CollectProcess(families);
  const std::string text = families.Text();
  BOOST_TEST(ValueOf(text, "process_resident_memory_bytes") > 1e6);
  BOOST_TEST(ValueOf(text, "process_virtual_memory_bytes") >
             ValueOf(text, "process_resident_memory_bytes"));
  BOOST_TEST(ValueOf(text, "process_open_fds") >= 3);
  BOOST_TEST(ValueOf(text, "process_max_fds") >= ValueOf(text, "process_open_fds"));
  BOOST_TEST(ValueOf(text, "process_threads") >= 1);
  BOOST_TEST(ValueOf(text, "process_cpu_seconds_total") >= 0);
  const double now = static_cast<double>(std::time(nullptr));
  BOOST_TEST(ValueOf(text, "process_start_time_seconds") <= now + 2);
  BOOST_TEST(ValueOf(text, "process_start_time_seconds") > now - 3600);
}

BOOST_AUTO_TEST_CASE(an_outage_is_a_metric_and_no_death) {
  Outage outage("x");
  outage.Failed("refused");
  outage.Failed("refused");
  MetricFamilies families;
  CollectOutage(families, {{"role", "sink"}}, outage);
  const std::string text = families.Text();
  BOOST_TEST(Has(text, "latecomer_away{role=\"sink\"} 1"), text);
  BOOST_TEST(Has(text, "latecomer_outages_total{role=\"sink\"} 1"), text);
  BOOST_TEST(Has(text, "latecomer_outage_retries_total{role=\"sink\"} 2"), text);
  HealthReport report;
  ReportOutage(report, "sink 0", outage);
  BOOST_TEST(report.dead.empty());
  BOOST_TEST(report.not_ready.size() == 1U);
  outage.Worked();
  HealthReport after;
  ReportOutage(after, "sink 0", outage);
  ReportHeartbeat(after, "sink 0", Heartbeat());
  BOOST_TEST((after.not_ready.empty() && after.dead.empty()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
