#include "processor/restoration.h"

#include <algorithm>

#include "model/timeline_record_json.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::size_t kChunk = 5'000;

TopicPartition Timelines(std::int32_t partition) { return {kTimelinesTopic, partition}; }

}  // namespace

Result<std::unique_ptr<Restoration>> Restoration::Start(Stream& stream, Reader& group,
                                                        const std::vector<TopicPartition>& posts,
                                                        const Builder::SettingsOf& settings_of) {
  std::unique_ptr<Restoration> made(new Restoration(stream));
  ReaderSettings reading;
  for (const TopicPartition& one : posts) {
    Pending pending;
    pending.partition = std::make_unique<OwnedPartition>(one, settings_of);
    Result<std::optional<std::int64_t>> committed = group.Committed(one);
    if (!committed) return committed.error();
    Result<std::int64_t> start = stream.StartOffset(one);
    if (!start) return start.error();
    pending.partition->committed = std::max(committed->value_or(*start), *start);
    pending.partition->next = pending.partition->committed;
    Result<std::int64_t> end = stream.EndOffset(Timelines(one.partition));
    if (!end) return end.error();
    pending.end = *end;
    reading.partitions.push_back(Timelines(one.partition));
    made->pending_.emplace(one.partition, std::move(pending));
  }
  Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
  if (!reader) return reader.error();
  made->reader_ = std::move(*reader);
  return made;
}

Status Restoration::Apply(const Record& record) {
  const auto found = pending_.find(record.partition);
  if (found == pending_.end()) return {};
  Result<TimelineRecord> read = ReadTimelineRecord(record.key, record.value, ReadContentToo::kNo);
  if (!read) {
    return Corrupt("Offset " + std::to_string(record.offset) + " of partition " +
                   std::to_string(record.partition) + " of " + kTimelinesTopic +
                   " is no record of ours: " + read.error().message);
  }
  ++restored_;
  return found->second.partition->builder.Restore(*read);
}

Result<std::vector<std::unique_ptr<OwnedPartition>>> Restoration::Step(
    std::chrono::milliseconds wait) {
  bool empty = false;  // some have nothing to be restored from
  for (const auto& [number, pending] : pending_) empty = empty || pending.end == 0;
  Result<Polled> polled = reader_->Poll(kChunk, empty ? std::chrono::milliseconds(0) : wait);
  if (!polled) return polled.error();
  if (const auto* records = std::get_if<Records>(&*polled)) {
    for (const Record& record : records->records) {
      if (Status status = Apply(record); !status) return status.error();
    }
  }
  for (auto& [number, pending] : pending_) {
    Result<std::int64_t> position = reader_->Position(Timelines(number));
    if (!position) return position.error();
    pending.position = *position;
  }
  std::vector<std::unique_ptr<OwnedPartition>> whole;
  for (auto it = pending_.begin(); it != pending_.end();) {
    if (it->second.position < it->second.end) {
      ++it;
      continue;
    }
    if (Status status = it->second.partition->builder.FinishRestore(); !status) {
      return status.error();
    }
    reader_->Pause(Timelines(it->first));  // what comes later is the loop's own
    whole.push_back(std::move(it->second.partition));
    it = pending_.erase(it);
  }
  return whole;
}

void Restoration::Drop(const TopicPartition& posts) {
  if (pending_.erase(posts.partition) > 0) reader_->Pause(Timelines(posts.partition));
}

std::vector<TopicPartition> Restoration::pending() const {
  std::vector<TopicPartition> posts;
  for (const auto& [number, pending] : pending_) posts.push_back(pending.partition->posts);
  return posts;
}

std::uint64_t Restoration::offsets_done() const {
  std::uint64_t done = 0;
  for (const auto& [number, pending] : pending_) {
    done += static_cast<std::uint64_t>(std::min(pending.position, pending.end));
  }
  return done;
}

std::uint64_t Restoration::offsets_total() const {
  std::uint64_t total = 0;
  for (const auto& [number, pending] : pending_) total += static_cast<std::uint64_t>(pending.end);
  return total;
}

}  // namespace latecomer
