#include "store/postgres_schema.h"

#include <array>

#include "store/postgres_search.h"
#include "store/row_values.h"
#include "store/search_text.h"

namespace latecomer {
namespace {

// Migration i brings version i to i + 1. A released one is never changed.
constexpr std::array<const char*, kPostgresSchemaVersion> kMigrations = {R"sql(
CREATE TABLE meta(key text COLLATE "C" PRIMARY KEY, value text NOT NULL);

CREATE TABLE sink_offsets(
  partition integer PRIMARY KEY,
  topic_id text NOT NULL,
  next bigint NOT NULL,
  moved_at bigint NOT NULL,
  gen bigint NOT NULL,
  deletes bigint NOT NULL DEFAULT 0,
  scrubbed bigint NOT NULL DEFAULT 0,
  rebuilding boolean NOT NULL);
CREATE TABLE generation(
  gen bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, partition integer NOT NULL);

CREATE TABLE hashtag(
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  gen bigint NOT NULL,
  seq bigint NOT NULL,
  entries bigint NOT NULL DEFAULT 0,
  reposts bigint NOT NULL DEFAULT 0);
CREATE TABLE spelling(
  hashtag integer NOT NULL, name text COLLATE "C" NOT NULL, posts bigint NOT NULL,
  PRIMARY KEY(hashtag, name));

-- Blocks of numbers, taken by the writers.
CREATE SEQUENCE entry_row INCREMENT BY 4096;
CREATE TABLE entry(
  row bigint NOT NULL,
  gen bigint NOT NULL,
  entry_seq bigint,
  link_seq bigint,
  n bigint NOT NULL,
  tree bigint NOT NULL,
  published bigint NOT NULL,
  stamp bigint NOT NULL,
  digest bigint NOT NULL,
  deleted_at bigint,
  hashtag integer NOT NULL,
  root boolean NOT NULL,
  thread boolean NOT NULL,
  deleted boolean NOT NULL,
  id text COLLATE "C" NOT NULL,
  parents text COLLATE "C" NOT NULL,
  contexts text COLLATE "C" NOT NULL,
  author text COLLATE "C" NOT NULL,
  authors text COLLATE "C" NOT NULL) WITH (fillfactor=90);
ALTER TABLE entry ADD PRIMARY KEY(row);
CREATE UNIQUE INDEX entry_by_id ON entry(hashtag, id);
CREATE INDEX entry_by_time ON entry(hashtag, published);
CREATE INDEX entry_by_time_of_all ON entry(published);
CREATE TABLE content(
  row bigint PRIMARY KEY,
  hashtag integer NOT NULL,
  spelling text COLLATE "C" NOT NULL,
  json text COLLATE "C" NOT NULL) WITH (toast_tuple_target=8160);

CREATE TABLE repost(
  gen bigint NOT NULL,
  seq bigint NOT NULL,
  published bigint,
  deleted_at bigint,
  stamp bigint NOT NULL,
  digest bigint NOT NULL,
  hashtag integer NOT NULL,
  deleted boolean NOT NULL,
  id text COLLATE "C" NOT NULL,
  objects text COLLATE "C" NOT NULL,
  by_author text COLLATE "C" NOT NULL,
  authors text COLLATE "C" NOT NULL,
  PRIMARY KEY(hashtag, id));
CREATE TABLE tree(
  number bigint NOT NULL, gen bigint NOT NULL, seq bigint NOT NULL, merged_into bigint,
  hashtag integer NOT NULL, root text COLLATE "C" NOT NULL,
  PRIMARY KEY(hashtag, number));
CREATE TABLE session(
  id bigint NOT NULL, gen bigint NOT NULL, seq bigint NOT NULL, first bigint, last bigint,
  ends bigint NOT NULL, hashtag integer NOT NULL, is_event boolean NOT NULL, event text NOT NULL,
  PRIMARY KEY(hashtag, id));
CREATE TABLE coverage(
  gen bigint NOT NULL, seq bigint NOT NULL, hashtag integer NOT NULL,
  source text COLLATE "C" NOT NULL, value text NOT NULL,
  PRIMARY KEY(hashtag, source));
CREATE TABLE forgotten(
  gen bigint NOT NULL, seq bigint NOT NULL, at bigint NOT NULL, post boolean NOT NULL,
  author boolean NOT NULL, sha256 text COLLATE "C" NOT NULL,
  PRIMARY KEY(gen, sha256));
CREATE TABLE removed(
  n bigint NOT NULL, gen bigint NOT NULL, seq bigint NOT NULL, at bigint NOT NULL,
  hashtag integer NOT NULL,
  PRIMARY KEY(hashtag, n));
CREATE INDEX removed_by_time ON removed(at);
)sql",
                                                                         R"sql(
-- The planner's samples would keep text of posts, and who wrote them, after they are deleted.
-- A change of type, to the same one, drops the samples that were taken.
ALTER TABLE content
  ALTER json TYPE text COLLATE "C", ALTER json SET STATISTICS 0;
ALTER TABLE entry
  ALTER id TYPE text COLLATE "C", ALTER id SET STATISTICS 0,
  ALTER parents TYPE text COLLATE "C", ALTER parents SET STATISTICS 0,
  ALTER contexts TYPE text COLLATE "C", ALTER contexts SET STATISTICS 0,
  ALTER author TYPE text COLLATE "C", ALTER author SET STATISTICS 0,
  ALTER authors TYPE text COLLATE "C", ALTER authors SET STATISTICS 0;
ALTER TABLE repost
  ALTER id TYPE text COLLATE "C", ALTER id SET STATISTICS 0,
  ALTER objects TYPE text COLLATE "C", ALTER objects SET STATISTICS 0,
  ALTER by_author TYPE text COLLATE "C", ALTER by_author SET STATISTICS 0,
  ALTER authors TYPE text COLLATE "C", ALTER authors SET STATISTICS 0;
ALTER TABLE tree
  ALTER root TYPE text COLLATE "C", ALTER root SET STATISTICS 0;
)sql"};

// Taken by whoever migrates or makes the index; both numbers are ours alone ("Ltcr").
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(1282696050, 1)";

constexpr const char* kCreateIndexTable =
    "CREATE TABLE entry_text(row bigint PRIMARY KEY, tokens integer[] NOT NULL) "
    "WITH (toast_tuple_target=8160); "
    "ALTER TABLE entry_text ALTER tokens SET STORAGE EXTERNAL; "
    "ALTER TABLE entry_text ALTER tokens SET STATISTICS 0";
constexpr const char* kCreateIndex =
    "CREATE INDEX entry_text_tokens ON entry_text USING gin(tokens)";

[[noreturn]] void Refuse(const PgConn& db, const std::string& why) {
  throw StoreError(Fatal("The timeline store in " + db.name() + " " + why));
}

// The version of the schema; nothing where there is none.
std::optional<int> VersionOf(PgConn& db) {
  if (db.Query("SELECT 1 FROM pg_namespace WHERE nspname='latecomer'").size() == 0) {
    return std::nullopt;
  }
  const PgRows ours = db.Query(
      "SELECT to_regclass('latecomer.meta') IS NOT NULL, EXISTS(SELECT 1 FROM pg_class "
      "WHERE relnamespace='latecomer'::regnamespace)");
  if (!ours.Bool(0, 0)) {
    if (ours.Bool(0, 1)) Refuse(db, "has a schema `latecomer` of some other program.");
    return 0;
  }
  const std::string version = ReadPostgresMeta(db, "schema_version");
  return version.empty() ? 0 : std::stoi(version);
}

void CheckNotNewer(const PgConn& db, int version) {
  if (version <= kPostgresSchemaVersion) return;
  Refuse(db, "was written by a newer Latecomer (schema " + std::to_string(version) +
                 ", this one knows " + std::to_string(kPostgresSchemaVersion) +
                 "). Install that version, or give another database.");
}

void CheckServer(const PgConn& db) {
  if (db.server_version() < kPostgresVersionMin) {
    Refuse(db, "is older than PostgreSQL 15, the oldest that Latecomer knows.");
  }
  if (db.ServerSetting("server_encoding") != "UTF8") {
    Refuse(db, "has a database that is not UTF-8: make one with `createdb -E UTF8 -T template0`.");
  }
}

// Reads all content, a page at a time, and writes its tokens.
void FillIndex(PgConn& db) {
  db.Exec("DECLARE contents NO SCROLL CURSOR FOR SELECT row, hashtag, json FROM content");
  while (true) {
    const PgRows rows = db.Query("FETCH 1000 FROM contents");
    if (rows.size() == 0) break;
    PgCopy copy(db, "COPY entry_text(row, tokens) FROM STDIN (FORMAT binary)");
    for (int i = 0; i < rows.size(); ++i) {
      const Result<std::string> text = SearchText(rows.View(i, 2));
      if (!text) throw StoreError(text.error());
      const auto hashtag = static_cast<std::int32_t>(rows.Int(i, 1));
      copy.Row(2).Int8(rows.Int(i, 0)).Int4Array(IndexedNumbers(hashtag, *text));
    }
    copy.End();
  }
  db.Exec("CLOSE contents");
  db.Exec(kCreateIndex);
}

}  // namespace

std::string ReadPostgresMeta(PgConn& db, std::string_view key) {
  const PgRows rows = db.Query("SELECT value FROM meta WHERE key=$1", key);
  return rows.size() == 0 ? std::string() : rows.Text(0, 0);
}

void WritePostgresMeta(PgConn& db, std::string_view key, std::string_view value) {
  db.Query(
      "INSERT INTO meta(key, value) VALUES($1, $2) ON CONFLICT(key) DO UPDATE SET "
      "value=excluded.value",
      key, value);
}

void MigratePostgres(PgConn& db, int version) {
  CheckServer(db);
  std::optional<int> from = VersionOf(db);
  if (from) CheckNotNewer(db, *from);
  if (from && *from >= version) return;
  PgTransaction transaction(db, "BEGIN");
  db.Exec(kLock);
  from = VersionOf(db);  // again: another process may have been faster
  if (!from) db.Exec("CREATE SCHEMA latecomer");
  for (int i = from.value_or(0); i < version; ++i) {
    db.Exec(kMigrations[static_cast<std::size_t>(i)]);
  }
  if (from.value_or(0) == 0) {
    WritePostgresMeta(db, "epoch", RandomUuid());
    WritePostgresMeta(db, "search_rules", "");
  }
  if (from.value_or(0) < version) WritePostgresMeta(db, "schema_version", std::to_string(version));
  transaction.Commit();
}

void CheckPostgresSchema(PgConn& db) {
  const std::optional<int> version = VersionOf(db);
  const std::string name = "The timeline store in " + db.name() + " ";
  if (!version || *version == 0) {
    throw StoreError(RetryLater(name + "is still empty: the sink makes it when it starts."));
  }
  CheckNotNewer(db, *version);
  if (*version < kPostgresSchemaVersion) {
    throw StoreError(RetryLater(name + "was written by an older Latecomer: the sink of this "
                                       "version brings it up to date when it starts."));
  }
}

void EnsurePostgresIndex(PgConn& db, bool wanted) {
  const std::string rules = wanted ? SearchRules() : std::string();
  if (ReadPostgresMeta(db, "search_rules") == rules) return;
  PgTransaction transaction(db, "BEGIN");
  db.Exec(kLock);
  if (ReadPostgresMeta(db, "search_rules") == rules) return;
  db.Exec("LOCK TABLE content IN SHARE MODE");  // no sink writes meanwhile
  db.Exec("DROP TABLE IF EXISTS entry_text");
  if (wanted) {
    db.Exec(kCreateIndexTable);
    FillIndex(db);
  }
  WritePostgresMeta(db, "search_rules", rules);
  transaction.Commit();
}

}  // namespace latecomer
