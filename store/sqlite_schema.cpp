#include "store/sqlite_schema.h"

#include <array>
#include <filesystem>
#include <system_error>

#include "store/row_values.h"

namespace latecomer {
namespace {

// Migration i brings version i to i + 1. A released one is never changed.
constexpr std::array<const char*, kStoreSchemaVersion> kMigrations = {R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE sink_offsets(
  partition INTEGER PRIMARY KEY,
  topic_id TEXT NOT NULL,
  next INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  gen INTEGER NOT NULL,
  rebuilding INTEGER NOT NULL) STRICT;
CREATE TABLE generation(gen INTEGER PRIMARY KEY, partition INTEGER NOT NULL) STRICT;

CREATE TABLE hashtag(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  gen INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  entries INTEGER NOT NULL DEFAULT 0,
  reposts INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE spelling(
  hashtag INTEGER NOT NULL, name TEXT NOT NULL, posts INTEGER NOT NULL,
  PRIMARY KEY(hashtag, name)) STRICT, WITHOUT ROWID;

CREATE TABLE entry(
  row INTEGER PRIMARY KEY,
  hashtag INTEGER NOT NULL,
  id TEXT NOT NULL,
  gen INTEGER NOT NULL,
  entry_seq INTEGER,
  link_seq INTEGER,
  n INTEGER NOT NULL,
  tree INTEGER NOT NULL,
  published INTEGER NOT NULL,
  parents TEXT NOT NULL,
  contexts TEXT NOT NULL,
  root INTEGER NOT NULL,
  via INTEGER NOT NULL,
  author TEXT NOT NULL,
  authors TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  deleted_at INTEGER,
  stamp INTEGER NOT NULL,
  digest INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX entry_by_id ON entry(hashtag, id);
CREATE INDEX entry_by_time ON entry(hashtag, published);
CREATE INDEX entry_by_time_of_all ON entry(published);
CREATE TABLE content(row INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;

CREATE TABLE repost(
  hashtag INTEGER NOT NULL,
  id TEXT NOT NULL,
  gen INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  objects TEXT NOT NULL,
  published INTEGER,
  by_author TEXT NOT NULL,
  authors TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  deleted_at INTEGER,
  stamp INTEGER NOT NULL,
  digest INTEGER NOT NULL,
  PRIMARY KEY(hashtag, id)) STRICT, WITHOUT ROWID;
CREATE TABLE tree(
  hashtag INTEGER NOT NULL, number INTEGER NOT NULL, gen INTEGER NOT NULL, seq INTEGER NOT NULL,
  root TEXT NOT NULL, merged_into INTEGER,
  PRIMARY KEY(hashtag, number)) STRICT, WITHOUT ROWID;
CREATE TABLE session(
  hashtag INTEGER NOT NULL, id INTEGER NOT NULL, gen INTEGER NOT NULL, seq INTEGER NOT NULL,
  first INTEGER, last INTEGER, ends INTEGER NOT NULL, is_event INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY(hashtag, id)) STRICT, WITHOUT ROWID;
CREATE TABLE coverage(
  hashtag INTEGER NOT NULL, source TEXT NOT NULL, gen INTEGER NOT NULL, seq INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(hashtag, source)) STRICT, WITHOUT ROWID;
CREATE TABLE forgotten(
  gen INTEGER NOT NULL, sha256 TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  post INTEGER NOT NULL, author INTEGER NOT NULL,
  PRIMARY KEY(gen, sha256)) STRICT, WITHOUT ROWID;
CREATE TABLE removed(
  hashtag INTEGER NOT NULL, n INTEGER NOT NULL, gen INTEGER NOT NULL, seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY(hashtag, n)) STRICT, WITHOUT ROWID;
CREATE INDEX removed_by_time ON removed(at);
)sql"};

[[noreturn]] void Refuse(const SqliteDb& db, const std::string& why) {
  throw SqliteError(Fatal("The timeline store " + db.path() + " " + why));
}

// The version of the file; 0 where it is empty.
int CheckedVersion(SqliteDb& db) {
  const std::int64_t version = db.QueryInt("PRAGMA user_version");
  const std::int64_t application = db.QueryInt("PRAGMA application_id");
  if (application != kStoreApplicationId) {
    if (version != 0 || db.QueryInt("SELECT count(*) FROM sqlite_schema") != 0) {
      Refuse(db, "is an SQLite file of some other program. Give another path.");
    }
    return 0;
  }
  if (version > kStoreSchemaVersion) {
    Refuse(db, "was written by a newer Latecomer (schema " + std::to_string(version) +
                   ", this one knows " + std::to_string(kStoreSchemaVersion) +
                   "). Install that version, or give another path.");
  }
  return static_cast<int>(version);
}

void Migrate(SqliteDb& db) {
  if (CheckedVersion(db) == kStoreSchemaVersion) return;
  SqliteTransaction transaction(db, SqliteTransaction::Kind::kWrite);
  const int from = CheckedVersion(db);  // again: another process may have been faster
  for (int i = from; i < kStoreSchemaVersion; ++i) {
    db.Exec(kMigrations[static_cast<std::size_t>(i)]);
  }
  if (from == 0) {
    db.Exec(("PRAGMA application_id=" + std::to_string(kStoreApplicationId)).c_str());
    RenewEpoch(db);
  }
  db.Exec(("PRAGMA user_version=" + std::to_string(kStoreSchemaVersion)).c_str());
  transaction.Commit();
}

}  // namespace

SqliteDb OpenStoreForWriting(const SqliteStoreSettings& settings) {
  SqliteDb db(settings.path, SqliteOpen::kCreate, settings.busy_timeout);
  CheckedVersion(db);  // before anything is written to a file that may not be ours
  if (db.QueryText("PRAGMA journal_mode=WAL") != "wal") {
    Refuse(db, "cannot use a write-ahead log: its folder must be on a local file system.");
  }
  db.Exec("PRAGMA synchronous=FULL");
  db.Exec("PRAGMA secure_delete=ON");
  db.Exec("PRAGMA cache_size=-65536");            // 64 MiB
  db.Exec("PRAGMA wal_autocheckpoint=4000");      // 16 MiB
  db.Exec("PRAGMA journal_size_limit=67108864");  // a log that a long read made grow shrinks again
  Migrate(db);
  return db;
}

SqliteDb OpenStoreForReading(const SqliteStoreSettings& settings) {
  std::error_code error;
  if (!std::filesystem::exists(settings.path, error) && !error) {
    throw SqliteError(NotFound("There is no timeline store " + settings.path +
                               " yet: the sink (or `latecomer run`) makes it."));
  }
  // Not read-only for SQLite: a reader that comes first must be able to make the log's index.
  SqliteDb db(settings.path, SqliteOpen::kExisting, settings.busy_timeout);
  db.Exec("PRAGMA query_only=ON");
  const int version = CheckedVersion(db);
  if (version != kStoreSchemaVersion) {
    Refuse(db, version == 0 ? "is still empty: wait for the sink to write it, and try again."
                            : "was written by an older Latecomer. Start the sink (or `latecomer "
                              "run`) of this version once: it brings the file up to date.");
  }
  return db;
}

std::string ReadMeta(SqliteDb& db, std::string_view key) {
  SqliteRows rows(db.Statement("SELECT value FROM meta WHERE key=?"), key);
  return rows.Next() ? rows->Text(0) : std::string();
}

void WriteMeta(SqliteDb& db, std::string_view key, std::string_view value) {
  db.Statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)").Run(key, value);
}

void RenewEpoch(SqliteDb& db) { WriteMeta(db, "epoch", RandomUuid()); }

}  // namespace latecomer
