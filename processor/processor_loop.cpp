#include "processor/processor_loop.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "model/utf8.h"
#include "processor/trim.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollWait{100};
constexpr milliseconds kBackoffFirst{50};
constexpr milliseconds kBackoffMost{5'000};
constexpr milliseconds kWaitStep{25};
// After so long without a failure the next one is the first of its kind.
constexpr std::chrono::seconds kCalm{10};
constexpr std::chrono::hours kTrimEvery{1};
constexpr milliseconds kPassEvery{500};
constexpr std::size_t kSampleBytes = 200;

}  // namespace

ProcessorLoop::ProcessorLoop(Stream& stream, ProcessorLoopSettings settings,
                             Builder::SettingsOf settings_of)
    : stream_(stream),
      settings_(std::move(settings)),
      settings_of_(std::move(settings_of)),
      counters_(settings_.instance),
      backoff_(kBackoffFirst, kBackoffMost) {}
ProcessorLoop::~ProcessorLoop() = default;

Status ProcessorLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const Status status = RunOnce(stop);
    restoration_.reset();  // its reader before the stream's others
    waiting_.clear();
    partitions_.clear();
    ClearBatch();
    Publish();
    reader_.reset();
    writer_.reset();
    if (status) return {};
    const ErrorCode code = status.error().code;
    if (code != ErrorCode::kRetryLater && code != ErrorCode::kConflict) return status;
    if (code == ErrorCode::kConflict) {
      ++counters_.restarts;
      spdlog::warn("processor {}: {}; it restores its state and goes on", settings_.instance,
                   status.error().message);
    }
    WaitToRetry(status.error(), stop);
  }
  return {};
}

// The state is kept meanwhile, and so is the open batch.
void ProcessorLoop::WaitToRetry(const Error& error, const std::stop_token& stop) {
  failed_at_ = Clock::now();
  counters_.outage.Failed(error.message);
  const auto end = failed_at_ + backoff_.Next(error.retry_after);
  while (!stop.stop_requested() && Clock::now() < end) {
    counters_.heartbeat.Beat();
    std::this_thread::sleep_for(kWaitStep);
  }
}

void ProcessorLoop::NoteWorked() {
  counters_.outage.Worked();
  backoff_.Reset();
}

Status ProcessorLoop::Open() {
  Result<std::int32_t> count = stream_.PartitionCount(kPostsTopic);
  if (!count) return count.error();
  partition_count_ = *count;
  decoder_ = std::make_unique<PostDecoder>(partition_count_);
  Result<std::unique_ptr<Writer>> writer = stream_.NewWriter("latecomer-" + settings_.instance);
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  ReaderSettings reading;
  reading.group = kProcessorGroup;
  reading.instance = settings_.instance;
  reading.topics = {kPostsTopic};
  Result<std::unique_ptr<Reader>> reader = stream_.NewReader(reading);
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  trimmed_at_ = Clock::now() - kTrimEvery;
  to_trim_.clear();
  return {};
}

Status ProcessorLoop::RunOnce(std::stop_token stop) {
  if (Status status = Open(); !status) return status;
  while (!stop.stop_requested()) {
    counters_.heartbeat.Beat();
    const Status status = Turn();
    if (!status) {
      if (status.error().code != ErrorCode::kRetryLater) return status;
      WaitToRetry(status.error(), stop);
    } else if (counters_.outage.IsAway() && Clock::now() - failed_at_ > kCalm) {
      NoteWorked();  // nothing came that could have been committed
    }
  }
  const Status last = CommitBatch();  // what is open is whole: no need to do it again
  if (!last && last.error().code == ErrorCode::kRetryLater) {
    spdlog::info("processor {}: stopped; its last batch is done again at the next start: {}",
                 settings_.instance, last.error().message);
    return {};
  }
  return last;
}

Status ProcessorLoop::Turn() {
  if (reload_wanted_) {
    if (Status status = ApplyReload(); !status) return status;
  }
  if (Status status = Restore(); !status) return status;
  if (Status status = SeekAll(); !status) return status;
  return Work();
}

Status ProcessorLoop::Work() {
  milliseconds wait = restoration_ ? milliseconds(0) : kPollWait;
  if (commit_now_) return CommitBatch();
  if (batch_records_ > 0) {
    const auto left = settings_.commit_interval -
                      std::chrono::duration_cast<milliseconds>(Clock::now() - batch_since_);
    if (left <= milliseconds(0) || batch_records_ >= settings_.batch_records_max) {
      return CommitBatch();
    }
    wait = std::min(wait, left);
  } else if (!restoration_) {
    if (Status status = PassMarkers(); !status) return status;
    if (Status status = TrimOne(); !status) return status;
  }
  Result<Polled> polled = reader_->Poll(settings_.batch_records_max - batch_records_, wait);
  if (!polled) return polled.error();
  return Handle(std::move(*polled));
}

Status ProcessorLoop::Handle(Polled polled) {
  if (auto* records = std::get_if<Records>(&polled)) return Take(std::move(*records));
  if (auto* assigned = std::get_if<Assigned>(&polled)) {
    counters_.assigned += assigned->partitions.size();
    Assign(assigned->partitions);
    return {};
  }
  if (auto* revoking = std::get_if<Revoking>(&polled)) {
    counters_.revoked += revoking->partitions.size();
    // If the log is away the batch is unwound, and whoever gets the partitions does it again.
    Status committed = CommitBatch();
    if (!committed && committed.error().code != ErrorCode::kRetryLater) return committed;
    Drop(revoking->partitions);
    const Status released = reader_->ReleaseRevoked();
    if (released) return {};
    // Without its answer the group waits for us: only a new membership is sure to end that.
    return released.error().code == ErrorCode::kRetryLater ? Conflict(released.error().message)
                                                           : released;
  }
  // Lost: somebody else owns them already, so what is open must not be committed.
  const auto& lost = std::get<Lost>(polled).partitions;
  counters_.lost += lost.size();
  Drop(lost);
  UnwindBatch();
  return {};
}

void ProcessorLoop::Assign(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) {
    reader_->Pause(partition);
    waiting_.push_back(partition);
  }
  Publish();
}

void ProcessorLoop::Drop(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) {
    partitions_.erase(partition.partition);
    std::erase(waiting_, partition);
    if (restoration_) restoration_->Drop(partition);
  }
  Publish();
}

// One step of making ready what was assigned.
Status ProcessorLoop::Restore() {
  if (!restoration_) {
    if (waiting_.empty()) return {};
    // An open batch would stay open for as long as asking takes.
    if (Status status = CommitBatch(); !status) return status;
    Result<std::unique_ptr<Restoration>> started =
        Restoration::Start(stream_, *reader_, waiting_, settings_of_);
    if (!started) return started.error();
    restoration_ = std::move(*started);
    waiting_.clear();
  }
  auto whole = restoration_->Step(partitions_.empty() ? kPollWait : milliseconds(0));
  counters_.records_restored = restored_before_ + restoration_->restored();
  if (!whole) return whole.error();
  for (std::unique_ptr<OwnedPartition>& partition : *whole) {
    partition->touched = true;
    commit_now_ = true;
    partitions_[partition->posts.partition] = std::move(partition);
  }
  if (restoration_->done()) {
    restored_before_ += restoration_->restored();
    restoration_.reset();
  }
  Publish();
  return {};
}

// Where the reader does not stand at the partition's place, it is put there.
Status ProcessorLoop::SeekAll() {
  for (const auto& [number, partition] : partitions_) {
    if (!partition->must_seek) continue;
    if (Status status = reader_->Seek(partition->posts, partition->next); !status) return status;
    partition->must_seek = false;
    reader_->Resume(partition->posts);
  }
  return {};
}

// Offsets that are no records (transaction markers, mostly) lie behind the last record too: they
// are passed while there is nothing else to do, so that who has read everything shows no lag.
Status ProcessorLoop::PassMarkers() {
  if (Clock::now() < passed_at_ + kPassEvery) return {};
  passed_at_ = Clock::now();
  for (const auto& [number, partition] : partitions_) {
    if (partition->must_seek) continue;
    const Result<std::int64_t> position = reader_->Position(partition->posts);
    if (!position) return position.error();
    if (*position <= partition->next) continue;
    partition->next = *position;
    partition->touched = true;
    commit_now_ = true;
  }
  return {};
}

void ProcessorLoop::Reload(std::vector<std::string> hashtags, Builder::SettingsOf settings_of) {
  const std::lock_guard lock(mutex_);
  reloaded_ = Reloaded{std::move(hashtags), std::move(settings_of)};
  reload_wanted_ = true;
}

Status ProcessorLoop::ApplyReload() {
  if (Status status = CommitBatch(); !status) return status;
  {
    const std::lock_guard lock(mutex_);
    settings_.hashtags = std::move(reloaded_->hashtags);
    settings_of_ = std::move(reloaded_->settings_of);
    reloaded_.reset();
    reload_wanted_ = false;
  }
  std::vector<TopicPartition> again = waiting_;
  for (const auto& [number, partition] : partitions_) again.push_back(partition->posts);
  if (restoration_) {
    for (const TopicPartition& posts : restoration_->pending()) again.push_back(posts);
  }
  restoration_.reset();
  waiting_.clear();
  partitions_.clear();
  Assign(again);
  return {};
}

Status ProcessorLoop::Take(Records records) {
  for (Record& record : records.records) {
    const auto found = partitions_.find(record.partition);
    if (found == partitions_.end()) continue;  // no longer ours
    OwnedPartition& partition = *found->second;
    if (partition.must_seek || record.offset < partition.next) continue;
    if (batch_records_++ == 0) batch_since_ = Clock::now();
    partition.touched = true;
    partition.next = record.offset + 1;
    partition.last_at = record.timestamp;
    Result<VersionInput> input = decoder_->Decode(std::move(record));
    if (input) {
      inputs_[record.partition].push_back(*input);
    } else {  // and then the record was not moved from
      const std::string& value = record.value ? *record.value : std::string();
      rejects_.push_back({record.partition, record.offset, value.size(), input.error().message,
                          Sample(value, kSampleBytes)});
    }
  }
  for (auto& [number, inputs] : inputs_) {
    if (inputs.empty()) continue;  // its partition may be ours no more
    outcomes_now_.clear();
    partitions_[number]->builder.ApplyAll(inputs, outcomes_now_);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (std::holds_alternative<Post>(*inputs[i].value)) outcomes_.push_back(outcomes_now_[i]);
    }
    inputs.clear();
  }
  return batch_records_ >= settings_.batch_records_max ? CommitBatch() : Status();
}

// Once an hour each partition's turn, one at a time between batches. A log that is away then is no
// reason to stop.
Status ProcessorLoop::TrimOne() {
  if (to_trim_.empty()) {
    if (Clock::now() - trimmed_at_ < kTrimEvery || partitions_.empty()) return {};
    trimmed_at_ = Clock::now();
    for (const auto& [number, partition] : partitions_) to_trim_.push_back(number);
  }
  const auto found = partitions_.find(to_trim_.front());
  to_trim_.pop_front();
  if (found == partitions_.end()) return {};
  const OwnedPartition& partition = *found->second;
  Status status =
      TrimBefore(stream_, partition.posts, partition.committed, Now() - settings_.grace_ms);
  if (status || status.error().code != ErrorCode::kRetryLater) return status;
  spdlog::debug("processor {}: trimming is tried again in an hour: {}", settings_.instance,
                status.error().message);
  return {};
}

void ProcessorLoop::Publish() {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  std::erase_if(progress_, [this](const auto& one) { return !partitions_.contains(one.first); });
  for (const auto& [number, partition] : partitions_) {
    PartitionProgress& progress = progress_[number];
    progress.committed = partition->committed;
    if (partition->last_at != 0) progress.last_record_at = partition->last_at;
    progress.state_bytes = partition->builder.bytes();
    bytes += progress.state_bytes;
  }
  counters_.state_bytes = bytes;
  counters_.partitions = partitions_.size();
  counters_.restoring = waiting_.size() + (restoration_ ? restoration_->partitions() : 0);
  counters_.restore_done = restoration_ ? restoration_->offsets_done() : 0;
  counters_.restore_total = restoration_ ? restoration_->offsets_total() : 0;
}

std::map<std::int32_t, PartitionProgress> ProcessorLoop::Progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

}  // namespace latecomer
