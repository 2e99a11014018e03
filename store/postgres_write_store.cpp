#include <memory>
#include <set>

#include "store/batch_fold.h"
#include "store/postgres_entries.h"
#include "store/postgres_others.h"
#include "store/postgres_schema.h"
#include "store/postgres_scrub.h"
#include "store/postgres_store.h"
#include "store/postgres_sweep.h"
#include "store/row_values.h"
#include "store/search_text.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

// The server ends a statement that takes longer; what it does not end (because it is stopped, or
// the network gone) is given up a little later. A sink that was stopped in the middle of a
// transaction holds its partition's lock: the server ends it, so that another one can go on.
constexpr const char* kSession =
    "SET search_path=latecomer; SET statement_timeout=30000; "
    "SET idle_in_transaction_session_timeout=20000; SET client_min_messages=warning; "
    // Batches are few rows of many: never read a whole table to join them.
    "SET enable_hashjoin=off; SET enable_mergejoin=off; SET jit=off; "
    // Room for the index to sort what is pending in one go.
    "SET work_mem='32MB'; "
    "SET default_transaction_isolation='read committed'";
constexpr milliseconds kSilence{35'000};
// Migrating, the end of a rebuild and scrubbing look at all rows.
constexpr const char* kUnhurried = "SET statement_timeout=0";
constexpr const char* kHurried = "SET statement_timeout=30000; SET lock_timeout=0";
constexpr milliseconds kUnhurriedSilence{4 * 3'600'000};

// The lock comes before anything is read, so that no index is made meanwhile.
constexpr const char* kBegin = "BEGIN; LOCK TABLE content IN ROW EXCLUSIVE MODE";

class PostgresWriteStore final : public TimelineWriteStore {
 public:
  PostgresWriteStore(PgTarget target, PostgresStoreSettings settings)
      : target_(std::move(target)), settings_(std::move(settings)) {}

  Result<std::vector<SinkPosition>> Positions() override {
    return CatchStoreError([&]() -> Result<std::vector<SinkPosition>> {
      const PgRows rows = Db().Query(
          "SELECT topic_id, partition, next, moved_at, rebuilding FROM sink_offsets "
          "ORDER BY partition");
      std::vector<SinkPosition> out;
      for (int i = 0; i < rows.size(); ++i) {
        out.push_back({rows.Text(i, 0), static_cast<std::int32_t>(rows.Int(i, 1)), rows.Int(i, 2),
                       rows.Int(i, 3), rows.Bool(i, 4)});
      }
      return out;
    });
  }

  Status Apply(const SinkBatch& batch) override {
    return CatchStoreError([&]() -> Status {
      const std::vector<const SequencedRecord*> records = FoldBatch(batch.records);
      PgConn& db = Db();
      PgTransaction transaction(db, kBegin);
      std::optional<PostgresBatch> state = MoveOffset(db, batch);
      if (!state) {
        return Conflict("Partition " + std::to_string(batch.partition) +
                        " of the timeline store in " + db.name() + " does not stand at " +
                        std::to_string(batch.from) + " of topic " + batch.topic_id +
                        ": another sink moved on.");
      }
      Write(db, *state, records);
      transaction.Commit();
      return {};
    });
  }

  Status BeginRebuild(const std::string& topic_id, std::int32_t partition,
                      std::int64_t from) override {
    return CatchStoreError([&]() -> Status {
      PgConn& db = Db();
      PgTransaction transaction(db, kBegin);
      const std::int64_t gen = NewGeneration(db, partition);
      db.Query(
          "INSERT INTO sink_offsets(partition, topic_id, next, moved_at, gen, rebuilding) "
          "VALUES($1, $2, $3, 0, $4, true) ON CONFLICT(partition) DO UPDATE SET "
          "topic_id=excluded.topic_id, next=excluded.next, moved_at=0, gen=excluded.gen, "
          "rebuilding=true",
          partition, topic_id, from, gen);
      // What cursors say of versions may not hold any more.
      WritePostgresMeta(db, "epoch", RandomUuid());
      transaction.Commit();
      return {};
    });
  }

  Status EndRebuild(std::int32_t partition) override {
    return Unhurried([&](PgConn& db) -> Status {
      PgTransaction transaction(db, kBegin);
      const PgRows offset = db.Query(
          "UPDATE sink_offsets SET rebuilding=false WHERE partition=$1 RETURNING gen, next, "
          "(SELECT value<>'' FROM meta WHERE key='search_rules')",
          partition);
      if (offset.size() == 0) {
        return Invalid("Partition " + std::to_string(partition) + " is not being rebuilt.");
      }
      PostgresBatch state;
      state.partition = partition;
      state.gen = offset.Int(0, 0);
      state.indexed = offset.Bool(0, 2);
      PostgresHashtags hashtags(db, state.gen);
      PostgresEntries entries(db, state, hashtags, numbers_, spellings_);
      PostgresSweep(db, state, hashtags, entries).DeleteOlderGenerations(offset.Int(0, 1) - 1);
      MarkDeletes(db, state);
      WritePostgresMeta(db, "epoch", RandomUuid());
      transaction.Commit();
      return {};
    });
  }

  Status Scrub(TimeMs now) override {
    return Unhurried([&](PgConn& db) -> Status { return ScrubPostgres(db, now); });
  }

 private:
  // The connection, made anew where it was lost.
  PgConn& Db() {
    if (db_ && !db_->broken()) return *db_;
    db_.reset();
    PgConnectSettings connect;
    connect.application_name = settings_.application_name;
    connect.session_sql = kSession;
    connect.silence_max = kSilence;
    connect.auth_errors_last = !was_connected_;
    auto db = std::make_unique<PgConn>(target_, connect);
    was_connected_ = true;
    db->Exec(kUnhurried);
    db->set_silence_max(kUnhurriedSilence);
    MigratePostgres(*db);
    EnsurePostgresIndex(*db, settings_.search_index);
    MakePostgresStages(*db);
    db->Exec(kHurried);
    db->set_silence_max(kSilence);
    numbers_ = {};
    db_ = std::move(db);
    return *db_;
  }

  // Runs `f` on the connection, with time.
  template <typename F>
  Status Unhurried(F f) {
    return CatchStoreError([&]() -> Status {
      PgConn& db = Db();
      db.Exec(kUnhurried);
      db.set_silence_max(kUnhurriedSilence);
      Status done;
      try {
        done = f(db);
      } catch (const StoreError& e) {
        done = e.error();
      }
      db.set_silence_max(kSilence);
      if (!db.broken()) db.Exec(kHurried);
      return done;
    });
  }

  // Compares and sets the position, which locks it; nothing where another sink moved on.
  std::optional<PostgresBatch> MoveOffset(PgConn& db, const SinkBatch& batch) {
    PostgresBatch out;
    out.partition = batch.partition;
    out.at = batch.at;
    const PgRows moved = db.Query(
        "UPDATE sink_offsets SET next=$1, moved_at=$2 WHERE partition=$3 AND topic_id=$4 AND "
        "next=$5 RETURNING gen",
        batch.next, batch.at, batch.partition, batch.topic_id, batch.from);
    if (moved.size() == 1) {
      out.gen = moved.Int(0, 0);
    } else {
      if (batch.from != 0) return std::nullopt;
      out.gen = NewGeneration(db, batch.partition);
      const PgRows made = db.Query(
          "INSERT INTO sink_offsets(partition, topic_id, next, moved_at, gen, rebuilding) "
          "VALUES($1, $2, $3, $4, $5, false) ON CONFLICT(partition) DO NOTHING",
          batch.partition, batch.topic_id, batch.next, batch.at, out.gen);
      if (made.affected() == 0) return std::nullopt;
    }
    const PgRows facts = db.Query(
        "SELECT (SELECT value FROM meta WHERE key='search_rules'), "
        "EXISTS(SELECT 1 FROM removed)");
    const std::string rules = facts.Text(0, 0);
    out.indexed = !rules.empty();
    out.any_removed = facts.Bool(0, 1);
    if (out.indexed && rules != SearchRules()) {
      throw StoreError(Fatal("Another version of Latecomer made the search index in " + db.name() +
                             " meanwhile. Run one version only, and start it again."));
    }
    return out;
  }

  void Write(PgConn& db, PostgresBatch& state, const std::vector<const SequencedRecord*>& records) {
    PostgresHashtags hashtags(db, state.gen);
    std::set<std::string_view> names;
    for (const SequencedRecord* record : records) {
      if (HasHashtag(record->record)) names.insert(record->record.hashtag);
    }
    hashtags.Resolve(names);
    EntryOps ops;
    PostgresOthers others(db, state, hashtags);
    for (const SequencedRecord* record : records) {
      const std::string& name = record->record.hashtag;
      std::int32_t number = 0;
      if (!HasHashtag(record->record)) {
        // One under a hashtag is the builder's memory: nulls beside it have removed what there was.
        if (!name.empty()) continue;
      } else {
        number = hashtags.NumberOf(name);
        hashtags.Touch(number, record->seq);
      }
      const auto& body = record->record.body;
      const auto* removed = std::get_if<RemovedRecord>(&body);
      if (const auto* entry = std::get_if<EntryRecord>(&body)) {
        ops.Entry(number, name, record->seq, *entry);
      } else if (removed != nullptr && (removed->kind == "entry" || removed->kind == "link")) {
        ops.Removed(number, name, record->seq, removed->kind, removed->id);
      } else {
        others.Add(number, *record);
      }
    }
    PostgresEntries entries(db, state, hashtags, numbers_, spellings_);
    entries.Apply(ops.ops());
    others.Flush();
    PostgresSweep(db, state, hashtags, entries).Forget(others.forgotten());
    hashtags.Flush();
    MarkDeletes(db, state);
  }

  // Whether it is of a hashtag's row; what is forgotten stands by itself.
  static bool HasHashtag(const TimelineRecord& record) {
    if (std::holds_alternative<ForgottenRecord>(record.body)) return false;
    const auto* removed = std::get_if<RemovedRecord>(&record.body);
    return removed == nullptr || removed->kind != "forgotten";
  }

  static void MarkDeletes(PgConn& db, const PostgresBatch& state) {
    if (!state.deletes) return;
    db.Query("UPDATE sink_offsets SET deletes=deletes+1 WHERE partition=$1", state.partition);
  }

  static std::int64_t NewGeneration(PgConn& db, std::int32_t partition) {
    // Never a number again whose rows may still be there: those keep theirs until EndRebuild.
    return db.Query("INSERT INTO generation(partition) VALUES($1) RETURNING gen", partition)
        .Int(0, 0);
  }

  PgTarget target_;
  PostgresStoreSettings settings_;
  std::unique_ptr<PgConn> db_;
  bool was_connected_ = false;
  PostgresRowNumbers numbers_;
  Spellings spellings_;
};

}  // namespace

Result<std::unique_ptr<TimelineWriteStore>> OpenPostgresWriteStore(const PostgresStoreSettings& s) {
  Result<PgTarget> target = PgTarget::Parse(s.url);
  if (!target) return target.error();
  return std::unique_ptr<TimelineWriteStore>(
      std::make_unique<PostgresWriteStore>(std::move(*target), s));
}

}  // namespace latecomer
