#include "stream/topics.h"

namespace latecomer {

Status EnsureTopics(Stream& stream, std::int32_t partitions) {
  constexpr std::int64_t kDayMs = 86'400'000;
  TopicSettings posts{kPostsTopic, partitions, Cleanup::kDelete};
  TopicSettings timelines{kTimelinesTopic, partitions, Cleanup::kCompact};
  TopicSettings cursors{kCursorsTopic, partitions, Cleanup::kCompact};
  TopicSettings rejects{kRejectsTopic, 1, Cleanup::kDelete};
  rejects.retention_ms = 30 * kDayMs;
  for (const TopicSettings& topic : {posts, timelines, cursors, rejects}) {
    if (Status status = stream.EnsureTopic(topic); !status) return status;
  }
  return {};
}

}  // namespace latecomer
