// Where a partition that has just been assigned goes on, or that it must be rebuilt.
#include "base/log.h"
#include "sink/sink_loop.h"
#include "stream/topics.h"

namespace latecomer {

Status SinkLoop::PlaceAll() {
  bool all_placed = true;
  for (const auto& [number, partition] : partitions_) all_placed &= partition.placed;
  if (all_placed) return {};
  const Result<std::vector<SinkPosition>> positions = store_.Positions();
  if (!positions) return positions.error();
  for (auto& [number, partition] : partitions_) {
    if (partition.placed) continue;
    if (Status placed = Place(number, partition, *positions); !placed) return placed;
  }
  Publish();
  return {};
}

Status SinkLoop::Place(std::int32_t number, Partition& partition,
                       const std::vector<SinkPosition>& positions) {
  const TopicPartition name{kTimelinesTopic, number};
  Result<std::string> topic_id = stream_.TopicId(kTimelinesTopic);
  if (!topic_id) return topic_id.error();
  const Result<std::int64_t> start = stream_.StartOffset(name);
  if (!start) return start.error();
  const Result<std::int64_t> end = stream_.EndOffset(name);
  if (!end) return end.error();
  partition = {};
  partition.topic_id = std::move(*topic_id);
  partition.moved_at = settings_.now();
  for (const SinkPosition& stored : positions) {
    if (stored.partition != number) continue;
    partition.next = stored.next;
    partition.moved_at = stored.moved_at;
    if (stored.rebuilding) partition.rebuild_until = *end;
    const std::string why = WhyRebuild(stored, partition.topic_id, *start, *end);
    if (why.empty()) continue;
    spdlog::warn("Partition {} of {} is rebuilt in the store: {}", number, kTimelinesTopic, why);
    if (Status begun = store_.BeginRebuild(partition.topic_id, number, 0); !begun) return begun;
    ++counters_.rebuilds;
    partition.next = 0;
    partition.rebuild_until = *end;
  }
  if (Status sought = reader_->Seek(name, std::max(partition.next, *start)); !sought) return sought;
  reader_->Resume(name);
  partition.placed = true;
  return {};
}

std::string SinkLoop::WhyRebuild(const SinkPosition& stored, const std::string& topic_id,
                                 std::int64_t start, std::int64_t end) const {
  const std::string at = "its position " + std::to_string(stored.next);
  if (stored.topic_id != topic_id) return "its rows come from another topic";
  if (stored.next > end) return at + " lies past the log's end " + std::to_string(end);
  // A rebuild that was begun and got nowhere reads the whole log anyway.
  if (stored.rebuilding && stored.next == 0) return {};
  if (stored.next < start) return at + " lies before the log's start " + std::to_string(start);
  const std::int64_t age_ms = settings_.now() - stored.moved_at;
  if (stored.next < end && age_ms > settings_.tombstone_retention_ms / 2) {
    return "it stood still for " + std::to_string(age_ms / 3'600'000) +
           " hours: deletions may have been compacted away";
  }
  return {};
}

}  // namespace latecomer
