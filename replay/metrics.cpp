#include "replay/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>

namespace latecomer {
namespace {

const prometheus::Histogram::BucketBoundaries kBuildSeconds = {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10};
constexpr std::array<const char*, 7> kEventNames = {"session",  "entry",   "repost", "gap",
                                                    "backfill", "deleted", "live"};

}  // namespace

struct ReplayMetrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter()
          .Name("latecomer_http_requests_total")
          .Help("HTTP requests answered, by route and status code.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& events =
      prometheus::BuildCounter()
          .Name("latecomer_replay_events_total")
          .Help("Replay events sent to viewers, by name.")
          .Register(registry);
  prometheus::Counter& dropped = prometheus::BuildCounter()
                                     .Name("latecomer_replay_streams_dropped_total")
                                     .Help("Replay streams ended because the viewer did not read.")
                                     .Register(registry)
                                     .Add({});
  prometheus::Gauge& streams = prometheus::BuildGauge()
                                   .Name("latecomer_replay_streams")
                                   .Help("Replay streams open now.")
                                   .Register(registry)
                                   .Add({});
  prometheus::Gauge& connections = prometheus::BuildGauge()
                                       .Name("latecomer_http_connections")
                                       .Help("HTTP connections open now, streams included.")
                                       .Register(registry)
                                       .Add({});
  prometheus::Histogram& builds = prometheus::BuildHistogram()
                                      .Name("latecomer_view_build_seconds")
                                      .Help("Time to build the view of a hashtag.")
                                      .Register(registry)
                                      .Add({}, kBuildSeconds);
  std::array<prometheus::Counter*, kEventNames.size()> by_event{};
};

ReplayMetrics::ReplayMetrics(const std::string& version) : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < kEventNames.size(); ++i) {
    impl_->by_event[i] = &impl_->events.Add({{"event", kEventNames[i]}});
  }
  prometheus::BuildGauge()
      .Name("latecomer_build_info")
      .Help("1, with the version that runs.")
      .Register(impl_->registry)
      .Add({{"version", version}})
      .Set(1);
}

ReplayMetrics::~ReplayMetrics() = default;

void ReplayMetrics::CountRequest(std::string_view route, int status) {
  impl_->requests.Add({{"route", std::string(route)}, {"code", std::to_string(status)}})
      .Increment();
}

void ReplayMetrics::CountEvent(FeedEvent::Kind kind) {
  impl_->by_event[static_cast<std::size_t>(kind)]->Increment();
}

void ReplayMetrics::CountDroppedStream() { impl_->dropped.Increment(); }

void ReplayMetrics::SetStreams(std::size_t count) {
  impl_->streams.Set(static_cast<double>(count));
}

void ReplayMetrics::SetConnections(std::size_t count) {
  impl_->connections.Set(static_cast<double>(count));
}

void ReplayMetrics::ObserveViewBuild(double seconds) { impl_->builds.Observe(seconds); }

std::vector<prometheus::MetricFamily> ReplayMetrics::Collect() const {
  return impl_->registry.Collect();
}

std::string ReplayMetrics::Text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, impl_->registry.Collect());
  return std::move(out).str();
}

}  // namespace latecomer
