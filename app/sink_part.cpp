#include "app/sink_part.h"

#include "app/loop_metrics.h"
#include "app/setup.h"
#include "base/log.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

void CollectLoop(MetricFamilies& out, const MetricLabels& labels, const SinkCounters& counters) {
  out.Counter("latecomer_sink_records_total", "Records of `timelines` read.", labels,
              Number(counters.records));
  out.Counter("latecomer_sink_rows_total", "Records applied to the store.", labels,
              Number(counters.rows));
  out.Counter("latecomer_sink_batches_total", "Transactions of the store committed.", labels,
              Number(counters.batches));
  out.Counter("latecomer_sink_conflicts_total",
              "Transactions that found that another sink had moved on.", labels,
              Number(counters.conflicts));
  out.Counter("latecomer_sink_retries_total", "Waits after a failure.", labels,
              Number(counters.retries));
  out.Counter("latecomer_sink_rebuilds_total", "Partitions whose rows were begun anew.", labels,
              Number(counters.rebuilds));
  out.Counter("latecomer_sink_scrubs_total", "Times that deletions were made physical.", labels,
              Number(counters.scrubs));
  out.Gauge("latecomer_sink_rebuilding_partitions", "Partitions whose rows are being built anew.",
            labels, Number(counters.rebuilding));
  out.Histogram("latecomer_commit_duration_seconds", "Time that a transaction took.", labels,
                counters.commit_latency.Read());
  CollectGroup(out, labels, counters);
  CollectOutage(out, labels, counters.outage);
  CollectHeartbeat(out, labels, counters.heartbeat);
}

}  // namespace

SinkPart::SinkPart(PartContext context) : context_(std::move(context)) {}
SinkPart::~SinkPart() = default;

Status SinkPart::Start() {
  const Settings& settings = *context_.settings;
  const std::int64_t count = settings.store.kind == "sqlite" ? 1 : settings.sink.workers;
  std::vector<Worker> workers;
  for (std::int64_t i = 0; i < count; ++i) {
    SinkSettings sinking;
    sinking.instance = WorkerName(settings, context_.instance, "sink", i);
    sinking.batch_records_max = static_cast<std::size_t>(settings.sink.batch_records_max);
    sinking.batch_wait = std::chrono::milliseconds(settings.sink.batch_wait_ms);
    Worker& worker = workers.emplace_back();
    Result<std::unique_ptr<TimelineWriteStore>> store =
        OpenWriteStore(settings, "latecomer " + sinking.instance);
    if (!store) return store.error();
    worker.store = std::move(*store);
    worker.loop = std::make_unique<SinkLoop>(*context_.stream, *worker.store, sinking);
  }
  workers_ = std::move(workers);
  started_ = true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    context_.crew.Launch(
        workers_.size() == 1 ? name() : name() + " " + std::to_string(i),
        [&loop = *workers_[i].loop](std::stop_token stop) { return loop.Run(std::move(stop)); });
  }
  return {};
}

Status SinkPart::Probe() {
  if (!asking_) {
    Result<std::unique_ptr<TimelineWriteStore>> store =
        OpenWriteStore(*context_.settings, "latecomer " + context_.instance + "-sink-monitor");
    if (!store) return store.error();
    asking_ = std::move(*store);
  }
  const Result<std::vector<SinkPosition>> positions = asking_->Positions();
  if (!positions) return positions.error();
  std::map<std::int32_t, std::int64_t> places;
  for (const SinkPosition& position : *positions) places[position.partition] = position.next;
  const std::int32_t all = PartitionsOf(*context_.settings);
  for (std::int32_t p = 0; p < all; ++p) {
    const Result<std::int64_t> end = context_.stream->EndOffset({kTimelinesTopic, p});
    if (!end) return end.error();
    lag_.Add(p, places[p], *end);
  }
  return {};
}

void SinkPart::Report(HealthReport& report) const {
  if (!started_) return;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const SinkCounters& counters = workers_[i].loop->counters();
    const std::string who = name() + " " + std::to_string(i);
    ReportHeartbeat(report, who, counters.heartbeat);
    ReportOutage(report, who, counters.outage);
  }
}

void SinkPart::Collect(MetricFamilies& out) const {
  if (started_) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const MetricLabels labels = {{"role", name()}, {"worker", std::to_string(i)}};
      CollectLoop(out, labels, workers_[i].loop->counters());
    }
  }
  lag_.Collect(out);
}

Result<bool> SinkPart::HasCaughtUp() const {
  if (!started_) return false;
  std::map<std::int32_t, std::int64_t> next;
  for (const Worker& worker : workers_) next.merge(worker.loop->NextOffsets());
  const std::int32_t all = PartitionsOf(*context_.settings);
  for (std::int32_t p = 0; p < all; ++p) {
    Result<std::int64_t> end = context_.stream->EndOffset({kTimelinesTopic, p});
    if (!end) return end.error();
    const auto found = next.find(p);
    if (found == next.end() || found->second < *end) return false;
  }
  return true;
}

}  // namespace latecomer
