#include "app/sink_part.h"

#include "app/setup.h"
#include "base/log.h"
#include "stream/topics.h"

namespace latecomer {

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

void SinkPart::Report(HealthReport& report) const { static_cast<void>(report); }
void SinkPart::Collect(MetricFamilies& out) const { static_cast<void>(out); }

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
