// What somebody would write by hand for the rows of the sink: COPY into temporary tables, and one
// upsert each.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "store/postgres_conn.h"
#include "store/postgres_schema.h"
#include "store/row_values.h"
#include "store/timeline_store.h"

namespace latecomer {

inline constexpr int kHashtags = 50;

// A row as the hand-written one has it, beside the record that it comes of.
struct Prepared {
  SequencedRecord record;
  std::int32_t hashtag = 0;
  std::int64_t row = 0;
  std::vector<std::int32_t> tokens;
};

inline const EntryRecord* EntryOf(const Prepared& row) {
  return std::get_if<EntryRecord>(&row.record.record.body);
}

inline constexpr const char* kStages =
    "CREATE TEMPORARY TABLE entry_in(LIKE entry) ON COMMIT DELETE ROWS; "
    "CREATE TEMPORARY TABLE content_in(LIKE content) ON COMMIT DELETE ROWS; "
    "CREATE TEMPORARY TABLE tree_in(LIKE tree) ON COMMIT DELETE ROWS";
inline constexpr const char* kUpsertEntries =
    "INSERT INTO entry AS e SELECT * FROM entry_in ON CONFLICT(hashtag, id) DO UPDATE SET "
    "gen=excluded.gen, entry_seq=coalesce(excluded.entry_seq, e.entry_seq), "
    "link_seq=coalesce(excluded.link_seq, e.link_seq), n=excluded.n, tree=excluded.tree, "
    "published=excluded.published, parents=excluded.parents, contexts=excluded.contexts, "
    "root=excluded.root, thread=excluded.thread, author=excluded.author, "
    "authors=excluded.authors, deleted=excluded.deleted, deleted_at=excluded.deleted_at, "
    "stamp=CASE WHEN excluded.entry_seq IS NULL THEN e.stamp ELSE excluded.stamp END, "
    "digest=CASE WHEN excluded.entry_seq IS NULL THEN e.digest ELSE excluded.digest END";

class ByHand {
 public:
  ByHand(const PgTarget& target, bool index) : db_(MakeConn(target)), index_(index) {
    MigratePostgres(*db_);
    EnsurePostgresIndex(*db_, index);
    db_->Exec("SET work_mem='32MB'");  // as the store's own session has it
    db_->Exec(kStages);
    if (index) {
      db_->Exec("CREATE TEMPORARY TABLE text_in(LIKE entry_text) ON COMMIT DELETE ROWS");
    }
    for (int i = 1; i <= kHashtags; ++i) {
      db_->Query("INSERT INTO hashtag(name, gen, seq) VALUES($1, 1, 0)", "tag" + std::to_string(i));
    }
    db_->Exec(
        "INSERT INTO generation(partition) VALUES(0); INSERT INTO sink_offsets(partition, "
        "topic_id, next, moved_at, gen, rebuilding) VALUES(0, 'topic', 0, 0, 1, false)");
  }

  static std::unique_ptr<PgConn> MakeConn(const PgTarget& target) {
    PgConnectSettings settings;
    settings.session_sql = "SET search_path=latecomer; SET client_min_messages=warning";
    settings.silence_max = std::chrono::minutes(5);
    return std::make_unique<PgConn>(target, settings);
  }

  void Apply(const Prepared* begin, const Prepared* end) {
    PgTransaction transaction(*db_, "BEGIN");
    db_->Query("UPDATE sink_offsets SET next=$1 WHERE partition=0 AND next=$2",
               (end - 1)->record.seq + 1, begin->record.seq);
    Entries(begin, end);
    Contents(begin, end);
    Trees(begin, end);
    if (index_) Tokens(begin, end);
    transaction.Commit();
  }

 private:
  void Entries(const Prepared* begin, const Prepared* end) {
    PgCopy copy(*db_, "COPY entry_in FROM STDIN (FORMAT binary)");
    for (const Prepared* row = begin; row != end; ++row) {
      const EntryRecord* entry = EntryOf(*row);
      if (entry == nullptr) continue;
      PgRowWriter& out = copy.Row(19).Int8(row->row).Int8(1);
      entry->is_link ? out.Null().Int8(row->record.seq) : out.Int8(row->record.seq).Null();
      out.Int8(entry->n)
          .Int8(entry->tree)
          .Int8(entry->published)
          .Int8(entry->stamp)
          .Int8(DigestToColumn(entry->digest))
          .OptionalInt8(entry->deleted_at)
          .Int4(row->hashtag)
          .Bool(entry->root)
          .Bool(entry->via == Via::kThread)
          .Bool(entry->deleted)
          .Text(entry->id)
          .Text(JoinIds(entry->parents))
          .Text(JoinIds(entry->contexts))
          .Text(entry->author)
          .Text(JoinIds(entry->authors));
    }
    copy.End();
    db_->Query(kUpsertEntries);
  }

  void Contents(const Prepared* begin, const Prepared* end) {
    PgCopy copy(*db_, "COPY content_in FROM STDIN (FORMAT binary)");
    for (const Prepared* row = begin; row != end; ++row) {
      const EntryRecord* entry = EntryOf(*row);
      if (entry == nullptr || entry->is_link) continue;
      copy.Row(4).Int8(row->row).Int4(row->hashtag).Text("Tag1").Text(entry->content);
    }
    copy.End();
    db_->Query(
        "INSERT INTO content SELECT * FROM content_in ON CONFLICT(row) DO UPDATE SET "
        "json=excluded.json, spelling=excluded.spelling");
  }

  void Trees(const Prepared* begin, const Prepared* end) {
    PgCopy copy(*db_,
                "COPY tree_in(hashtag, number, gen, seq, root, merged_into) FROM STDIN "
                "(FORMAT binary)");
    for (const Prepared* row = begin; row != end; ++row) {
      const auto* tree = std::get_if<TreeRecord>(&row->record.record.body);
      if (tree == nullptr) continue;
      copy.Row(6)
          .Int4(row->hashtag)
          .Int8(tree->tree)
          .Int8(1)
          .Int8(row->record.seq)
          .Text(tree->root)
          .OptionalInt8(tree->merged_into);
    }
    copy.End();
    db_->Query(
        "INSERT INTO tree SELECT * FROM tree_in ON CONFLICT(hashtag, number) DO UPDATE SET "
        "seq=excluded.seq, root=excluded.root, merged_into=excluded.merged_into");
  }

  void Tokens(const Prepared* begin, const Prepared* end) {
    PgCopy copy(*db_, "COPY text_in FROM STDIN (FORMAT binary)");
    for (const Prepared* row = begin; row != end; ++row) {
      const EntryRecord* entry = EntryOf(*row);
      if (entry == nullptr || entry->is_link) continue;
      copy.Row(2).Int8(row->row).Int4Array(row->tokens);
    }
    copy.End();
    db_->Query(
        "INSERT INTO entry_text SELECT * FROM text_in ON CONFLICT(row) DO UPDATE SET "
        "tokens=excluded.tokens");
  }

  std::unique_ptr<PgConn> db_;
  bool index_;
};

}  // namespace latecomer
