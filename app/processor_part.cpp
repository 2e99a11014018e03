#include "app/processor_part.h"

#include "app/loop_metrics.h"
#include "app/setup.h"
#include "base/log.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

std::vector<std::string> NamesOf(const Settings& settings) {
  std::vector<std::string> names;
  for (const HashtagSettings& hashtag : settings.hashtags) names.push_back(hashtag.hashtag);
  return names;
}

ProcessorLoopSettings LoopSettings(const PartContext& context, std::int64_t worker) {
  const Settings& settings = *context.settings;
  ProcessorLoopSettings loop;
  loop.instance = WorkerName(settings, context.instance, "processor", worker);
  loop.batch_records_max = static_cast<std::size_t>(settings.processor.batch_records_max);
  loop.commit_interval = std::chrono::milliseconds(settings.processor.commit_interval_ms);
  loop.grace_ms = settings.processor.grace_ms;
  loop.hashtags = NamesOf(settings);
  return loop;
}

Builder::SettingsOf SettingsOf(const SharedSettings& settings) {
  return [settings](const std::string& hashtag) { return settings->ForHashtag(hashtag); };
}

void CollectPosts(MetricFamilies& out, const MetricLabels& labels,
                  const ProcessorCounters& counters) {
  const std::pair<const char*, std::uint64_t> outcomes[] = {{"new", counters.made},
                                                            {"changed", counters.changed},
                                                            {"unchanged", counters.unchanged},
                                                            {"forgotten", counters.forgotten}};
  for (const auto& [outcome, count] : outcomes) {
    MetricLabels with = labels;
    with.emplace_back("outcome", outcome);
    out.Counter("latecomer_processor_posts_total",
                "Posts processed, by what they did to their timeline.", with, Number(count));
  }
  out.Counter("latecomer_processor_rejects_total",
              "Records of `posts` that could not be understood.", labels, Number(counters.rejects));
}

void CollectLoop(MetricFamilies& out, const MetricLabels& labels,
                 const ProcessorCounters& counters) {
  CollectPosts(out, labels, counters);
  out.Counter("latecomer_processor_records_written_total", "Records written to `timelines`.",
              labels, Number(counters.records_written));
  out.Counter("latecomer_processor_batches_total", "Transactions committed.", labels,
              Number(counters.batches));
  out.Counter("latecomer_processor_batches_unwound_total",
              "Transactions that failed, were taken back and done again.", labels,
              Number(counters.batches_unwound));
  out.Counter("latecomer_processor_restarts_total",
              "Times that the state was thrown away and restored: fenced, or a commit whose "
              "outcome is not known.",
              labels, Number(counters.restarts));
  out.Counter("latecomer_processor_records_restored_total",
              "Records of `timelines` read to restore state.", labels,
              Number(counters.records_restored));
  out.Gauge("latecomer_processor_restoring_partitions", "Partitions whose state is being restored.",
            labels, Number(counters.restoring));
  out.Gauge("latecomer_processor_restore_offsets", "Offsets that the restorations under way read.",
            labels, Number(counters.restore_total));
  out.Gauge("latecomer_processor_restored_offsets",
            "Offsets that the restorations under way have read so far.", labels,
            Number(counters.restore_done));
  out.Gauge("latecomer_processor_state_bytes", "Memory that the state of timelines takes.", labels,
            Number(counters.state_bytes));
  out.Histogram("latecomer_commit_duration_seconds", "Time that a transaction took.", labels,
                counters.commit_latency.Read());
  CollectGroup(out, labels, counters);
  CollectOutage(out, labels, counters.outage);
  CollectHeartbeat(out, labels, counters.heartbeat);
}

}  // namespace

ProcessorPart::ProcessorPart(PartContext context)
    : context_(std::move(context)), partitions_(PartitionsOf(*context_.settings)) {
  const std::int64_t workers =
      context_.settings->stream.kind == "embedded" ? 1 : context_.settings->processor.workers;
  for (std::int64_t i = 0; i < workers; ++i) {
    loops_.push_back(std::make_unique<ProcessorLoop>(*context_.stream, LoopSettings(context_, i),
                                                     SettingsOf(context_.settings)));
  }
}

Status ProcessorPart::Start() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    context_.crew.Launch(
        loops_.size() == 1 ? name() : name() + " " + std::to_string(i),
        [&loop = *loops_[i]](std::stop_token stop) { return loop.Run(std::move(stop)); });
  }
  started_ = true;
  return {};
}

void ProcessorPart::Reload(const SharedSettings& settings) {
  context_.settings = settings;
  for (const auto& loop : loops_) loop->Reload(NamesOf(*settings), SettingsOf(settings));
}

Status ProcessorPart::Probe() {
  for (std::int32_t p = 0; p < partitions_; ++p) {
    const TopicPartition posts{kPostsTopic, p};
    const Result<std::int64_t> end = context_.stream->EndOffset(posts);
    if (!end) return end.error();
    Result<std::optional<std::int64_t>> place =
        context_.stream->CommittedOffset(kProcessorGroup, posts);
    if (!place) return place.error();
    if (!*place) {
      const Result<std::int64_t> start = context_.stream->StartOffset(posts);
      if (!start) return start.error();
      *place = *start;
    }
    lag_.Add(p, **place, *end);
  }
  return {};
}

void ProcessorPart::Report(HealthReport& report) const {
  if (!started_) return;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const ProcessorCounters& counters = loops_[i]->counters();
    const std::string who = name() + " " + std::to_string(i);
    ReportHeartbeat(report, who, counters.heartbeat);
    ReportOutage(report, who, counters.outage);
    if (counters.restoring > 0) {
      report.not_ready.push_back(who + " restores " + std::to_string(counters.restoring) +
                                 " partitions");
    }
  }
}

void ProcessorPart::Collect(MetricFamilies& out) const {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const MetricLabels labels = {{"role", name()}, {"worker", std::to_string(i)}};
    CollectLoop(out, labels, loops_[i]->counters());
  }
  lag_.Collect(out);
}

std::uint64_t ProcessorPart::partitions() const {
  std::uint64_t all = 0;
  for (const auto& loop : loops_) all += loop->counters().partitions;
  return all;
}

Result<bool> ProcessorPart::HasCaughtUp() const {
  if (partitions() < static_cast<std::uint64_t>(partitions_)) return false;
  for (std::int32_t p = 0; p < partitions_; ++p) {
    const TopicPartition posts{kPostsTopic, p};
    Result<std::int64_t> end = context_.stream->EndOffset(posts);
    if (!end) return end.error();
    Result<std::optional<std::int64_t>> done =
        context_.stream->CommittedOffset(kProcessorGroup, posts);
    if (!done) return done.error();
    if (done->value_or(0) < *end) return false;
  }
  return true;
}

void ProcessorPart::LogTotals() const {
  std::uint64_t accepted = 0, made = 0, changed = 0, unchanged = 0, forgotten = 0, rejects = 0;
  for (const auto& loop : loops_) {
    const ProcessorCounters& counters = loop->counters();
    accepted += counters.accepted;
    made += counters.made;
    changed += counters.changed;
    unchanged += counters.unchanged;
    forgotten += counters.forgotten;
    rejects += counters.rejects;
  }
  spdlog::info("processed {} posts: {} new, {} changed, {} unchanged, {} forgotten; {} rejects",
               accepted, made, changed, unchanged, forgotten, rejects);
}

}  // namespace latecomer
