#include "stream/embedded_catalog.h"

#include <algorithm>

#include "stream/embedded_schema.h"

namespace latecomer {
namespace {

constexpr std::int32_t kPartitionsMax = 1'024;
constexpr std::size_t kTopicNameBytesMax = 249;  // Kafka's bound

constexpr std::string_view kTopicColumns =
    "SELECT id, name, uuid, partitions, cleanup, retention_ms, tombstone_retention_ms FROM topics ";

bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= kTopicNameBytesMax && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

EmbeddedTopic ReadTopic(const Query& row) {
  EmbeddedTopic topic;
  topic.id = row.Int(0);
  topic.name = row.Text(1);
  topic.uuid = row.Text(2);
  topic.partitions = static_cast<std::int32_t>(row.Int(3));
  topic.cleanup = row.Int(4) == 1 ? Cleanup::kCompact : Cleanup::kDelete;
  topic.retention_ms = row.Int(5);
  topic.tombstone_retention_ms = row.Int(6);
  return topic;
}

void ReadPartitionNos(Db& db, EmbeddedTopic& topic) {
  Query rows = db.Sql("SELECT no FROM partitions WHERE topic_id=? ORDER BY partition");
  rows.Bind(topic.id);
  while (rows.Step()) topic.partition_nos.push_back(rows.Int(0));
  if (topic.partition_nos.size() != static_cast<std::size_t>(topic.partitions)) {
    throw DbException(Corrupt(db.path() + " is damaged: topic " + topic.name + " has " +
                              std::to_string(topic.partition_nos.size()) + " of its " +
                              std::to_string(topic.partitions) + " partitions."));
  }
}

std::optional<EmbeddedTopic> FindByFullName(Db& db, const std::string& name) {
  std::optional<EmbeddedTopic> topic;
  {
    Query row = db.Sql(std::string(kTopicColumns) + "WHERE name=?");
    row.Bind(std::string_view(name));
    if (row.Step()) topic = ReadTopic(row);
  }
  if (topic) ReadPartitionNos(db, *topic);
  return topic;
}

void CreateTopic(Db& db, const std::string& name, const TopicSettings& settings) {
  db.Sql(
        "INSERT INTO topics(name, uuid, partitions, cleanup, retention_ms, "
        "tombstone_retention_ms) VALUES(?, lower(hex(randomblob(16))), ?, ?, ?, ?)")
      .Bind(std::string_view(name), std::int64_t{settings.partitions},
            std::int64_t{settings.cleanup == Cleanup::kCompact}, settings.retention_ms,
            settings.tombstone_retention_ms)
      .Run();
  const std::int64_t topic_id = db.Value("SELECT last_insert_rowid()");
  for (std::int64_t partition = 0; partition < settings.partitions; ++partition) {
    db.Sql("INSERT INTO partitions(topic_id, partition) VALUES(?, ?)")
        .Bind(topic_id, partition)
        .Run();
    CreateRecordsTable(db, db.Value("SELECT last_insert_rowid()"));
  }
}

Status CheckSame(const EmbeddedTopic& there, const TopicSettings& wanted) {
  const auto differs = [&](std::string_view what, const std::string& is,
                           const std::string& should) -> Status {
    return Fatal("Topic " + there.name + " has " + std::string(what) + " " + is +
                 ", but the settings ask for " + should +
                 ": set the former value, or make the topic anew under another prefix.");
  };
  const auto cleanup_name = [](Cleanup c) -> std::string {
    return c == Cleanup::kCompact ? "compact" : "delete";
  };
  if (there.partitions != wanted.partitions) {
    return differs("partitions", std::to_string(there.partitions),
                   std::to_string(wanted.partitions));
  }
  if (there.cleanup != wanted.cleanup) {
    return differs("cleanup", cleanup_name(there.cleanup), cleanup_name(wanted.cleanup));
  }
  if (wanted.cleanup == Cleanup::kDelete && there.retention_ms != wanted.retention_ms) {
    return differs("retention_ms", std::to_string(there.retention_ms),
                   std::to_string(wanted.retention_ms));
  }
  if (wanted.cleanup == Cleanup::kCompact &&
      there.tombstone_retention_ms != wanted.tombstone_retention_ms) {
    return differs("tombstone_retention_ms", std::to_string(there.tombstone_retention_ms),
                   std::to_string(wanted.tombstone_retention_ms));
  }
  return {};
}

}  // namespace

Status EnsureEmbeddedTopic(Db& db, EmbeddedShared& shared, const TopicSettings& settings) {
  const std::string name = shared.settings.prefix + settings.name;
  if (settings.name.empty() || !IsTopicName(name)) {
    return Invalid("\"" + name +
                   "\" is no topic name: 1-249 of the characters a-z A-Z 0-9 . _ - are allowed.");
  }
  if (settings.partitions < 1 || settings.partitions > kPartitionsMax) {
    return Invalid("Topic " + name + " cannot have " + std::to_string(settings.partitions) +
                   " partitions: 1-" + std::to_string(kPartitionsMax) + " are allowed.");
  }
  if (const auto there = FindByFullName(db, name)) return CheckSame(*there, settings);
  WriteTransaction transaction(db, shared);
  if (const auto there = FindByFullName(db, name)) return CheckSame(*there, settings);
  CreateTopic(db, name, settings);
  transaction.Commit();
  return {};
}

Result<EmbeddedTopic> FindTopic(Db& db, const EmbeddedShared& shared, std::string_view name) {
  const std::string full = shared.settings.prefix + std::string(name);
  auto topic = FindByFullName(db, full);
  if (!topic) return NotFound("There is no topic " + full + " in " + db.path() + ".");
  return std::move(*topic);
}

std::vector<EmbeddedTopic> AllTopics(Db& db) {
  std::vector<EmbeddedTopic> topics;
  {
    Query rows = db.Sql(std::string(kTopicColumns) + "ORDER BY id");
    while (rows.Step()) topics.push_back(ReadTopic(rows));
  }
  for (EmbeddedTopic& topic : topics) ReadPartitionNos(db, topic);
  return topics;
}

Result<std::int64_t> PartitionNo(const EmbeddedTopic& topic, std::int32_t partition) {
  if (partition < 0 || partition >= topic.partitions) {
    return Invalid("Topic " + topic.name + " has no partition " + std::to_string(partition) +
                   ", only 0-" + std::to_string(topic.partitions - 1) + ".");
  }
  return topic.partition_nos[static_cast<std::size_t>(partition)];
}

Result<std::int64_t> FindPartitionNo(Db& db, const EmbeddedShared& shared,
                                     const TopicPartition& partition) {
  const auto topic = FindTopic(db, shared, partition.topic);
  if (!topic) return topic.error();
  return PartitionNo(*topic, partition.partition);
}

PartitionBounds Bounds(Db& db, std::int64_t partition_no) {
  Query row = db.Sql("SELECT start_offset, end_offset FROM partitions WHERE no=?");
  row.Bind(partition_no);
  if (!row.Step()) {
    throw DbException(Corrupt(db.path() + " is damaged: partition " + std::to_string(partition_no) +
                              " has lost its row."));
  }
  return {row.Int(0), row.Int(1)};
}

std::optional<std::int64_t> CommittedNext(Db& db, std::string_view group,
                                          std::int64_t partition_no) {
  Query row = db.Sql(
      "SELECT next FROM offsets WHERE group_id=(SELECT id FROM groups WHERE name=?) AND "
      "partition_no=?");
  row.Bind(group, partition_no);
  if (!row.Step()) return std::nullopt;
  return row.Int(0);
}

}  // namespace latecomer
