#include "app/daemons.h"

#include <algorithm>
#include <filesystem>

#include "app/importer.h"
#include "app/setup.h"
#include "base/log.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::chrono::minutes kCleanEvery{10};
constexpr std::chrono::seconds kCleanFirst{30};

// The files of an archive source: itself, or what lies in the folder, by name.
std::vector<std::string> FilesOf(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (const auto& item : std::filesystem::directory_iterator(path, error)) {
    const std::string name = item.path().filename().string();
    if (item.is_regular_file(error) && !name.starts_with('.'))
      files.push_back(item.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Daemons::Daemons(const Settings& settings, std::function<void()> on_failure)
    : settings_(settings), on_failure_(std::move(on_failure)) {}

Daemons::~Daemons() {
  const Status stopped = Stop();
  if (!stopped) spdlog::error("{}", stopped.error().message);
}

Status Daemons::Start() {
  if (Status made = MakeDataDirectory(settings_); !made) return made;
  const std::string lock = (std::filesystem::path(settings_.data) / "run.lock").string();
  Result<FileLock> held = FileLock::Take(lock, "latecomer run");
  if (!held) {
    if (held.error().code != ErrorCode::kConflict) return held.error();
    return Conflict(held.error().message +
                    ": one `run` to a data directory; stop that one, or name "
                    "another directory with --data");
  }
  lock_.emplace(std::move(*held));
  Result<std::unique_ptr<Stream>> stream = OpenStream(settings_);
  if (!stream) return stream.error();
  stream_ = std::move(*stream);
  if (Status made = PrepareTopics(*stream_, settings_); !made) return made;
  Result<std::unique_ptr<TimelineWriteStore>> store = OpenWriteStore(settings_);
  if (!store) return store.error();
  write_store_ = std::move(*store);

  ProcessorLoopSettings processing;
  processing.batch_records_max = static_cast<std::size_t>(settings_.processor.batch_records_max);
  processing.commit_interval = std::chrono::milliseconds(settings_.processor.commit_interval_ms);
  processing.grace_ms = settings_.processor.grace_ms;
  for (const HashtagSettings& hashtag : settings_.hashtags) {
    processing.hashtags.push_back(hashtag.hashtag);
  }
  processor_ = std::make_unique<ProcessorLoop>(
      *stream_, processing,
      [this](const std::string& hashtag) { return settings_.ForHashtag(hashtag); });
  SinkSettings sinking;
  sinking.instance = "sink-0";
  sink_ = std::make_unique<SinkLoop>(*stream_, *write_store_, sinking);
  Launch("processor", [this](std::stop_token stop) { return processor_->Run(std::move(stop)); });
  Launch("sink", [this](std::stop_token stop) { return sink_->Run(std::move(stop)); });
  Launch("cleaner", [this](std::stop_token stop) { return Janitor(std::move(stop)); });
  return {};
}

void Daemons::Launch(const std::string& name, std::function<Status(std::stop_token)> run) {
  threads_.emplace_back([this, name, run = std::move(run)](std::stop_token stop) {
    const Status status = run(stop);
    if (status) return;
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (failure_) return;
      failure_ = Error{status.error().code, name + ": " + status.error().message, {}};
    }
    on_failure_();
  });
}

Status Daemons::Janitor(std::stop_token stop) {
  auto next = std::chrono::steady_clock::now() + kCleanFirst;
  while (!stop.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (std::chrono::steady_clock::now() < next) continue;
    next = std::chrono::steady_clock::now() + kCleanEvery;
    const Status cleaned = stream_->Clean(Now());
    if (cleaned) continue;
    const ErrorCode code = cleaned.error().code;
    if (code == ErrorCode::kCorrupt || code == ErrorCode::kFatal) return cleaned;
    spdlog::warn("cleaning the log: {} (tried again later)", cleaned.error().message);
  }
  return {};
}

Status Daemons::StartSources() {
  for (const SourceSettings& source : settings_.sources) {
    if (source.kind != "archive") {
      return Fatal("source \"" + source.name + "\": kind \"" + source.kind +
                   "\" is not part of this version; take it out of the settings");
    }
  }
  for (const SourceSettings& source : settings_.sources) {
    std::vector<std::string> hashtags = source.hashtags;
    if (hashtags.empty()) {
      for (const HashtagSettings& all : settings_.hashtags) hashtags.push_back(all.hashtag);
    }
    ++sources_left_;
    Launch("source " + source.name, [this, source, hashtags](std::stop_token stop) -> Status {
      for (const std::string& hashtag : hashtags) {
        if (Status s = ImportSource(source, hashtag, stop); !s) return s;
      }
      --sources_left_;
      return {};
    });
  }
  return {};
}

Status Daemons::ImportSource(const SourceSettings& source, const std::string& hashtag,
                             const std::stop_token& stop) {
  ImportRequest request;
  request.hashtag = settings_.ForHashtag(hashtag);
  request.files = FilesOf(source.path);
  request.spool_directory = SpoolDirectory(settings_);
  ProgressBar progress;
  Result<ImportOutcome> outcome = ImportArchives(*stream_, request, progress, stop);
  progress.Clear();
  if (!outcome) return outcome.error();
  if (!outcome->damage.empty()) spdlog::warn("source {}: {}", source.name, outcome->damage);
  spdlog::info("source {}: {}", source.name, ImportCountsText(outcome->counts));
  return {};
}

Result<bool> Daemons::HasProcessed(std::int32_t partition) {
  const TopicPartition posts{kPostsTopic, partition};
  Result<std::int64_t> end = stream_->EndOffset(posts);
  if (!end) return end.error();
  Result<std::optional<std::int64_t>> done = stream_->CommittedOffset(kProcessorGroup, posts);
  if (!done) return done.error();
  return done->value_or(0) >= *end;
}

Result<bool> Daemons::HasStored(std::int32_t partition) {
  Result<std::int64_t> end = stream_->EndOffset({kTimelinesTopic, partition});
  if (!end) return end.error();
  const std::map<std::int32_t, std::int64_t> next = sink_->NextOffsets();
  const auto found = next.find(partition);
  return found != next.end() && found->second >= *end;
}

std::optional<Error> Daemons::Failure() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return failure_;
}

Result<bool> Daemons::IsIdle() {
  if (const std::optional<Error> failure = Failure()) return *failure;
  if (sources_left_ > 0) return false;
  const std::int32_t partitions = PartitionsOf(settings_);
  if (processor_->counters().partitions < static_cast<std::uint64_t>(partitions)) return false;
  for (std::int32_t p = 0; p < partitions; ++p) {
    // In this order: what the processor commits holds the timelines too.
    Result<bool> processed = HasProcessed(p);
    if (!processed || !*processed) return processed;
    Result<bool> stored = HasStored(p);
    if (!stored || !*stored) return stored;
  }
  return true;
}

Status Daemons::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  const std::optional<Error> failure = Failure();
  return failure ? Status(*failure) : Status();
}

}  // namespace latecomer
