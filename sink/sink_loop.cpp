#include "sink/sink_loop.h"

#include <condition_variable>

#include "base/log.h"
#include "model/timeline_record_json.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollMax{100};  // so that a stop is seen soon
constexpr milliseconds kSettleEvery{1000};

TopicPartition Timelines(std::int32_t partition) { return {kTimelinesTopic, partition}; }

bool Deletes(const TimelineRecord& record) {
  if (const auto* entry = std::get_if<EntryRecord>(&record.body)) return entry->deleted;
  if (const auto* repost = std::get_if<RepostRecord>(&record.body)) return repost->deleted;
  return std::holds_alternative<ForgottenRecord>(record.body) ||
         std::holds_alternative<RemovedRecord>(record.body);
}

void SleepUntilStop(std::stop_token& stop, milliseconds wait) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, wait, [] { return false; });
}

}  // namespace

SinkLoop::SinkLoop(Stream& stream, TimelineWriteStore& store, SinkSettings settings)
    : stream_(stream),
      store_(store),
      settings_(std::move(settings)),
      counters_(settings_.instance),
      backoff_(settings_.backoff_first, settings_.backoff_most),
      settled_at_(Clock::now()),
      scrubbed_at_(Clock::now()) {}

SinkLoop::~SinkLoop() = default;

Status SinkLoop::Run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const Status done = Step(stop);
    if (done) continue;
    if (done.error().code != ErrorCode::kRetryLater) return done;
    WaitToRetry(done.error());
  }
  reader_.reset();
  return {};
}

// While it waits to try again it goes on polling, with all partitions paused: a member of the group
// that does not poll is thrown out of it.
Status SinkLoop::Step(std::stop_token& stop) {
  counters_.heartbeat.Beat();
  if (retry_at_) {
    const auto left = std::chrono::ceil<milliseconds>(*retry_at_ - Clock::now());
    if (left.count() > 0) {
      Status polled = reader_ ? PollOnce(std::min(left, kPollMax)) : Status();
      if (!reader_ || (!polled && polled.error().code == ErrorCode::kRetryLater)) {
        SleepUntilStop(stop, std::min(left, kPollMax));
        return {};
      }
      return polled;
    }
    retry_at_.reset();
    for (const auto& [number, partition] : partitions_) reader_->Resume(Timelines(number));
  }
  if (!reader_) {
    ReaderSettings reader;
    reader.group = kSinkGroup;
    reader.instance = settings_.instance;
    reader.topics = {kTimelinesTopic};
    Result<std::unique_ptr<Reader>> made = stream_.NewReader(reader);
    if (!made) return made.error();
    reader_ = std::move(*made);
  }
  return Work();
}

Status SinkLoop::Work() {
  if (Status placed = PlaceAll(); !placed) return placed;
  if (FlushIsDue()) {
    if (Status flushed = FlushAll(); !flushed) return flushed;
  }
  if (Status maintained = Maintain(); !maintained) return maintained;
  const milliseconds wait =
      pending_records_ == 0 ? kPollMax
                            : std::clamp(std::chrono::ceil<milliseconds>(
                                             pending_since_ + settings_.batch_wait - Clock::now()),
                                         milliseconds(0), kPollMax);
  Status polled = PollOnce(wait);
  if (polled) {
    backoff_.Reset();
    counters_.outage.Worked();
  }
  return polled;
}

Status SinkLoop::PollOnce(milliseconds wait) {
  const std::size_t room =
      settings_.batch_records_max - std::min(settings_.batch_records_max - 1, pending_records_);
  Result<Polled> polled = reader_->Poll(room, wait);
  if (!polled) return polled.error();
  if (auto* records = std::get_if<Records>(&*polled)) return Take(std::move(records->records));
  if (const auto* assigned = std::get_if<Assigned>(&*polled)) {
    counters_.assigned += assigned->partitions.size();
    Add(*assigned);
    return {};
  }
  if (const auto* revoking = std::get_if<Revoking>(&*polled)) {
    // What is pending is not in the store: whoever gets the partition reads it again.
    counters_.revoked += revoking->partitions.size();
    Drop(revoking->partitions);
    return reader_->ReleaseRevoked();
  }
  const auto& lost = std::get<Lost>(*polled).partitions;
  counters_.lost += lost.size();
  Drop(lost);
  return {};
}

void SinkLoop::Add(const Assigned& assigned) {
  for (const TopicPartition& one : assigned.partitions) {
    partitions_[one.partition] = {};
    reader_->Pause(one);  // until it stands where the store does
  }
}

void SinkLoop::Drop(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& one : partitions) partitions_.erase(one.partition);
  pending_records_ = 0;
  for (const auto& [number, partition] : partitions_) pending_records_ += partition.pending.size();
  if (pending_records_ == 0) pending_bytes_ = 0;
  Publish();
}

Status SinkLoop::Take(std::vector<Record> records) {
  for (Record& record : records) {
    const auto found = partitions_.find(record.partition);
    if (found == partitions_.end() || !found->second.placed) continue;
    Partition& partition = found->second;
    std::optional<std::string_view> value;
    if (record.value) value = *record.value;
    Result<TimelineRecord> read = ReadTimelineRecord(record.key, value, ReadContentToo::kYes);
    if (!read) {
      return Corrupt("Offset " + std::to_string(record.offset) + " of partition " +
                     std::to_string(record.partition) + " of " + kTimelinesTopic +
                     " is no record of ours: " + read.error().message);
    }
    if (pending_records_++ == 0) pending_since_ = Clock::now();
    pending_bytes_ += record.key.size() + (record.value ? record.value->size() : 0);
    partition.deletes |= Deletes(*read);
    partition.pending.push_back({record.offset, std::move(*read)});
    ++counters_.records;
  }
  return {};
}

bool SinkLoop::FlushIsDue() const {
  return pending_records_ >= settings_.batch_records_max ||
         pending_bytes_ >= settings_.batch_bytes_max ||
         (pending_records_ > 0 && Clock::now() >= pending_since_ + settings_.batch_wait);
}

Status SinkLoop::FlushAll() {
  for (auto& [number, partition] : partitions_) {
    if (partition.pending.empty()) continue;
    // The position lies past offsets that are no records (transaction markers, compacted ones).
    const Result<std::int64_t> position = reader_->Position(Timelines(number));
    if (!position) return position.error();
    if (Status flushed = Flush(number, partition, *position); !flushed) return flushed;
  }
  pending_bytes_ = 0;
  return {};
}

Status SinkLoop::Flush(std::int32_t number, Partition& partition, std::int64_t position) {
  SinkBatch batch;
  batch.topic_id = partition.topic_id;
  batch.partition = number;
  batch.from = partition.next;
  batch.next =
      partition.pending.empty() ? position : std::max(position, partition.pending.back().seq + 1);
  batch.at = settings_.now();
  batch.records = partition.pending;
  const Clock::time_point begin = Clock::now();
  const Status applied = store_.Apply(batch);
  if (!applied && applied.error().code != ErrorCode::kConflict) return applied;
  pending_records_ -= partition.pending.size();
  if (!applied) {
    ++counters_.conflicts;
    spdlog::warn("The sink reads the store's position anew: {}", applied.error().message);
    partition = {};
    reader_->Pause(Timelines(number));
    return {};
  }
  counters_.commit_latency.Observe(Clock::now() - begin);
  counters_.rows += partition.pending.size();
  ++counters_.batches;
  scrub_wanted_ |= partition.deletes;
  partition.pending.clear();
  partition.deletes = false;
  partition.next = batch.next;
  partition.moved_at = batch.at;
  Publish();
  return {};
}

// Once a second: positions that only passed over offsets without records, rebuilds that are
// through, idle positions so that they do not grow old, and scrubbing.
Status SinkLoop::Maintain() {
  const Clock::time_point now = Clock::now();
  if (now < settled_at_ + kSettleEvery) return {};
  settled_at_ = now;
  const std::int64_t refresh_ms = settings_.tombstone_retention_ms / 100;
  for (auto& [number, partition] : partitions_) {
    if (!partition.placed || !partition.pending.empty()) continue;
    const Result<std::int64_t> position = reader_->Position(Timelines(number));
    if (!position) return position.error();
    const bool is_old = settings_.now() - partition.moved_at > refresh_ms;
    if (*position > partition.next || (is_old && !partition.rebuild_until)) {
      if (Status flushed = Flush(number, partition, *position); !flushed) return flushed;
      if (!partition.placed) continue;
    }
    if (partition.rebuild_until && partition.next >= *partition.rebuild_until) {
      if (Status ended = store_.EndRebuild(number); !ended) return ended;
      partition.rebuild_until.reset();
      scrub_wanted_ = true;
      Publish();
    }
  }
  const bool is_due = now >= scrubbed_at_ + settings_.scrub_every ||
                      (scrub_wanted_ && now >= scrubbed_at_ + settings_.scrub_pause);
  if (!is_due) return {};
  scrubbed_at_ = now;
  const Status scrubbed = store_.Scrub(settings_.now());
  if (!scrubbed && scrubbed.error().code != ErrorCode::kRetryLater) return scrubbed;
  scrub_wanted_ = !scrubbed;  // a reader was in the way: again after the pause
  ++counters_.scrubs;
  return {};
}

void SinkLoop::Publish() {
  const std::lock_guard lock(mutex_);
  next_offsets_.clear();
  std::uint64_t rebuilding = 0;
  for (const auto& [number, partition] : partitions_) {
    if (partition.placed) next_offsets_[number] = partition.next;
    if (partition.rebuild_until) ++rebuilding;
  }
  counters_.partitions = next_offsets_.size();
  counters_.rebuilding = rebuilding;
}

std::map<std::int32_t, std::int64_t> SinkLoop::NextOffsets() const {
  const std::lock_guard lock(mutex_);
  return next_offsets_;
}

void SinkLoop::WaitToRetry(const Error& error) {
  const milliseconds wait = backoff_.Next(error.retry_after);
  counters_.outage.Failed(error.message);
  ++counters_.retries;
  retry_at_ = Clock::now() + wait;
  for (const auto& [number, partition] : partitions_) reader_->Pause(Timelines(number));
}

}  // namespace latecomer
