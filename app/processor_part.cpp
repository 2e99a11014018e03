#include "app/processor_part.h"

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

}  // namespace

ProcessorPart::ProcessorPart(PartContext context) : context_(std::move(context)) {
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
  return {};
}

void ProcessorPart::Reload(const SharedSettings& settings) { context_.settings = settings; }

void ProcessorPart::Report(HealthReport& report) const { static_cast<void>(report); }
void ProcessorPart::Collect(MetricFamilies& out) const { static_cast<void>(out); }

std::uint64_t ProcessorPart::partitions() const {
  std::uint64_t all = 0;
  for (const auto& loop : loops_) all += loop->counters().partitions;
  return all;
}

Result<bool> ProcessorPart::HasCaughtUp() const {
  const std::int32_t all = PartitionsOf(*context_.settings);
  if (partitions() < static_cast<std::uint64_t>(all)) return false;
  for (std::int32_t p = 0; p < all; ++p) {
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
