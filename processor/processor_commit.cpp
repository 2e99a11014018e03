// The end of a batch: one transaction with everything that it made, or taking it back.
#include "base/json_out.h"
#include "base/log.h"
#include "processor/processor_loop.h"
#include "processor/timelines_writer.h"
#include "stream/topics.h"

namespace latecomer {

Status ProcessorLoop::CommitBatch() {
  std::vector<OwnedPartition*> touched;
  for (const auto& [number, partition] : partitions_) {
    if (partition->touched) touched.push_back(partition.get());
  }
  if (touched.empty()) {
    ClearBatch();
    return {};
  }
  const auto begin = Clock::now();
  Status status = GatherBatch(touched);
  if (status) status = WriteBatch(touched);
  if (!status) {
    ++counters_.batches_unwound;
    UnwindBatch();
    return status;
  }
  for (OwnedPartition* partition : touched) {
    partition->builder.Commit();
    partition->committed = partition->next;
    partition->touched = false;
    partition->fresh = false;
  }
  for (const Outcome outcome : outcomes_) Count(outcome);
  counters_.rejects += rejects_.size();
  counters_.records_written += timelines_.size();
  if (batch_records_ > 0) {
    ++counters_.batches;
    counters_.commit_latency.Observe(Clock::now() - begin);
    NoteWorked();
  }
  ClearBatch();
  Publish();
  return {};
}

// Everything is in memory before the transaction is opened: readers wait for open ones.
Status ProcessorLoop::GatherBatch(const std::vector<OwnedPartition*>& touched) {
  timelines_.Clear();
  rejected_.Clear();
  for (OwnedPartition* partition : touched) {
    if (partition->fresh) {
      for (const std::string& hashtag : settings_.hashtags) {
        if (PartitionOf(hashtag, partition_count_) == partition->posts.partition) {
          partition->builder.Touch(hashtag);
        }
      }
    }
    TimelinesWriter writer(timelines_, partition->posts.partition);
    partition->builder.Flush(writer);
    if (Status status = writer.Finish(stream_); !status) return status;
  }
  for (const Reject& reject : rejects_) {
    rejected_.Add(0, [&reject](std::string& out) -> RecordBatch::Written {
      out += "processor";
      const std::size_t key_end = out.size();
      std::string value;
      JsonObject object(value);
      object.Int("v", 1).String("source", "processor").String("reason", reject.reason);
      object.String("where", "posts " + std::to_string(reject.partition) + " offset " +
                                 std::to_string(reject.offset));
      object.Uint("bytes", reject.bytes).String("sample", reject.sample).Close();
      out += value;
      return {key_end, true};
    });
  }
  return {};
}

Status ProcessorLoop::WriteBatch(const std::vector<OwnedPartition*>& touched) {
  bool moves = false;
  for (const OwnedPartition* partition : touched) {
    moves = moves || partition->next != partition->committed;
  }
  if (timelines_.empty() && rejected_.empty() && !moves) return {};
  if (Status status = writer_->Begin(); !status) return status;
  const auto write = [&]() -> Status {
    if (Status s = timelines_.AppendTo(*writer_, kTimelinesTopic); !s) return s;
    if (Status s = rejected_.AppendTo(*writer_, kRejectsTopic); !s) return s;
    const GroupMetadata group = reader_->Group();
    for (const OwnedPartition* partition : touched) {
      if (partition->next == partition->committed) continue;
      if (Status s = writer_->SendOffsets(group, partition->posts, partition->next); !s) return s;
    }
    return {};
  };
  const Status written = write();
  if (written) return writer_->Commit();
  if (written.error().code != ErrorCode::kRetryLater) return written;
  const Status aborted = writer_->Abort();
  return aborted ? written : aborted;
}

// Takes the open batch back; it is read again from where the last commit left off.
void ProcessorLoop::UnwindBatch() {
  for (const auto& [number, partition] : partitions_) {
    if (!partition->touched) continue;
    partition->builder.Unwind();
    partition->touched = partition->fresh;
    if (partition->next != partition->committed) partition->must_seek = true;
    partition->next = partition->committed;
  }
  ClearBatch();
  for (const auto& [number, partition] : partitions_) commit_now_ = commit_now_ || partition->fresh;
}

void ProcessorLoop::ClearBatch() {
  outcomes_.clear();
  rejects_.clear();
  for (auto& [number, inputs] : inputs_) inputs.clear();
  batch_records_ = 0;
  commit_now_ = false;
  if (decoder_) decoder_->Clear();
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

}  // namespace latecomer
