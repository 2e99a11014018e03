#include <memory>

#include "store/batch_fold.h"
#include "store/sqlite_apply.h"
#include "store/sqlite_content.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_store.h"

namespace latecomer {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kRemovedKeptMs = 30 * kDayMs;
// Whole pages are rewritten at once while the file is small, else once a day.
constexpr std::int64_t kVacuumAlwaysBytes = 64LL << 20U;

struct Offset {
  std::int64_t gen = 0;
  std::int64_t next = 0;
};

class SqliteWriteStore final : public TimelineWriteStore {
 public:
  explicit SqliteWriteStore(const SqliteStoreSettings& settings)
      : db_(OpenStoreForWriting(settings)), content_(db_) {
    content_.EnsureIndex(settings.search_index);
  }

  Result<std::vector<SinkPosition>> Positions() override {
    return CatchSqlite([&]() -> Result<std::vector<SinkPosition>> {
      std::vector<SinkPosition> out;
      SqliteRows rows(
          db_.Statement("SELECT topic_id, partition, next, moved_at, rebuilding "
                        "FROM sink_offsets ORDER BY partition"));
      while (rows.Next()) {
        out.push_back({rows->Text(0), static_cast<std::int32_t>(rows->Int(1)), rows->Int(2),
                       rows->Int(3), rows->Int(4) != 0});
      }
      return out;
    });
  }

  Status Apply(const SinkBatch& batch) override {
    return CatchSqlite([&]() -> Status {
      const std::vector<const SequencedRecord*> records = FoldBatch(batch.records);
      SqliteTransaction transaction(db_, SqliteTransaction::Kind::kWrite);
      const std::optional<std::int64_t> gen = MoveOffset(batch);
      if (!gen) {
        return Conflict("Partition " + std::to_string(batch.partition) + " of the timeline store " +
                        db_.path() + " does not stand at " + std::to_string(batch.from) +
                        " of topic " + batch.topic_id + ": another sink moved on.");
      }
      SqliteApply apply(db_, content_, batch.partition, *gen, batch.at);
      for (const SequencedRecord* record : records) apply.Record(*record);
      apply.Finish();
      transaction.Commit();
      return {};
    });
  }

  Status BeginRebuild(const std::string& topic_id, std::int32_t partition,
                      std::int64_t from) override {
    return CatchSqlite([&]() -> Status {
      SqliteTransaction transaction(db_, SqliteTransaction::Kind::kWrite);
      const std::int64_t gen = NewGeneration(partition);
      db_.Statement(
             "INSERT OR REPLACE INTO sink_offsets(partition, topic_id, next, moved_at, gen, "
             "rebuilding) VALUES(?, ?, ?, 0, ?, 1)")
          .Run(partition, topic_id, from, gen);
      // What cursors say of versions may not hold any more.
      RenewEpoch(db_);
      transaction.Commit();
      return {};
    });
  }

  Status EndRebuild(std::int32_t partition) override {
    return CatchSqlite([&]() -> Status {
      SqliteTransaction transaction(db_, SqliteTransaction::Kind::kWrite);
      const std::optional<Offset> offset = ReadOffset(partition);
      if (!offset) {
        return Invalid("Partition " + std::to_string(partition) + " is not being rebuilt.");
      }
      SqliteApply apply(db_, content_, partition, offset->gen, 0);
      apply.DeleteOlderGenerations(offset->next - 1);
      db_.Statement("UPDATE sink_offsets SET rebuilding=0 WHERE partition=?").Run(partition);
      RenewEpoch(db_);
      transaction.Commit();
      return {};
    });
  }

  Status Scrub(TimeMs now) override {
    return CatchSqlite([&]() -> Status {
      const bool unscrubbed = DropAndOptimise(now);
      if (Status truncated = TruncateLog(); !truncated || !unscrubbed) return truncated;
      // secure_delete overwrites deleted rows, but not copies of them that stay behind in a page
      // when rows move to its neighbours.
      const std::string last = ReadMeta(db_, "vacuumed_at");
      const std::int64_t bytes =
          db_.QueryInt("PRAGMA page_count") * db_.QueryInt("PRAGMA page_size");
      if (bytes > kVacuumAlwaysBytes && !last.empty() && now - std::stoll(last) < kDayMs) return {};
      db_.Exec("VACUUM");
      if (Status truncated = TruncateLog(); !truncated) return truncated;
      SqliteTransaction transaction(db_, SqliteTransaction::Kind::kWrite);
      WriteMeta(db_, "vacuumed_at", std::to_string(now));
      // What was deleted since DropAndOptimise marks it anew.
      db_.Statement("UPDATE meta SET value='' WHERE key='unscrubbed' AND value='optimised'").Run();
      transaction.Commit();
      return {};
    });
  }

 private:
  // Compares and sets the position; the generation of the partition's rows, or nothing.
  std::optional<std::int64_t> MoveOffset(const SinkBatch& batch) {
    db_.Statement(
           "UPDATE sink_offsets SET next=?, moved_at=? "
           "WHERE partition=? AND topic_id=? AND next=?")
        .Run(batch.next, batch.at, batch.partition, batch.topic_id, batch.from);
    const bool moved = db_.Changes() == 1;
    const std::optional<Offset> offset = ReadOffset(batch.partition);
    if (moved) return offset->gen;
    if (offset || batch.from != 0) return std::nullopt;
    const std::int64_t gen = NewGeneration(batch.partition);
    db_.Statement(
           "INSERT INTO sink_offsets(partition, topic_id, next, moved_at, gen, rebuilding) "
           "VALUES(?, ?, ?, ?, ?, 0)")
        .Run(batch.partition, batch.topic_id, batch.next, batch.at, gen);
    return gen;
  }

  std::optional<Offset> ReadOffset(std::int32_t partition) {
    SqliteRows rows(db_.Statement("SELECT gen, next FROM sink_offsets WHERE partition=?"),
                    partition);
    if (!rows.Next()) return std::nullopt;
    return Offset{rows->Int(0), rows->Int(1)};
  }

  std::int64_t NewGeneration(std::int32_t partition) {
    // Never a number again whose rows may still be there: those keep theirs until EndRebuild.
    db_.Statement("INSERT INTO generation(partition) VALUES(?)").Run(partition);
    return db_.LastRowId();
  }

  // Whether something was deleted that may still be legible somewhere in the file.
  bool DropAndOptimise(TimeMs now) {
    SqliteTransaction transaction(db_, SqliteTransaction::Kind::kWrite);
    db_.Statement("DELETE FROM removed WHERE at<?").Run(now - kRemovedKeptMs);
    const std::string mark = ReadMeta(db_, "unscrubbed");
    if (mark == "1") {
      content_.OptimiseIndex();
      WriteMeta(db_, "unscrubbed", "optimised");
    }
    transaction.Commit();
    return !mark.empty();
  }

  Status TruncateLog() {
    SqliteRows rows(db_.Statement("PRAGMA wal_checkpoint(TRUNCATE)"));
    if (rows.Next() && rows->Int(0) == 0) return {};
    return RetryLater("The timeline store " + db_.path() +
                      " is being read: its log cannot be truncated now.");
  }

  SqliteDb db_;
  SqliteContent content_;
};

}  // namespace

Result<std::unique_ptr<TimelineWriteStore>> OpenSqliteWriteStore(const SqliteStoreSettings& s) {
  return CatchSqlite([&]() -> Result<std::unique_ptr<TimelineWriteStore>> {
    return std::unique_ptr<TimelineWriteStore>(std::make_unique<SqliteWriteStore>(s));
  });
}

}  // namespace latecomer
