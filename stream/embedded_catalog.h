// Topics and their partitions in stream.db. All functions throw DbException on a failure of SQLite.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/embedded_db.h"
#include "stream/stream.h"

namespace latecomer {

struct EmbeddedTopic {
  std::int64_t id = 0;
  std::string name;  // with prefix
  std::string uuid;
  std::int32_t partitions = 0;
  Cleanup cleanup = Cleanup::kDelete;
  std::int64_t retention_ms = -1;
  std::int64_t tombstone_retention_ms = 0;
  std::vector<std::int64_t> partition_nos;  // by partition
};

struct PartitionBounds {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

Status EnsureEmbeddedTopic(Db& db, EmbeddedShared& shared, const TopicSettings& settings);

// kNotFound if there is no such topic. `name` without prefix.
Result<EmbeddedTopic> FindTopic(Db& db, const EmbeddedShared& shared, std::string_view name);
std::vector<EmbeddedTopic> AllTopics(Db& db);

// The number of a partition; kNotFound if there is no such topic, kInvalid if it has fewer
// partitions.
Result<std::int64_t> PartitionNo(const EmbeddedTopic& topic, std::int32_t partition);
Result<std::int64_t> FindPartitionNo(Db& db, const EmbeddedShared& shared,
                                     const TopicPartition& partition);

PartitionBounds Bounds(Db& db, std::int64_t partition_no);
std::optional<std::int64_t> CommittedNext(Db& db, std::string_view group,
                                          std::int64_t partition_no);

}  // namespace latecomer
