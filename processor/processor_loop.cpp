#include "processor/processor_loop.h"

#include <algorithm>
#include <thread>

#include "base/json_out.h"
#include "base/log.h"
#include "model/timeline_record_json.h"
#include "model/utf8.h"
#include "processor/timelines_writer.h"
#include "processor/trim.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollWait{100};
constexpr milliseconds kBackoffMin{50};
constexpr milliseconds kBackoffMax{5'000};
constexpr std::chrono::hours kTrimEvery{1};
constexpr std::size_t kRestoreChunk = 5'000;
constexpr std::size_t kSampleBytes = 200;

// Waits, but not past a stop.
void Wait(milliseconds time, const std::stop_token& stop) {
  const auto end = steady_clock::now() + time;
  while (!stop.stop_requested() && steady_clock::now() < end) {
    std::this_thread::sleep_for(std::min(milliseconds(50), time));
  }
}

}  // namespace

struct ProcessorLoop::Partition {
  explicit Partition(TopicPartition of, Builder::SettingsOf settings_of)
      : posts(std::move(of)), builder(posts.partition, std::move(settings_of)) {}

  TopicPartition posts;
  Builder builder;
  std::int64_t committed = 0;  // next offset after the last committed batch
  std::int64_t next = 0;       // next offset after the open batch
  bool touched = false;        // has something in the open batch
};

ProcessorLoop::ProcessorLoop(Stream& stream, ProcessorLoopSettings settings,
                             Builder::SettingsOf settings_of)
    : stream_(stream), settings_(std::move(settings)), settings_of_(std::move(settings_of)) {}
ProcessorLoop::~ProcessorLoop() = default;

Status ProcessorLoop::Run(std::stop_token stop) {
  milliseconds backoff = kBackoffMin;
  while (!stop.stop_requested()) {
    const std::uint64_t batches = counters_.batches;
    const Status status = RunOnce(stop);
    partitions_.clear();
    counters_.partitions = 0;
    pending_.clear();
    reader_.reset();
    writer_.reset();
    if (status) return {};
    const ErrorCode code = status.error().code;
    if (code != ErrorCode::kRetryLater && code != ErrorCode::kConflict) return status;
    if (counters_.batches != batches) backoff = kBackoffMin;
    spdlog::warn("processor: {} (trying again in {} ms)", status.error().message, backoff.count());
    Wait(backoff, stop);
    backoff = std::min(backoff * 2, kBackoffMax);
  }
  return {};
}

Status ProcessorLoop::RunOnce(std::stop_token stop) {
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
  batch_records_ = 0;
  rejects_.clear();
  outcomes_.clear();
  trimmed_at_ = steady_clock::now() - kTrimEvery;
  while (!stop.stop_requested()) {
    if (Status status = Turn(stop); !status) return status;
  }
  return CommitBatch();  // what is open is whole: no need to do it again after the start
}

Status ProcessorLoop::Turn(std::stop_token stop) {
  if (!pending_.empty()) {
    Polled polled = std::move(pending_.front());
    pending_.pop_front();
    return Handle(std::move(polled), stop);
  }
  milliseconds wait = kPollWait;
  if (batch_records_ > 0) {
    const auto left = settings_.commit_interval -
                      std::chrono::duration_cast<milliseconds>(steady_clock::now() - batch_since_);
    if (left <= milliseconds(0) || batch_records_ >= settings_.batch_records_max) {
      return CommitBatch();
    }
    wait = std::min(wait, left);
  } else if (!partitions_.empty() && steady_clock::now() - trimmed_at_ >= kTrimEvery) {
    trimmed_at_ = steady_clock::now();
    if (Status status = TrimOld(); !status) return status;
  }
  Result<Polled> polled = reader_->Poll(settings_.batch_records_max - batch_records_, wait);
  if (!polled) return polled.error();
  return Handle(std::move(*polled), stop);
}

Status ProcessorLoop::Handle(Polled polled, std::stop_token stop) {
  if (auto* records = std::get_if<Records>(&polled)) return Take(std::move(*records));
  if (auto* assigned = std::get_if<Assigned>(&polled)) return Assign(assigned->partitions, stop);
  if (auto* revoking = std::get_if<Revoking>(&polled)) {
    if (Status status = CommitBatch(); !status) return status;
    Drop(revoking->partitions);
    return reader_->ReleaseRevoked();
  }
  // Lost: somebody else owns them already, so what is open must not be committed.
  const auto& lost = std::get<Lost>(polled);
  Drop(lost.partitions);
  return UnwindBatch();
}

void ProcessorLoop::Drop(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& partition : partitions) partitions_.erase(partition.partition);
  counters_.partitions = partitions_.size();
}

Status ProcessorLoop::Take(Records records) {
  for (Record& record : records.records) {
    const auto found = partitions_.find(record.partition);
    if (found == partitions_.end()) continue;  // no longer ours
    Partition& partition = *found->second;
    if (record.offset < partition.next) continue;
    if (batch_records_++ == 0) batch_since_ = steady_clock::now();
    partition.touched = true;
    partition.next = record.offset + 1;
    const std::uint64_t bytes = record.value ? record.value->size() : 0;
    const std::int64_t offset = record.offset;
    const std::int32_t record_partition = record.partition;
    std::string sample = record.value ? Sample(*record.value, kSampleBytes) : std::string();
    Result<VersionInput> input = decoder_->Decode(std::move(record));
    if (!input) {
      rejects_.push_back(
          {partition.posts.partition, offset, bytes, input.error().message, std::move(sample)});
      continue;
    }
    inputs_[record_partition].push_back(*input);
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

Status ProcessorLoop::Assign(const std::vector<TopicPartition>& partitions, std::stop_token stop) {
  // An open batch would stay open for as long as restoring takes.
  if (Status status = CommitBatch(); !status) return status;
  for (const TopicPartition& partition : partitions) reader_->Pause(partition);
  for (const TopicPartition& partition : partitions) {
    auto fresh = std::make_unique<Partition>(partition, settings_of_);
    if (Status status = RestorePartition(*fresh, stop); !status) return status;
    if (stop.stop_requested()) return {};
    Partition& owned = *fresh;
    partitions_[partition.partition] = std::move(fresh);
    for (const std::string& hashtag : settings_.hashtags) {
      if (PartitionOf(hashtag, partition_count_) == partition.partition) {
        owned.builder.Touch(hashtag);
      }
    }
    if (Status status = WriteBatch({&owned}); !status) return status;
    owned.builder.Commit();
    counters_.partitions = partitions_.size();
    reader_->Resume(partition);
  }
  return {};
}

// The order matters (KAFKA-10167): committed offset, then the end of the output, then reading the
// output until the *position* has reached that end.
Status ProcessorLoop::RestorePartition(Partition& partition, std::stop_token stop) {
  Result<std::optional<std::int64_t>> committed = reader_->Committed(partition.posts);
  if (!committed) return committed.error();
  const TopicPartition timelines{kTimelinesTopic, partition.posts.partition};
  Result<std::int64_t> end = stream_.EndOffset(timelines);
  if (!end) return end.error();
  ReaderSettings reading;
  reading.partitions = {timelines};
  Result<std::unique_ptr<Reader>> output = stream_.NewReader(reading);
  if (!output) return output.error();
  while (!stop.stop_requested()) {
    Result<std::int64_t> position = (*output)->Position(timelines);
    if (!position) return position.error();
    if (*position >= *end) break;
    Result<Polled> polled = (*output)->Poll(kRestoreChunk, kPollWait);
    if (!polled) return polled.error();
    const auto* records = std::get_if<Records>(&*polled);
    if (records == nullptr) continue;
    for (const Record& record : records->records) {
      Result<TimelineRecord> read =
          ReadTimelineRecord(record.key, record.value, ReadContentToo::kNo);
      if (!read) return read.error();
      if (Status status = partition.builder.Restore(*read); !status) return status;
      ++counters_.records_restored;
    }
    if (Status status = Heartbeat(); !status) return status;
  }
  if (stop.stop_requested()) return {};  // half of the records may contradict each other
  if (Status status = partition.builder.FinishRestore(); !status) return status;
  Result<std::int64_t> start = stream_.StartOffset(partition.posts);
  if (!start) return start.error();
  partition.committed = partition.next = std::max(committed->value_or(*start), *start);
  return reader_->Seek(partition.posts, partition.next);
}

// Everything assigned is paused or kept for later: polling only shows the group that we live.
Status ProcessorLoop::Heartbeat() {
  for (const auto& [number, partition] : partitions_) reader_->Pause(partition->posts);
  Result<Polled> polled = reader_->Poll(1, milliseconds(0));
  for (const auto& [number, partition] : partitions_) reader_->Resume(partition->posts);
  if (!polled) return polled.error();
  if (!std::holds_alternative<Records>(*polled)) pending_.push_back(std::move(*polled));
  return {};
}

Status ProcessorLoop::CommitBatch() {
  std::vector<Partition*> touched;
  for (const auto& [number, partition] : partitions_) {
    if (partition->touched) touched.push_back(partition.get());
  }
  if (!touched.empty()) {
    if (Status status = WriteBatch(touched); !status) {
      ++counters_.batches_unwound;
      if (status.error().code != ErrorCode::kRetryLater) return status;
      spdlog::warn("processor: {} (the batch is done again)", status.error().message);
      static_cast<void>(writer_->Abort());  // still open unless it was Commit that failed
      return UnwindBatch();
    }
    std::uint64_t bytes = 0;
    for (Partition* partition : touched) {
      partition->builder.Commit();
      partition->committed = partition->next;
      partition->touched = false;
      bytes += partition->builder.bytes();
    }
    counters_.state_bytes = bytes;
    for (const Outcome outcome : outcomes_) Count(outcome);
    counters_.rejects += rejects_.size();
    ++counters_.batches;
  }
  outcomes_.clear();
  rejects_.clear();
  batch_records_ = 0;
  decoder_->Clear();
  return {};
}

Status ProcessorLoop::WriteBatch(const std::vector<Partition*>& touched) {
  if (Status status = writer_->Begin(); !status) return status;
  std::uint64_t records = 0;
  for (Partition* partition : touched) {
    TimelinesWriter timelines(stream_, *writer_, partition->posts.partition);
    partition->builder.Flush(timelines);
    if (Status status = timelines.Finish(); !status) return status;
    records += timelines.records();
  }
  for (const Reject& reject : rejects_) {
    std::string value;
    JsonObject object(value);
    object.Int("v", 1).String("source", "processor").String("reason", reject.reason);
    object.String("where", "posts " + std::to_string(reject.partition) + " offset " +
                               std::to_string(reject.offset));
    object.Uint("bytes", reject.bytes).String("sample", reject.sample).Close();
    if (Status s = writer_->Append(kRejectsTopic, 0, "processor", value); !s) return s;
  }
  const GroupMetadata group = reader_->Group();
  for (Partition* partition : touched) {
    if (partition->next == partition->committed) continue;
    if (Status s = writer_->SendOffsets(group, partition->posts, partition->next); !s) return s;
  }
  if (Status status = writer_->Commit(); !status) return status;
  counters_.records_written += records;
  return {};
}

// Takes the open batch back and reads it again from where the last commit left off.
Status ProcessorLoop::UnwindBatch() {
  outcomes_.clear();
  rejects_.clear();
  batch_records_ = 0;
  decoder_->Clear();
  for (const auto& [number, partition] : partitions_) {
    if (!partition->touched) continue;
    partition->builder.Unwind();
    partition->touched = false;
    partition->next = partition->committed;
    if (Status s = reader_->Seek(partition->posts, partition->committed); !s) return s;
  }
  Wait(kBackoffMin, {});
  return {};
}

void ProcessorLoop::Count(Outcome outcome) {
  ++counters_.accepted;
  switch (outcome) {
    case Outcome::kNew:
      ++counters_.made;
      break;
    case Outcome::kChanged:
      ++counters_.changed;
      break;
    case Outcome::kUnchanged:
      ++counters_.unchanged;
      break;
    case Outcome::kForgotten:
      ++counters_.forgotten;
      break;
  }
}

Status ProcessorLoop::TrimOld() {
  for (const auto& [number, partition] : partitions_) {
    Status status =
        TrimBefore(stream_, partition->posts, partition->committed, Now() - settings_.grace_ms);
    if (!status) return status;
  }
  return {};
}

}  // namespace latecomer
