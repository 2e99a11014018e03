#include "store/postgres_scrub.h"

#include <array>
#include <thread>

#include "store/postgres_schema.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kRemovedKeptMs = 30 * kDayMs;
constexpr std::int64_t kRewriteAlwaysBytes = 64LL << 20U;
constexpr std::int64_t kRewriteAfterMs = 7 * kDayMs;
constexpr milliseconds kSnapshotPause{50};
constexpr int kSnapshotPausesMax = 100;

// All that hold text or ids of posts; `entry_text` may be missing.
constexpr std::array<const char*, 7> kTables = {"entry_text", "content",  "entry",  "repost",
                                                "tree",       "spelling", "removed"};

// One sink at a time, for as long as the object is there.
class ScrubLock {
 public:
  explicit ScrubLock(PgConn& db) : db_(db) {
    is_held_ = db.Query("SELECT pg_try_advisory_lock(1282696050, 2)").Bool(0, 0);
  }
  ~ScrubLock() {
    if (!is_held_ || db_.broken()) return;
    try {
      db_.Query("SELECT pg_advisory_unlock(1282696050, 2)");
    } catch (const StoreError&) {
      db_.GiveUp();  // the lock goes with the connection
    }
  }
  ScrubLock(const ScrubLock&) = delete;
  ScrubLock& operator=(const ScrubLock&) = delete;
  bool is_held() const { return is_held_; }

 private:
  PgConn& db_;
  bool is_held_ = false;
};

// How many deletions each partition has seen, where some are still to be scrubbed.
struct Marks {
  std::vector<std::int32_t> partitions;
  std::vector<std::int64_t> deletes;
};

Marks ReadMarks(PgConn& db) {
  const PgRows rows =
      db.Query("SELECT partition, deletes FROM sink_offsets WHERE deletes>scrubbed ORDER BY 1");
  Marks out;
  for (int i = 0; i < rows.size(); ++i) {
    out.partitions.push_back(static_cast<std::int32_t>(rows.Int(i, 0)));
    out.deletes.push_back(rows.Int(i, 1));
  }
  return out;
}

// Waits until no other transaction of this database sees what is deleted by now.
bool WaitForSnapshots(PgConn& db) {
  const std::string now = db.Query("SELECT pg_current_xact_id()::xid::text").Text(0, 0);
  for (int i = 0; i < kSnapshotPausesMax; ++i) {
    const bool is_seen =
        db.Query(
              "SELECT EXISTS(SELECT 1 FROM pg_stat_activity WHERE datname=current_database() AND "
              "pid<>pg_backend_pid() AND backend_type='client backend' AND "
              "age(backend_xmin)>age($1::text::xid))",
              now)
            .Bool(0, 0);
    if (!is_seen) return true;
    std::this_thread::sleep_for(kSnapshotPause);
  }
  return false;
}

// The tables that there are, each with its size.
std::vector<std::pair<std::string, std::int64_t>> TableSizes(PgConn& db) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  for (const char* table : kTables) {
    const PgRows rows =
        db.Query("SELECT pg_total_relation_size(to_regclass('latecomer.' || $1::text))", table);
    if (!rows.IsNull(0, 0)) out.emplace_back(table, rows.Int(0, 0));
  }
  return out;
}

// Leaves a short lock_timeout behind.
void Rewrite(PgConn& db) {
  db.Exec("SET lock_timeout=5000");
  for (const auto& [table, bytes] : TableSizes(db)) db.Exec("VACUUM (FULL) " + table);
}

}  // namespace

Status ScrubPostgres(PgConn& db, TimeMs now) {
  const ScrubLock lock(db);
  if (!lock.is_held()) return {};
  db.Query("DELETE FROM removed WHERE at<$1", now - kRemovedKeptMs);
  const Marks marks = ReadMarks(db);
  const std::string since = ReadPostgresMeta(db, "legible_since");
  if (marks.partitions.empty() && since.empty()) return {};
  if (!WaitForSnapshots(db)) {
    return RetryLater("The timeline store in " + db.name() +
                      " is being read: what was deleted cannot be erased now.");
  }
  std::int64_t bytes = 0;
  for (const auto& [table, size] : TableSizes(db)) bytes += size;
  const bool rewrites = bytes <= kRewriteAlwaysBytes ||
                        (!since.empty() && now - std::stoll(since) >= kRewriteAfterMs);
  if (rewrites) {
    Rewrite(db);
  } else {
    for (const auto& [table, size] : TableSizes(db)) {
      db.Exec("VACUUM (INDEX_CLEANUP ON) " + table);
    }
  }
  if (rewrites != since.empty()) {
    WritePostgresMeta(db, "legible_since", rewrites ? "" : std::to_string(now));
  }
  // What was deleted since has raised the count, and is marked still.
  db.Query(
      "UPDATE sink_offsets o SET scrubbed=m.deletes FROM unnest($1::integer[], $2::bigint[]) "
      "AS m(partition, deletes) WHERE o.partition=m.partition",
      marks.partitions, marks.deletes);
  return {};
}

}  // namespace latecomer
