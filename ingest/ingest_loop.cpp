#include "ingest/ingest_loop.h"

#include <algorithm>
#include <system_error>
#include <thread>

#include "base/backoff.h"
#include "base/log.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBusyPoll{10};  // while sources are being started or stopped
constexpr milliseconds kAgainFirst{100};
constexpr milliseconds kAgainMost{5'000};
constexpr milliseconds kLook{5};

// Waits, but not past a stop.
void Wait(milliseconds time, const std::stop_token& stop) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stop.stop_requested() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::min(milliseconds(50), time));
  }
}

bool MayPass(const Error& error) {
  return error.code == ErrorCode::kRetryLater || error.code == ErrorCode::kConflict;
}

}  // namespace

IngestLoop::IngestLoop(Stream& stream, std::vector<SourceSpec> specs, IngestLoopSettings settings)
    : stream_(stream),
      settings_(std::move(settings)),
      outage_(settings_.instance),
      reload_(std::move(specs)) {}

IngestLoop::~IngestLoop() = default;

void IngestLoop::Reload(std::vector<SourceSpec> specs) {
  const std::lock_guard<std::mutex> guard(mutex_);
  reload_ = std::move(specs);
  idle_ = false;
}

Status IngestLoop::Run(std::stop_token stop) {
  Backoff again(kAgainFirst, kAgainMost);
  while (!stop.stop_requested()) {
    const std::uint64_t assigned = counters_.assigned;
    const Status status = RunOnce(stop);
    owned_.clear();
    counters_.partitions = 0;
    restoring_.clear();
    StopRuns(RunsOf(nullptr));
    reader_.reset();
    if (status) return {};
    if (!MayPass(status.error())) return status;
    if (counters_.assigned != assigned) again.Reset();
    outage_.Failed(status.error().message);
    Wait(again.Next(status.error().retry_after), stop);
  }
  return {};
}

Status IngestLoop::RunOnce(const std::stop_token& stop) {
  Result<std::int32_t> count = stream_.PartitionCount(kCursorsTopic);
  if (!count) return count.error();
  partition_count_ = *count;
  ReaderSettings reading;
  reading.group = kIngestGroup;
  reading.instance = settings_.instance;
  reading.topics = {kCursorsTopic};
  Result<std::unique_ptr<Reader>> reader = stream_.NewReader(reading);
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  seat_.Publish(reader_->Group());
  Backoff again(kAgainFirst, kAgainMost);
  while (!stop.stop_requested()) {
    heartbeat_.Beat();
    const Status status = Turn();
    if (status) {
      outage_.Worked();
      again.Reset();
      continue;
    }
    // The sources go on meanwhile: what they cannot write they keep, and wait themselves.
    if (status.error().code != ErrorCode::kRetryLater) return status;
    outage_.Failed(status.error().message);
    Wait(again.Next(status.error().retry_after), stop);
  }
  return {};
}

Status IngestLoop::Turn() {
  TakeReload();
  if (Status s = Reconcile(); !s) return s;
  if (Status s = StartRestores(); !s) return s;
  if (Status s = StepRestores(); !s) return s;
  ShowIdle();
  const bool busy = std::any_of(runs_.begin(), runs_.end(), [](const auto& item) {
    const SourceRun& run = *item.second;
    return run.stop_requested() || run.view().state == SourceState::kStarting;
  });
  Result<Polled> polled = reader_->Poll(1, busy ? kBusyPoll : settings_.poll_wait);
  if (!polled) return polled.error();
  return Handle(*polled);
}

void IngestLoop::TakeReload() {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (!reload_) return;
  specs_.clear();
  for (SourceSpec& spec : *reload_) {
    const std::string name = spec.name;
    if (!specs_.emplace(name, std::move(spec)).second) {
      spdlog::error("source {}: this name stands twice; the second is left out", name);
    }
  }
  reload_.reset();
  restart_ended_ = true;
}

Status IngestLoop::Handle(const Polled& polled) {
  // What is lost is cut off before anybody can commit under a newer generation.
  if (const auto* lost = std::get_if<Lost>(&polled)) Lose(lost->partitions);
  seat_.Publish(reader_->Group());
  if (const auto* assigned = std::get_if<Assigned>(&polled)) Assign(assigned->partitions);
  if (const auto* revoking = std::get_if<Revoking>(&polled)) {
    Revoke(revoking->partitions);
    return reader_->ReleaseRevoked();
  }
  return {};
}

void IngestLoop::Assign(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) {
    reader_->Pause(partition);  // the cursors are read by a reader of their own
    owned_.insert(partition.partition);
  }
  counters_.assigned += partitions.size();
  counters_.partitions = owned_.size();
}

void IngestLoop::Revoke(const std::vector<TopicPartition>& partitions) {
  std::set<std::int32_t> numbers;
  for (const TopicPartition& partition : partitions) numbers.insert(partition.partition);
  for (const std::int32_t number : numbers) {
    owned_.erase(number);
    restoring_.erase(number);
  }
  counters_.revoked += numbers.size();
  counters_.partitions = owned_.size();
  StopRuns(RunsOf(&numbers));
}

void IngestLoop::Lose(const std::vector<TopicPartition>& partitions) {
  std::set<std::int32_t> numbers;
  for (const TopicPartition& partition : partitions) numbers.insert(partition.partition);
  for (SourceRun* run : RunsOf(&numbers)) {
    run->Cut();
    run->RequestStop();
  }
  for (const std::int32_t number : numbers) {
    owned_.erase(number);
    restoring_.erase(number);
  }
  counters_.lost += numbers.size();
  counters_.partitions = owned_.size();
}

// The runs of these partitions; null: of all.
std::vector<SourceRun*> IngestLoop::RunsOf(const std::set<std::int32_t>* partitions) const {
  std::vector<SourceRun*> runs;
  for (const auto& [name, run] : runs_) {
    const bool is_one = partitions == nullptr || partitions->contains(run->partition());
    if (is_one) runs.push_back(run.get());
  }
  return runs;
}

// Asks the runs to stop, and waits until they have, or are cut off and commit nothing any more.
void IngestLoop::StopRuns(const std::vector<SourceRun*>& runs) {
  for (SourceRun* run : runs) run->RequestStop();
  const Clock::time_point until = Clock::now() + settings_.stop_wait;
  const auto all_ended = [&] {
    return std::all_of(runs.begin(), runs.end(),
                       [](const SourceRun* run) { return run->HasEnded(); });
  };
  while (!all_ended() && Clock::now() < until) {
    heartbeat_.Beat();
    std::this_thread::sleep_for(kLook);
  }
  CutOverdue();
  const auto any_writing = [&] {
    return std::any_of(runs.begin(), runs.end(),
                       [](const SourceRun* run) { return !run->HasEnded() && run->IsWriting(); });
  };
  const Clock::time_point last = Clock::now() + settings_.stop_wait / 2;
  while (any_writing() && Clock::now() < last) std::this_thread::sleep_for(kLook);
  for (SourceRun* run : runs) {
    if (run->HasEnded()) Erase(run->spec().name);
  }
}

void IngestLoop::CutOverdue() {
  for (const auto& [name, run] : runs_) {
    if (!run->stop_requested() || run->HasEnded() || run->cut()) continue;
    if (Clock::now() - run->stop_requested_at() < settings_.stop_wait) continue;
    run->Cut();
    ++counters_.cut_off;
    spdlog::error("source {}: has not stopped within {} ms of being asked; it is cut off", name,
                  settings_.stop_wait.count());
  }
}

void IngestLoop::Erase(const std::string& name) {
  // A run that takes its place must not get cursors that were read before it opened its writer.
  for (auto& [partition, restoring] : restoring_) restoring.runs.erase(name);
  const std::lock_guard<std::mutex> guard(mutex_);
  runs_.erase(name);
}

bool IngestLoop::IsWanted(const SourceRun& run) const {
  if (run.stop_requested() || run.cut() || !owned_.contains(run.partition())) return false;
  if (restart_ended_ && run.HasEnded()) return false;
  const auto spec = specs_.find(run.spec().name);
  return spec != specs_.end() && spec->second == run.spec();
}

// What runs becomes what should run. A source is started only when its former run has ended: never
// twice at once here, even where it ignores being stopped.
Status IngestLoop::Reconcile() {
  std::vector<std::string> gone;
  for (const auto& [name, run] : runs_) {
    if (const std::optional<Error> failure = run->stream_failure()) return *failure;
    if (IsWanted(*run)) continue;
    run->RequestStop();
    if (run->HasEnded()) gone.push_back(name);
  }
  for (const std::string& name : gone) Erase(name);
  restart_ended_ = false;
  CutOverdue();
  return StartMissing();
}

Status IngestLoop::StartMissing() {
  for (const auto& [name, spec] : specs_) {
    const std::int32_t partition = PartitionOf(name, partition_count_);
    if (!owned_.contains(partition) || runs_.contains(name)) continue;
    const std::lock_guard<std::mutex> guard(mutex_);
    std::unique_ptr<SourceCounters>& counters = source_counters_[name];
    if (!counters) counters = std::make_unique<SourceCounters>();
    try {
      runs_[name] = std::make_unique<SourceRun>(
          stream_, spec, TopicPartition{kCursorsTopic, partition}, seat_, *counters, settings_.run);
    } catch (const std::system_error& error) {
      return RetryLater("source " + name + " cannot have a thread: " + error.what());
    }
  }
  return {};
}

Status IngestLoop::StartRestores() {
  std::map<std::int32_t, std::vector<SourceRun*>> waiting;
  std::set<std::int32_t> opening;
  for (const auto& [name, run] : runs_) {
    if (run->HasEnded() || run->stop_requested() || restoring_.contains(run->partition())) continue;
    if (run->WantsCursors()) {
      waiting[run->partition()].push_back(run.get());
    } else if (run->view().state == SourceState::kStarting) {
      opening.insert(run->partition());
    }
  }
  std::erase_if(waiting_since_, [&](const auto& item) { return !waiting.contains(item.first); });
  for (const auto& [partition, runs] : waiting) {
    const auto [since, is_new] = waiting_since_.emplace(partition, Clock::now());
    if (opening.contains(partition) && Clock::now() - since->second < settings_.restore_wait) {
      continue;
    }
    if (Status begun = BeginRestore(partition, runs); !begun) return begun;
    waiting_since_.erase(partition);
  }
  return {};
}

Status IngestLoop::BeginRestore(std::int32_t partition, const std::vector<SourceRun*>& waiting) {
  std::vector<std::string> names;
  for (const SourceRun* run : waiting) names.push_back(run->spec().name);
  Result<CursorRestore> restore =
      CursorRestore::Begin(stream_, TopicPartition{kCursorsTopic, partition}, names);
  if (!restore) return restore.error();
  restoring_.emplace(partition, Restoring{std::move(*restore), {names.begin(), names.end()}});
  return {};
}

Status IngestLoop::StepRestores() {
  for (auto it = restoring_.begin(); it != restoring_.end();) {
    Restoring& restoring = it->second;
    const std::uint64_t before = restoring.restore.records();
    Result<bool> done = restoring.restore.Step(kBusyPoll);
    if (!done) {
      restoring_.erase(it);  // it begins anew
      return done.error();
    }
    counters_.cursors_restored += restoring.restore.records() - before;
    if (!*done) {
      ++it;
      continue;
    }
    for (const std::string& name : restoring.runs) {
      const auto run = runs_.find(name);
      if (run == runs_.end() || !run->second->WantsCursors()) continue;
      run->second->GiveCursors(restoring.restore.Take(name), restoring.restore.end());
    }
    it = restoring_.erase(it);
  }
  return {};
}

void IngestLoop::ShowIdle() {
  const bool all_owned = static_cast<std::int32_t>(owned_.size()) == partition_count_;
  bool idle = all_owned && runs_.size() == specs_.size();
  for (const auto& [name, run] : runs_) {
    const std::optional<bool> finite = run->is_finite();
    const bool started = finite && run->view().state != SourceState::kStarting;
    idle = idle && !run->stop_requested() && (run->HasEnded() || (started && !*finite));
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  idle_ = idle && !reload_;
}

std::vector<SourceStatus> IngestLoop::Sources() const {
  std::vector<SourceStatus> sources;
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const auto& [name, run] : runs_) {
    const SourceRun::View view = run->view();
    sources.push_back({name, run->spec().kind, run->partition(), view.state, view.message,
                       run->stop_requested(), source_counters_.at(name).get()});
  }
  return sources;
}

}  // namespace latecomer
