#include <chrono>
#include <limits>
#include <memory>

#include "store/merges.h"
#include "store/postgres_read_pool.h"
#include "store/postgres_schema.h"
#include "store/postgres_search.h"
#include "store/postgres_store.h"
#include "store/row_values.h"
#include "store/search_text.h"

namespace latecomer {
namespace {

constexpr std::chrono::seconds kRepeatWithin{2};
constexpr std::int64_t kMib = 1 << 20;
constexpr const char* kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

// Pages of a hashtag's entries in timeline order, behind a place: column 0 is the row's version,
// 1-14 are what EntryFromRow reads, 15 is the content. Links that came before their entry are not
// seen.
constexpr const char* kEntries =
    "SELECT greatest(e.entry_seq, e.link_seq), e.id, e.n, e.tree, e.published, e.parents, "
    "e.contexts, e.root, e.thread, e.author, e.authors, e.deleted, e.deleted_at, e.stamp, e.digest "
    "FROM entry e WHERE e.hashtag=$1 AND e.entry_seq IS NOT NULL AND "
    "(e.published, e.id)>($2, $3) ORDER BY e.published, e.id LIMIT 20000";
constexpr int kEntriesPage = 20'000;
constexpr const char* kEntriesWithContent =
    "SELECT greatest(e.entry_seq, e.link_seq), e.id, e.n, e.tree, e.published, e.parents, "
    "e.contexts, e.root, e.thread, e.author, e.authors, e.deleted, e.deleted_at, e.stamp, "
    "e.digest, c.json FROM (SELECT * FROM entry "
    "WHERE hashtag=$1 AND entry_seq IS NOT NULL AND (published, id)>($2, $3) "
    "ORDER BY published, id LIMIT 500) e LEFT JOIN content c ON c.row=e.row "
    "ORDER BY e.published, e.id";
constexpr int kEntriesWithContentPage = 500;

constexpr const char* kHashtags =
    "SELECT h.name, "
    "(SELECT s.name FROM spelling s WHERE s.hashtag=h.id ORDER BY s.posts DESC, s.name LIMIT 1), "
    "h.entries, h.reposts, "
    "(SELECT published FROM entry e WHERE e.hashtag=h.id AND e.entry_seq IS NOT NULL "
    "ORDER BY published LIMIT 1), "
    "(SELECT published FROM entry e WHERE e.hashtag=h.id AND e.entry_seq IS NOT NULL "
    "ORDER BY published DESC LIMIT 1), "
    "h.seq FROM hashtag h WHERE h.entries>0 "
    "OR EXISTS(SELECT 1 FROM repost r WHERE r.hashtag=h.id) "
    "OR EXISTS(SELECT 1 FROM session s WHERE s.hashtag=h.id) "
    "OR EXISTS(SELECT 1 FROM coverage c WHERE c.hashtag=h.id) ORDER BY h.name";

EntryRecord EntryFromRow(const PgRows& rows, int i) {
  EntryRecord entry;
  entry.id = rows.Text(i, 1);
  entry.n = rows.Int(i, 2);
  entry.tree = rows.Int(i, 3);
  entry.published = rows.Int(i, 4);
  entry.parents = SplitIds(rows.View(i, 5));
  entry.contexts = SplitIds(rows.View(i, 6));
  entry.root = rows.Bool(i, 7);
  entry.via = rows.Bool(i, 8) ? Via::kThread : Via::kTag;
  entry.author = rows.Text(i, 9);
  entry.authors = SplitIds(rows.View(i, 10));
  entry.deleted = rows.Bool(i, 11);
  entry.deleted_at = rows.OptionalInt(i, 12);
  entry.stamp = rows.Int(i, 13);
  entry.digest = DigestFromColumn(rows.Int(i, 14));
  return entry;
}

Merges ReadMerges(PgConn& db, std::int32_t hashtag) {
  Merges merges;
  db.Stream(
      "SELECT number, merged_into FROM tree WHERE hashtag=$1 AND merged_into IS NOT NULL",
      [&](const PgRows& rows) {
        merges.Add(rows.Int(0, 0), rows.Int(0, 1));
        return true;
      },
      hashtag);
  return merges;
}

std::int32_t HashtagNumber(PgConn& db, const std::string& hashtag) {
  const PgRows rows = db.Query("SELECT id FROM hashtag WHERE name=$1", hashtag);
  return rows.size() == 0 ? 0 : static_cast<std::int32_t>(rows.Int(0, 0));
}

// Calls visit(rows, i, entry) for the hashtag's entries in timeline order until it returns false.
template <typename F>
void ForEachPage(PgConn& db, std::int32_t hashtag, const char* sql, int page, F visit) {
  Merges merges = ReadMerges(db, hashtag);
  Place at{std::numeric_limits<TimeMs>::min(), ""};
  while (true) {
    const PgRows rows = db.Query(sql, hashtag, at.published, at.id);
    for (int i = 0; i < rows.size(); ++i) {
      EntryRecord entry = EntryFromRow(rows, i);
      entry.tree = merges.Resolve(entry.tree);
      if (i + 1 == rows.size()) at = {entry.published, entry.id};
      if (!visit(rows, i, std::move(entry))) return;
    }
    if (rows.size() < page) return;
  }
}

void ReadEntries(PgConn& db, std::int32_t hashtag, TimelineSnapshot& out) {
  ForEachPage(db, hashtag, kEntries, kEntriesPage,
              [&](const PgRows& rows, int i, EntryRecord&& entry) {
                out.entry_seqs.push_back(rows.Int(i, 0));
                out.parts.entries.push_back(std::move(entry));
                return true;
              });
}

void ReadReposts(PgConn& db, std::int32_t hashtag, TimelineSnapshot& out) {
  db.Stream(
      "SELECT seq, id, objects, published, by_author, authors, deleted, deleted_at, stamp, digest "
      "FROM repost WHERE hashtag=$1 ORDER BY id",
      [&](const PgRows& rows) {
        out.repost_seqs.push_back(rows.Int(0, 0));
        out.parts.reposts.push_back(
            {rows.Text(0, 1), SplitIds(rows.View(0, 2)), rows.OptionalInt(0, 3), rows.Text(0, 4),
             SplitIds(rows.View(0, 5)), rows.Bool(0, 6), rows.OptionalInt(0, 7), rows.Int(0, 8),
             DigestFromColumn(rows.Int(0, 9))});
        return true;
      },
      hashtag);
}

void ReadSessions(PgConn& db, std::int32_t hashtag, TimelineSnapshot& out) {
  const PgRows rows = db.Query(
      "SELECT id, first, last, ends, is_event, event FROM session WHERE hashtag=$1 ORDER BY id",
      hashtag);
  for (int i = 0; i < rows.size(); ++i) {
    out.parts.sessions.push_back({rows.Int(i, 0), rows.OptionalInt(i, 1), rows.OptionalInt(i, 2),
                                  rows.Int(i, 3), rows.Bool(i, 4), rows.Text(i, 5)});
  }
}

void ReadCoverage(PgConn& db, std::int32_t hashtag, TimelineSnapshot& out) {
  const PgRows rows =
      db.Query("SELECT source, value FROM coverage WHERE hashtag=$1 ORDER BY source", hashtag);
  for (int i = 0; i < rows.size(); ++i) {
    out.coverage.push_back(CoverageFromColumn(rows.View(i, 0), rows.View(i, 1)));
  }
}

// The last offset applied to the partition that the hashtag's rows come from.
std::int64_t Applied(PgConn& db, std::int32_t hashtag) {
  const PgRows rows = db.Query(
      "SELECT s.next FROM hashtag h JOIN generation g ON g.gen=h.gen JOIN sink_offsets s ON "
      "s.partition=g.partition WHERE h.id=$1",
      hashtag);
  return rows.size() == 0 ? -1 : rows.Int(0, 0) - 1;
}

Result<TimelineSnapshot> ReadSnapshot(PgConn& db, const std::string& hashtag) {
  const PgTransaction transaction(db, kBegin);
  TimelineSnapshot out;
  out.parts.hashtag = hashtag;
  const std::int32_t number = HashtagNumber(db, hashtag);
  if (number != 0) {
    ReadEntries(db, number, out);
    ReadReposts(db, number, out);
    ReadSessions(db, number, out);
    ReadCoverage(db, number, out);
  }
  if (out.parts.entries.empty() && out.parts.reposts.empty() && out.parts.sessions.empty() &&
      out.coverage.empty()) {
    return NotFound("The timeline store has nothing under #" + hashtag + ".");
  }
  out.applied = Applied(db, number);
  return out;
}

class PostgresReadStore final : public TimelineReadStore {
 public:
  PostgresReadStore(PgTarget target, const PostgresStoreSettings& settings)
      : pool_(std::move(target), settings.application_name, settings.connections) {}

  Result<std::string> Describe() override {
    return Read<std::string>([](PgConn& db) {
      const PgRows rows = db.Query(
          "SELECT current_setting('server_version'), pg_database_size(current_database()), "
          "to_regclass('entry_text_tokens') IS NOT NULL");
      return "PostgreSQL " + rows.Text(0, 0) + ", " +
             std::to_string((rows.Int(0, 1) + kMib / 2) / kMib) + " MiB, " +
             (rows.Bool(0, 2) ? "with search index" : "without search index");
    });
  }

  Result<std::string> Epoch() override {
    return Read<std::string>([](PgConn& db) { return ReadPostgresMeta(db, "epoch"); });
  }

  Result<std::vector<HashtagSummary>> Hashtags() override {
    return Read<std::vector<HashtagSummary>>([](PgConn& db) {
      const PgRows rows = db.Query(kHashtags);
      std::vector<HashtagSummary> out;
      for (int i = 0; i < rows.size(); ++i) {
        out.push_back({rows.Text(i, 0), rows.IsNull(i, 1) ? rows.Text(i, 0) : rows.Text(i, 1),
                       static_cast<std::uint64_t>(rows.Int(i, 2)),
                       static_cast<std::uint64_t>(rows.Int(i, 3)), rows.OptionalInt(i, 4),
                       rows.OptionalInt(i, 5), rows.Int(i, 6)});
      }
      return out;
    });
  }

  Result<TimelineSnapshot> Snapshot(const std::string& hashtag) override {
    return Read<TimelineSnapshot>([&](PgConn& db) { return ReadSnapshot(db, hashtag); });
  }

  Result<std::int64_t> LastSeq(const std::string& hashtag) override {
    return Read<std::int64_t>([&](PgConn& db) {
      const PgRows rows = db.Query("SELECT seq FROM hashtag WHERE name=$1", hashtag);
      return rows.size() == 0 ? 0 : rows.Int(0, 0);
    });
  }

  Result<std::vector<std::string>> Contents(const std::string& hashtag,
                                            std::span<const std::string> ids) override {
    return Read<std::vector<std::string>>([&](PgConn& db) {
      const std::vector<std::string_view> wanted(ids.begin(), ids.end());
      std::vector<std::string> out(ids.size());
      db.Stream(
          "SELECT k.i, c.json FROM unnest($2::text[]) WITH ORDINALITY AS k(id, i) "
          "JOIN entry e ON e.hashtag=(SELECT id FROM hashtag WHERE name=$1) AND e.id=k.id "
          "JOIN content c ON c.row=e.row",
          [&](const PgRows& rows) {
            out[static_cast<std::size_t>(rows.Int(0, 0)) - 1] = rows.Text(0, 1);
            return true;
          },
          hashtag, wanted);
      return out;
    });
  }

  Status ForEachEntry(const std::string& hashtag,
                      const std::function<bool(const StoredEntry&)>& visit) override {
    bool any = false;  // what was visited is not visited again
    const auto read = [&](PgConn& db) {
      const PgTransaction transaction(db, kBegin);
      const std::int32_t number = HashtagNumber(db, hashtag);
      if (number == 0) return true;
      ForEachPage(db, number, kEntriesWithContent, kEntriesWithContentPage,
                  [&](const PgRows& rows, int i, EntryRecord&& entry) {
                    entry.content = rows.Text(i, 15);
                    any = true;
                    return visit({rows.Int(i, 0), std::move(entry)});
                  });
      return true;
    };
    const Result<bool> done = Read<bool>(read, [&] { return !any; });
    return done ? Status() : done.error();
  }

  Result<std::vector<RemovedRow>> RemovedSince(const std::string& hashtag,
                                               std::int64_t seq) override {
    return Read<std::vector<RemovedRow>>([&](PgConn& db) {
      const PgRows rows = db.Query(
          "SELECT r.seq, r.n FROM removed r JOIN hashtag h ON h.id=r.hashtag "
          "WHERE h.name=$1 AND r.seq>$2 ORDER BY r.seq, r.n",
          hashtag, seq);
      std::vector<RemovedRow> out;
      for (int i = 0; i < rows.size(); ++i) out.push_back({rows.Int(i, 0), rows.Int(i, 1)});
      return out;
    });
  }

  Result<std::vector<SearchHit>> Search(const std::string& hashtag, std::string_view query,
                                        const std::optional<Place>& before,
                                        std::size_t limit) override {
    Result<std::vector<std::string>> words = SearchWords(query);
    if (!words) return words.error();
    if (words->empty() || limit == 0) return std::vector<SearchHit>();
    const PostgresSearchRequest request{hashtag, std::move(*words), before, limit};
    return Read<std::vector<SearchHit>>([&](PgConn& db) {
      // The index over arrays has no statistics: the planner must not think a scan cheaper.
      const PgTransaction transaction(
          db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_seqscan=off");
      return SearchPostgres(db, request);
    });
  }

 private:
  // Runs `f` on a connection of its own; again on a new one where the connection had been lost
  // before, and `may_repeat`. What was lost before shows at once; a silent server does not.
  template <typename T, typename F, typename Repeat>
  Result<T> Read(F f, Repeat may_repeat) {
    bool was_used = false;
    const auto run = [&]() -> Result<T> {
      return CatchStoreError([&]() -> Result<T> {
        PostgresReadPool::Lease lease = pool_.Take();
        was_used = lease.is_used();
        try {
          return f(lease.db());
        } catch (const StoreError&) {
          was_used = was_used && lease.db().broken();
          throw;
        }
      });
    };
    const auto begin = std::chrono::steady_clock::now();
    Result<T> done = run();
    const bool was_quick = std::chrono::steady_clock::now() - begin < kRepeatWithin;
    if (done || !was_used || !was_quick || done.error().code != ErrorCode::kRetryLater ||
        !may_repeat()) {
      return done;
    }
    pool_.DropIdle();
    return run();
  }
  template <typename T, typename F>
  Result<T> Read(F f) {
    return Read<T>(std::move(f), [] { return true; });
  }

  PostgresReadPool pool_;
};

}  // namespace

Result<std::unique_ptr<TimelineReadStore>> OpenPostgresReadStore(const PostgresStoreSettings& s) {
  Result<PgTarget> target = PgTarget::Parse(s.url);
  if (!target) return target.error();
  return std::unique_ptr<TimelineReadStore>(
      std::make_unique<PostgresReadStore>(std::move(*target), s));
}

}  // namespace latecomer
