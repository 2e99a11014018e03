#include "stream/embedded_schema.h"

#include <array>
#include <thread>

namespace latecomer {
namespace {

constexpr std::int64_t kApplicationId = 0x4c435354;  // "LCST"

// Migration i brings a file of version i to version i + 1. Shipped ones never change.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE topics(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  uuid TEXT NOT NULL,
  partitions INTEGER NOT NULL,
  cleanup INTEGER NOT NULL,
  retention_ms INTEGER NOT NULL,
  tombstone_retention_ms INTEGER NOT NULL) STRICT;
CREATE TABLE partitions(
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  topic_id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  start_offset INTEGER NOT NULL DEFAULT 0,
  end_offset INTEGER NOT NULL DEFAULT 0,
  clean_offset INTEGER NOT NULL DEFAULT 0,
  UNIQUE(topic_id, partition)) STRICT;
CREATE TABLE latest(
  partition_no INTEGER NOT NULL,
  key BLOB NOT NULL,
  offset INTEGER NOT NULL,
  null_since INTEGER,
  PRIMARY KEY(partition_no, key)) STRICT, WITHOUT ROWID;
CREATE TABLE tombstones(
  partition_no INTEGER NOT NULL,
  since INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY(partition_no, since, offset)) STRICT, WITHOUT ROWID;
CREATE TABLE writers(
  transactional_id TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE groups(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  generation INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE offsets(
  group_id INTEGER NOT NULL,
  partition_no INTEGER NOT NULL,
  next INTEGER NOT NULL,
  PRIMARY KEY(group_id, partition_no)) STRICT, WITHOUT ROWID;
CREATE TABLE members(
  group_id INTEGER NOT NULL,
  member TEXT NOT NULL,
  instance TEXT NOT NULL,
  heartbeat_ms INTEGER NOT NULL,
  session_ms INTEGER NOT NULL,
  PRIMARY KEY(group_id, member)) STRICT, WITHOUT ROWID;
CREATE TABLE subscriptions(
  group_id INTEGER NOT NULL,
  member TEXT NOT NULL,
  topic_id INTEGER NOT NULL,
  PRIMARY KEY(group_id, member, topic_id)) STRICT, WITHOUT ROWID;
CREATE TABLE assignments(
  group_id INTEGER NOT NULL,
  partition_no INTEGER NOT NULL,
  owner TEXT NOT NULL,
  target TEXT NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY(group_id, partition_no)) STRICT, WITHOUT ROWID;
)sql"};

// Set before the first table is made; a file keeps its page size.
constexpr const char* kPageSize = "PRAGMA page_size=16384";
// The log is cut to this size when it begins anew.
constexpr const char* kConnectionSettings = R"sql(
PRAGMA synchronous=FULL;
PRAGMA secure_delete=ON;
PRAGMA cell_size_check=ON;
PRAGMA trusted_schema=OFF;
PRAGMA temp_store=MEMORY;
PRAGMA cache_size=-16384;
PRAGMA journal_size_limit=67108864;
)sql";

void CheckKind(Db& db) {
  const std::int64_t version = db.Value("PRAGMA user_version");
  const std::int64_t application = db.Value("PRAGMA application_id");
  const bool fresh =
      version == 0 && application == 0 && db.Value("SELECT count(*) FROM sqlite_schema") == 0;
  if (fresh) return;
  if (application != kApplicationId) {
    throw DbException(Fatal(db.path() +
                            " is an SQLite file, but no stream of Latecomer: name another "
                            "path, or move it away."));
  }
  if (version > static_cast<std::int64_t>(kMigrations.size())) {
    throw DbException(Fatal(db.path() + " has version " + std::to_string(version) +
                            ", written by a newer Latecomer; this one knows versions up to " +
                            std::to_string(kMigrations.size()) + ": install the newer one."));
  }
}

// Two processes may make the file at the same time; the change to WAL does not wait by itself.
void SetWal(Db& db, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    try {
      Query query = db.Sql("PRAGMA journal_mode=WAL");
      if (query.Step() && query.Text(0) == "wal") return;
      throw DbException(Fatal(db.path() + " lies on a file system that cannot share memory between "
                                          "processes (WAL): use a local disk."));
    } catch (const DbException& e) {
      if (e.error().code != ErrorCode::kRetryLater || std::chrono::steady_clock::now() >= until) {
        throw;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Migrate(Db& db, EmbeddedShared& shared) {
  const auto known = static_cast<std::int64_t>(kMigrations.size());
  if (db.Value("PRAGMA user_version") == known) return;
  WriteTransaction transaction(db, shared);
  CheckKind(db);  // again, now that nobody else can change it
  for (auto version = db.Value("PRAGMA user_version"); version < known; ++version) {
    db.Exec(kMigrations[static_cast<std::size_t>(version)]);
  }
  db.Exec(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
  db.Exec(("PRAGMA user_version=" + std::to_string(known)).c_str());
  transaction.Commit();
}

}  // namespace

std::unique_ptr<Db> OpenAndMigrate(EmbeddedShared& shared) {
  auto db = std::make_unique<Db>(shared.settings);
  CheckKind(*db);
  db->Exec(kPageSize);
  SetWal(*db, shared.settings.busy_timeout);
  db->Exec(kConnectionSettings);
  Migrate(*db, shared);
  return db;
}

std::unique_ptr<Db> OpenConnection(const EmbeddedShared& shared) {
  auto db = std::make_unique<Db>(shared.settings);
  db->Exec(kConnectionSettings);
  return db;
}

std::string RecordsTable(std::int64_t partition_no) {
  return "records_" + std::to_string(partition_no);
}

void CreateRecordsTable(Db& db, std::int64_t partition_no) {
  db.Exec(("CREATE TABLE " + RecordsTable(partition_no) +
           "(offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB NOT NULL, "
           "value BLOB) STRICT")
              .c_str());
}

}  // namespace latecomer
