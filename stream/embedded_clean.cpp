#include "stream/embedded_clean.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "stream/embedded_schema.h"

namespace latecomer {
namespace {

constexpr std::int64_t kRecordsPerStep = 2'000;  // bound of one transaction
constexpr std::int64_t kTombstonesPerStep = 500;
constexpr std::int64_t kTimesPerStep = 100'000;  // bound of one look at timestamps
// Between transactions: a lock that is taken again at once would starve the writers.
constexpr auto kStepPause = std::chrono::milliseconds(1);

void Pause() { std::this_thread::sleep_for(kStepPause); }

// One table's statements, made once a partition.
struct PartitionSql {
  explicit PartitionSql(std::int64_t no)
      : table(RecordsTable(no)),
        first("SELECT offset FROM " + table + " ORDER BY offset LIMIT 1"),
        delete_range("DELETE FROM " + table + " WHERE offset>=? AND offset<?"),
        times("SELECT offset, timestamp FROM " + table +
              " WHERE offset>=? ORDER BY offset LIMIT ?"),
        dirty("SELECT offset, timestamp, key, value IS NULL FROM " + table +
              " WHERE offset>=? ORDER BY offset LIMIT ?"),
        delete_one("DELETE FROM " + table + " WHERE offset=?"),
        key_of("SELECT key FROM " + table + " WHERE offset=?") {}

  std::string table, first, delete_range, times, dirty, delete_one, key_of;
};

enum class Step { kNothing, kDone, kMore };

Step DeleteStep(Db& db, EmbeddedShared& shared, std::int64_t no, const PartitionSql& sql) {
  std::int64_t first = 0;
  {
    Query row = db.Sql(sql.first);
    if (!row.Step()) return Step::kNothing;
    first = row.Int(0);
  }
  const std::int64_t start = Bounds(db, no).start;
  if (first >= start) return Step::kNothing;
  const std::int64_t end = std::min(first + kRecordsPerStep, start);
  WriteTransaction transaction(db, shared);
  db.Sql(sql.delete_range).Bind(first, end).Run();
  transaction.Commit();
  return end < start ? Step::kMore : Step::kDone;
}

// Deletes the records below the start offset. True if there were any.
bool DeleteBelowStart(Db& db, EmbeddedShared& shared, std::int64_t no, const PartitionSql& sql) {
  Step step = DeleteStep(db, shared, no, sql);
  const bool any = step != Step::kNothing;
  while (step == Step::kMore) {
    Pause();
    step = DeleteStep(db, shared, no, sql);
  }
  return any;
}

// True if the start has moved.
bool MoveStart(Db& db, EmbeddedShared& shared, std::int64_t no, std::int64_t start) {
  if (start <= Bounds(db, no).start) return false;
  WriteTransaction transaction(db, shared);
  db.Sql("UPDATE partitions SET start_offset=max(start_offset, ?) WHERE no=?")
      .Bind(start, no)
      .Run();
  transaction.Commit();
  return true;
}

// The first offset that is young enough to stay, or as far as one step looks.
std::int64_t FirstYoung(Db& db, std::int64_t no, const PartitionSql& sql, TimeMs cutoff) {
  const PartitionBounds bounds = Bounds(db, no);
  std::int64_t next = bounds.start;
  Query rows = db.Sql(sql.times);
  rows.Bind(bounds.start, kTimesPerStep);
  while (rows.Step() && rows.Int(1) < cutoff) next = rows.Int(0) + 1;
  return next;
}

bool CleanByTime(Db& db, EmbeddedShared& shared, const EmbeddedTopic& topic, TimeMs now) {
  bool deleted = false;
  for (const std::int64_t no : topic.partition_nos) {
    const PartitionSql sql(no);
    const TimeMs cutoff = now - topic.retention_ms;
    while (topic.retention_ms >= 0 && MoveStart(db, shared, no, FirstYoung(db, no, sql, cutoff))) {
      deleted = true;
    }
    deleted |= DeleteBelowStart(db, shared, no, sql);
  }
  return deleted;
}

struct Older {
  std::int64_t offset = 0;
  std::optional<std::int64_t> null_since;
};

std::optional<Older> FindOlder(Db& db, std::int64_t no, std::string_view key) {
  Query row = db.Sql("SELECT offset, null_since FROM latest WHERE partition_no=? AND key=?");
  row.Bind(no, Blob{key});
  if (!row.Step()) return std::nullopt;
  Older older{row.Int(0), std::nullopt};
  if (!row.Null(1)) older.null_since = row.Int(1);
  return older;
}

void DeleteOlder(Db& db, std::int64_t no, const PartitionSql& sql, const Older& older) {
  db.Sql(sql.delete_one).Bind(older.offset).Run();
  if (older.null_since) {
    db.Sql("DELETE FROM tombstones WHERE partition_no=? AND since=? AND offset=?")
        .Bind(no, *older.null_since, older.offset)
        .Run();
  }
}

struct Dirty {
  std::int64_t offset = 0;
  TimeMs timestamp = 0;
  std::string key;
  bool null = false;
};

std::vector<Dirty> ReadDirty(Db& db, std::int64_t no, const PartitionSql& sql) {
  std::int64_t from = 0;
  {
    Query row = db.Sql("SELECT clean_offset FROM partitions WHERE no=?");
    row.Bind(no);
    if (row.Step()) from = row.Int(0);
  }
  std::vector<Dirty> dirty;
  Query rows = db.Sql(sql.dirty);
  rows.Bind(from, kRecordsPerStep);
  while (rows.Step()) {
    dirty.push_back({rows.Int(0), rows.Int(1), rows.Text(2), rows.Int(3) != 0});
  }
  return dirty;
}

// Takes the next records that no compaction has seen, and deletes what they replace. True if there
// may be more.
bool CompactStep(Db& db, EmbeddedShared& shared, std::int64_t no, const PartitionSql& sql,
                 bool& deleted) {
  WriteTransaction transaction(db, shared);
  const std::vector<Dirty> dirty = ReadDirty(db, no, sql);
  if (dirty.empty()) return false;
  for (const Dirty& record : dirty) {
    if (const auto older = FindOlder(db, no, record.key)) {
      DeleteOlder(db, no, sql, *older);
      deleted = true;
    }
    const auto null_since =
        record.null ? std::optional<std::int64_t>(record.timestamp) : std::nullopt;
    db.Sql(
          "INSERT INTO latest(partition_no, key, offset, null_since) VALUES(?, ?, ?, ?) "
          "ON CONFLICT DO UPDATE SET offset=excluded.offset, null_since=excluded.null_since")
        .Bind(no, Blob{record.key}, record.offset, null_since)
        .Run();
    if (record.null) {
      db.Sql("INSERT INTO tombstones(partition_no, since, offset) VALUES(?, ?, ?)")
          .Bind(no, record.timestamp, record.offset)
          .Run();
    }
  }
  db.Sql("UPDATE partitions SET clean_offset=? WHERE no=?").Bind(dirty.back().offset + 1, no).Run();
  transaction.Commit();
  return static_cast<std::int64_t>(dirty.size()) == kRecordsPerStep;
}

std::vector<Older> OldTombstones(Db& db, std::int64_t no, TimeMs cutoff) {
  std::vector<Older> old;
  Query rows = db.Sql(
      "SELECT offset, since FROM tombstones WHERE partition_no=? AND since<=? ORDER BY since "
      "LIMIT ?");
  rows.Bind(no, cutoff, kTombstonesPerStep);
  while (rows.Step()) old.push_back({rows.Int(0), rows.Int(1)});
  return old;
}

// Drops nulls that are older than `cutoff`, with their keys. True if there may be more.
bool TombstoneStep(Db& db, EmbeddedShared& shared, std::int64_t no, const PartitionSql& sql,
                   TimeMs cutoff, bool& deleted) {
  if (OldTombstones(db, no, cutoff).empty()) return false;
  WriteTransaction transaction(db, shared);
  const std::vector<Older> old = OldTombstones(db, no, cutoff);
  for (const Older& tombstone : old) {
    std::string key;
    {
      Query row = db.Sql(sql.key_of);
      row.Bind(tombstone.offset);
      if (row.Step()) key = row.Text(0);
    }
    db.Sql("DELETE FROM latest WHERE partition_no=? AND key=? AND offset=?")
        .Bind(no, Blob{key}, tombstone.offset)
        .Run();
    DeleteOlder(db, no, sql, tombstone);
  }
  transaction.Commit();
  deleted = deleted || !old.empty();
  return static_cast<std::int64_t>(old.size()) == kTombstonesPerStep;
}

bool Compact(Db& db, EmbeddedShared& shared, const EmbeddedTopic& topic, TimeMs now) {
  bool deleted = false;
  for (const std::int64_t no : topic.partition_nos) {
    const PartitionSql sql(no);
    while (CompactStep(db, shared, no, sql, deleted)) Pause();
    const TimeMs cutoff = now - topic.tombstone_retention_ms;
    while (TombstoneStep(db, shared, no, sql, cutoff, deleted)) Pause();
  }
  return deleted;
}

std::string NameOf(const TopicPartition& partition) {
  return "partition " + std::to_string(partition.partition) + " of topic " + partition.topic;
}

}  // namespace

Status TrimPartition(Db& db, EmbeddedShared& shared, const EmbeddedTopic& topic,
                     const TopicPartition& partition, std::int64_t before) {
  const auto no = PartitionNo(topic, partition.partition);
  if (!no) return no.error();
  if (topic.cleanup == Cleanup::kCompact) {
    return Invalid("Topic " + topic.name + " is compacted: it cannot be trimmed.");
  }
  const std::int64_t end = Bounds(db, *no).end;
  if (before < 0 || before > end) {
    return Invalid("Offset " + std::to_string(before) + " lies outside " + NameOf(partition) +
                   ", whose end is " + std::to_string(end) + ".");
  }
  const PartitionSql sql(*no);
  // From here on no reader sees the records; deleting them may take several transactions.
  MoveStart(db, shared, *no, before);
  DeleteBelowStart(db, shared, *no, sql);
  return {};
}

void CleanTopics(Db& db, EmbeddedShared& shared, TimeMs now) {
  bool deleted = false;
  for (const EmbeddedTopic& topic : AllTopics(db)) {
    const bool any = topic.cleanup == Cleanup::kCompact ? Compact(db, shared, topic, now)
                                                        : CleanByTime(db, shared, topic, now);
    deleted = deleted || any;
  }
  // What was deleted is overwritten in the file by secure_delete, but stands in the log until then.
  if (deleted) db.TruncateLog();
}

}  // namespace latecomer
