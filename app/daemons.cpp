#include "app/daemons.h"

#include <unistd.h>

#include <filesystem>

#include "app/loop_metrics.h"
#include "app/process_metrics.h"
#include "app/setup.h"
#include "base/backoff.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/version.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kCleanEvery{10};
constexpr std::chrono::seconds kCleanFirst{30};
constexpr milliseconds kProbeEvery{3'000};
constexpr milliseconds kStartBackoffFirst{200};
constexpr milliseconds kStartBackoffMost{5'000};

bool IsForLater(const Error& error) {
  return error.code == ErrorCode::kRetryLater || error.code == ErrorCode::kNotFound;
}

// Where locks of what is not embedded lie: they hold on this machine only.
std::filesystem::path RuntimeFolder() {
  if (const char* folder = std::getenv("RUNTIME_DIRECTORY")) return folder;
  std::error_code error;
  const std::filesystem::path path = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : path;
}

}  // namespace

Daemons::Daemons(SharedSettings settings, DaemonsOptions options, std::function<void()> on_failure)
    : settings_(std::move(settings)), options_(std::move(options)), crew_(std::move(on_failure)) {
  if (options_.instance.empty()) options_.instance = InstanceName(*settings_);
}

Daemons::~Daemons() {
  const Status stopped = Stop();
  if (!stopped) spdlog::error("{}", stopped.error().message);
}

Status Daemons::Start() {
  if (Status taken = TakeLocks(); !taken) return taken;
  if (options_.ingest || options_.process || options_.sink) {
    Result<std::unique_ptr<Stream>> stream =
        OpenStream(*settings_, "latecomer " + options_.instance);
    if (!stream) return stream.error();
    stream_ = std::move(*stream);
  }
  MakeParts();
  const bool is_local = settings_->stream.kind == "embedded" && settings_->store.kind == "sqlite";
  if (is_local) {
    const Status started = StartParts();
    if (!started && !IsForLater(started.error())) return started;
    if (!started) starting_.Failed(started.error().message);
  }
  if (!started_) {
    crew_.Launch(
        "start", [this](const std::stop_token& stop) { return KeepStarting(stop); },
        Crew::UnderWay::kNothing);
  }
  crew_.Launch(
      "monitor", [this](const std::stop_token& stop) { return Watch(stop); },
      Crew::UnderWay::kNothing);
  if (stream_) {
    crew_.Launch(
        "cleaner", [this](const std::stop_token& stop) { return Janitor(stop); },
        Crew::UnderWay::kNothing);
  }
  return {};
}

// One `run` to a data directory. Of daemons that share their work, one to a name: two on different
// machines are found out by the broker.
Status Daemons::TakeLocks() {
  const bool is_embedded = settings_->stream.kind == "embedded";
  if (is_embedded && (options_.process || options_.sink || options_.ingest)) {
    if (Status made = MakeDataDirectory(*settings_); !made) return made;
    Result<FileLock> held = FileLock::Take(
        (std::filesystem::path(settings_->data) / "run.lock").string(), options_.command);
    if (!held && held.error().code == ErrorCode::kConflict) {
      return Conflict(held.error().message +
                      ": one `run` to a data directory; stop that one, or name "
                      "another directory with --data");
    }
    if (!held) return held.error();
    locks_.push_back(std::move(*held));
    return {};
  }
  const std::pair<bool, const char*> shared[] = {
      {options_.ingest, "ingest"}, {options_.process, "processor"}, {options_.sink, "sink"}};
  for (const auto& [wanted, role] : shared) {
    if (!wanted) continue;
    const std::string key = settings_->stream.brokers + "\n" + settings_->stream.prefix + "\n" +
                            role + "\n" + options_.instance;
    const auto path = RuntimeFolder() / ("latecomer-" + std::to_string(getuid()) + "-" + role +
                                         "-" + Sha256Hex(key).substr(0, 16) + ".lock");
    Result<FileLock> held = FileLock::Take(path.string(), options_.command);
    if (!held && held.error().code == ErrorCode::kConflict) {
      return Conflict(held.error().message + ": it is the " + role + " \"" + options_.instance +
                      "\" too; give each process of one daemon its own `instance` in the settings, "
                      "or --instance NAME");
    }
    if (!held) {
      spdlog::debug("without a lock of the name: {}", held.error().message);
      continue;
    }
    locks_.push_back(std::move(*held));
  }
  return {};
}

void Daemons::MakeParts() {
  const PartContext context{settings_, options_.instance, stream_.get(), crew_};
  if (options_.process) {
    parts_.push_back((processor_ = std::make_unique<ProcessorPart>(context)).get());
  }
  if (options_.sink) parts_.push_back((sink_ = std::make_unique<SinkPart>(context)).get());
  if (options_.ingest)
    parts_.push_back((ingest_ = std::make_unique<IngestPart>(context, options_.once)).get());
  if (options_.replay) parts_.push_back((replay_ = std::make_unique<ReplayPart>(context)).get());
}

Status Daemons::StartParts() {
  if (stream_) {
    if (Status made = PrepareTopics(*stream_, *settings_); !made) return made;
  }
  const std::lock_guard<std::mutex> guard(start_mutex_);
  for (; parts_started_ < parts_.size(); ++parts_started_) {
    if (Status started = parts_[parts_started_]->Start(); !started) return started;
  }
  started_ = true;
  return {};
}

Status Daemons::KeepStarting(const std::stop_token& stop) {
  Backoff backoff(kStartBackoffFirst, kStartBackoffMost);
  while (!stop.stop_requested()) {
    const Status started = StartParts();
    if (started) {
      starting_.Worked();
      return {};
    }
    if (!IsForLater(started.error())) return started;
    starting_.Failed(started.error().message);
    WaitFor(backoff.Next(started.error().retry_after), stop);
  }
  return {};
}

// Asks broker and database how far all of it is, and so whether they answer.
Status Daemons::Watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    watch_beat_.Beat();
    if (!started_) {
      WaitFor(milliseconds(50), stop);
      continue;
    }
    std::string unreachable;
    for (DaemonPart* part : parts_) {
      const Status probed = part->Probe();
      if (!probed && unreachable.empty()) unreachable = probed.error().message;
    }
    {
      const std::lock_guard<std::mutex> guard(probe_mutex_);
      unreachable_ = unreachable;
    }
    if (unreachable.empty()) {
      reaching_.Worked();
    } else {
      reaching_.Failed(unreachable);
    }
    WaitFor(kProbeEvery, stop);
  }
  return {};
}

HealthReport Daemons::Health() const {
  HealthReport report;
  ReportHeartbeat(report, "monitor", watch_beat_);
  if (!started_) {
    report.not_ready.push_back("it starts, and waits for broker or database");
    return report;
  }
  for (const DaemonPart* part : parts_) part->Report(report);
  const std::lock_guard<std::mutex> guard(probe_mutex_);
  if (!unreachable_.empty()) report.not_ready.push_back(unreachable_);
  return report;
}

void Daemons::Collect(MetricFamilies& out) const {
  CollectProcess(out);
  out.Gauge("latecomer_build_info", "1, with the version that runs.",
            {{"version", std::string(VersionText())}}, 1);
  const HealthReport health = Health();
  out.Gauge("latecomer_ready", "1 while /readyz answers 200.", {},
            health.dead.empty() && health.not_ready.empty() ? 1 : 0);
  CollectOutage(out, {{"role", "start"}, {"worker", "0"}}, starting_);
  CollectOutage(out, {{"role", "monitor"}, {"worker", "0"}}, reaching_);
  CollectHeartbeat(out, {{"role", "monitor"}, {"worker", "0"}}, watch_beat_);
  for (const DaemonPart* part : parts_) part->Collect(out);
}

Status Daemons::Janitor(const std::stop_token& stop) {
  for (milliseconds wait = kCleanFirst; WaitFor(wait, stop); wait = kCleanEvery) {
    const Status cleaned = stream_->Clean(Now());
    if (cleaned) continue;
    const ErrorCode code = cleaned.error().code;
    if (code == ErrorCode::kCorrupt || code == ErrorCode::kFatal) return cleaned;
    spdlog::warn("cleaning the log: {} (tried again later)", cleaned.error().message);
  }
  return {};
}

void Daemons::Reload(const SharedSettings& settings) {
  const std::lock_guard<std::mutex> guard(start_mutex_);
  for (DaemonPart* part : parts_) part->Reload(settings);
}

Result<bool> Daemons::IsIdle() {
  if (const std::optional<Error> failure = crew_.Failure()) return *failure;
  if (!started_) return false;
  if (ingest_) {
    Result<bool> read = ingest_->HasCaughtUp();
    if (!read || !*read) return read;
  }
  // In this order: what the processor commits holds the timelines too.
  if (processor_) {
    Result<bool> processed = processor_->HasCaughtUp();
    if (!processed || !*processed) return processed;
  }
  if (sink_) {
    Result<bool> stored = sink_->HasCaughtUp();
    if (!stored || !*stored) return stored;
  }
  return true;
}

Status Daemons::Stop() { return crew_.Stop(); }

}  // namespace latecomer
