#include <memory>

#include "store/merges.h"
#include "store/search_text.h"
#include "store/sqlite_read_pool.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_search.h"
#include "store/sqlite_store.h"

namespace latecomer {
namespace {

constexpr std::int64_t kMib = 1 << 20;

// The merged conversations of one hashtag.
Merges ReadMerges(SqliteDb& db, std::int64_t hashtag) {
  Merges merges;
  SqliteRows rows(db.Statement("SELECT number, merged_into FROM tree WHERE hashtag=? AND "
                               "merged_into IS NOT NULL"),
                  hashtag);
  while (rows.Next()) merges.Add(rows->Int(0), rows->Int(1));
  return merges;
}

std::int64_t HashtagRow(SqliteDb& db, const std::string& hashtag) {
  SqliteRows rows(db.Statement("SELECT id FROM hashtag WHERE name=?"), hashtag);
  return rows.Next() ? rows->Int(0) : 0;
}

void ReadReposts(SqliteDb& db, std::int64_t hashtag, TimelineSnapshot& out) {
  SqliteRows rows(db.Statement("SELECT seq, id, objects, published, by_author, authors, deleted, "
                               "deleted_at, stamp, digest FROM repost WHERE hashtag=? ORDER BY id"),
                  hashtag);
  while (rows.Next()) {
    out.repost_seqs.push_back(rows->Int(0));
    out.parts.reposts.push_back({rows->Text(1), SplitIds(rows->View(2)), rows->OptionalInt(3),
                                 rows->Text(4), SplitIds(rows->View(5)), rows->Int(6) != 0,
                                 rows->OptionalInt(7), rows->Int(8),
                                 DigestFromColumn(rows->Int(9))});
  }
}

void ReadSessions(SqliteDb& db, std::int64_t hashtag, TimelineSnapshot& out) {
  SqliteRows rows(db.Statement("SELECT id, first, last, ends, is_event, event FROM session WHERE "
                               "hashtag=? ORDER BY id"),
                  hashtag);
  while (rows.Next()) {
    out.parts.sessions.push_back({rows->Int(0), rows->OptionalInt(1), rows->OptionalInt(2),
                                  rows->Int(3), rows->Int(4) != 0, rows->Text(5)});
  }
}

void ReadCoverage(SqliteDb& db, std::int64_t hashtag, TimelineSnapshot& out) {
  SqliteRows rows(
      db.Statement("SELECT source, value FROM coverage WHERE hashtag=? ORDER BY source"), hashtag);
  while (rows.Next()) out.coverage.push_back(CoverageFromColumn(rows->View(0), rows->View(1)));
}

void ReadEntries(SqliteDb& db, std::int64_t hashtag, TimelineSnapshot& out) {
  Merges merges = ReadMerges(db, hashtag);
  SqliteRows rows(db.Statement(kSelectEntries), hashtag);
  while (rows.Next()) {
    out.entry_seqs.push_back(rows->Int(0));
    out.parts.entries.push_back(EntryFromRow(*rows));
    out.parts.entries.back().tree = merges.Resolve(out.parts.entries.back().tree);
  }
}

// The last offset applied to the partition that the hashtag's rows come from.
std::int64_t Applied(SqliteDb& db, std::int64_t hashtag) {
  SqliteRows rows(db.Statement("SELECT s.next FROM hashtag h JOIN generation g ON g.gen=h.gen JOIN "
                               "sink_offsets s ON s.partition=g.partition WHERE h.id=?"),
                  hashtag);
  return rows.Next() ? rows->Int(0) - 1 : -1;
}

constexpr const char* kSelectHashtags =
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

class SqliteReadStore final : public TimelineReadStore {
 public:
  explicit SqliteReadStore(const SqliteStoreSettings& settings) : pool_(settings) {}

  Result<std::string> Describe() override {
    return Read<std::string>([](SqliteDb& db) {
      SqliteRows rows(
          db.Statement("SELECT sqlite_version(), page_count * page_size, "
                       "EXISTS(SELECT 1 FROM sqlite_schema WHERE name='entry_text') "
                       "FROM pragma_page_count(), pragma_page_size()"));
      rows.Next();
      return "SQLite " + rows->Text(0) + ", " + std::to_string((rows->Int(1) + kMib / 2) / kMib) +
             " MiB, " + (rows->Int(2) != 0 ? "with search index" : "without search index");
    });
  }

  Result<std::string> Epoch() override {
    return Read<std::string>([](SqliteDb& db) { return ReadMeta(db, "epoch"); });
  }

  Result<std::vector<HashtagSummary>> Hashtags() override {
    return Read<std::vector<HashtagSummary>>([](SqliteDb& db) {
      std::vector<HashtagSummary> out;
      SqliteRows rows(db.Statement(kSelectHashtags));
      while (rows.Next()) {
        out.push_back({rows->Text(0), rows->IsNull(1) ? rows->Text(0) : rows->Text(1),
                       static_cast<std::uint64_t>(rows->Int(2)),
                       static_cast<std::uint64_t>(rows->Int(3)), rows->OptionalInt(4),
                       rows->OptionalInt(5), rows->Int(6)});
      }
      return out;
    });
  }

  Result<TimelineSnapshot> Snapshot(const std::string& hashtag) override {
    return Read<TimelineSnapshot>([&](SqliteDb& db) -> Result<TimelineSnapshot> {
      TimelineSnapshot out;
      out.parts.hashtag = hashtag;
      const std::int64_t row = HashtagRow(db, hashtag);
      ReadEntries(db, row, out);
      ReadReposts(db, row, out);
      ReadSessions(db, row, out);
      ReadCoverage(db, row, out);
      if (out.parts.entries.empty() && out.parts.reposts.empty() && out.parts.sessions.empty() &&
          out.coverage.empty()) {
        return NotFound("The timeline store has nothing under #" + hashtag + ".");
      }
      out.applied = Applied(db, row);
      return out;
    });
  }

  Result<std::int64_t> LastSeq(const std::string& hashtag) override {
    return Read<std::int64_t>([&](SqliteDb& db) {
      SqliteRows rows(db.Statement("SELECT seq FROM hashtag WHERE name=?"), hashtag);
      return rows.Next() ? rows->Int(0) : 0;
    });
  }

  Result<std::vector<std::string>> Contents(const std::string& hashtag,
                                            std::span<const std::string> ids) override {
    return Read<std::vector<std::string>>([&](SqliteDb& db) {
      std::vector<std::string> out;
      out.reserve(ids.size());
      const std::int64_t row = HashtagRow(db, hashtag);
      for (const std::string& id : ids) {
        SqliteRows rows(db.Statement("SELECT c.json FROM entry e JOIN content c ON c.row=e.row "
                                     "WHERE e.hashtag=? AND e.id=?"),
                        row, id);
        out.push_back(rows.Next() ? rows->Text(0) : std::string());
      }
      return out;
    });
  }

  Status ForEachEntry(const std::string& hashtag,
                      const std::function<bool(const StoredEntry&)>& visit) override {
    const Result<bool> done = Read<bool>([&](SqliteDb& db) {
      const std::int64_t row = HashtagRow(db, hashtag);
      Merges merges = ReadMerges(db, row);
      SqliteRows rows(db.Statement(kSelectEntriesWithContent), row);
      while (rows.Next()) {
        StoredEntry entry{rows->Int(0), EntryFromRow(*rows)};
        entry.record.tree = merges.Resolve(entry.record.tree);
        entry.record.content = rows->Text(15);
        if (!visit(entry)) break;
      }
      return true;
    });
    return done ? Status() : done.error();
  }

  Result<std::vector<RemovedRow>> RemovedSince(const std::string& hashtag,
                                               std::int64_t seq) override {
    return Read<std::vector<RemovedRow>>([&](SqliteDb& db) {
      std::vector<RemovedRow> out;
      SqliteRows rows(
          db.Statement("SELECT seq, n FROM removed WHERE hashtag=? AND seq>? ORDER BY seq, n"),
          HashtagRow(db, hashtag), seq);
      while (rows.Next()) out.push_back({rows->Int(0), rows->Int(1)});
      return out;
    });
  }

  Result<std::vector<SearchHit>> Search(const std::string& hashtag, std::string_view query,
                                        const std::optional<Place>& before,
                                        std::size_t limit) override {
    Result<std::vector<std::string>> words = SearchWords(query);
    if (!words) return words.error();
    if (words->empty() || limit == 0) return std::vector<SearchHit>();
    const SearchRequest request{hashtag, std::move(*words), before, limit};
    return Read<std::vector<SearchHit>>([&](SqliteDb& db) { return SearchSqlite(db, request); });
  }

 private:
  // Runs `f` on a connection of its own, in one snapshot.
  template <typename T, typename F>
  Result<T> Read(F f) {
    return CatchSqlite([&]() -> Result<T> {
      SqliteReadPool::Lease lease = pool_.Take();
      return f(lease.db());
    });
  }

  SqliteReadPool pool_;
};

}  // namespace

Result<std::unique_ptr<TimelineReadStore>> OpenSqliteReadStore(const SqliteStoreSettings& s) {
  return CatchSqlite([&]() -> Result<std::unique_ptr<TimelineReadStore>> {
    return std::unique_ptr<TimelineReadStore>(std::make_unique<SqliteReadStore>(s));
  });
}

}  // namespace latecomer
