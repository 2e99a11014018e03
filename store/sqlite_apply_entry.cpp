// Entries: two records, `entry` and `link`, of which the later counts for what both carry, make one
// row.
#include "store/sqlite_apply.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_schema.h"

namespace latecomer {

std::optional<SqliteApply::EntryRow> SqliteApply::FindEntry(std::int64_t hashtag,
                                                            std::string_view id) {
  SqliteRows rows(db_.Statement("SELECT row, gen, entry_seq, link_seq, n, deleted FROM entry "
                                "WHERE hashtag=? AND id=?"),
                  hashtag, id);
  if (!rows.Next()) return std::nullopt;
  return EntryRow{rows->Int(0),         rows->Int(1), rows->OptionalInt(2),
                  rows->OptionalInt(3), rows->Int(4), rows->Int(5) != 0};
}

std::int64_t SqliteApply::InsertEntry(const Named& hashtag, const EntryRecord& entry,
                                      std::optional<std::int64_t> entry_seq,
                                      std::optional<std::int64_t> link_seq) {
  db_.Statement(
         "INSERT INTO entry(hashtag, id, gen, entry_seq, link_seq, n, tree, published, parents, "
         "contexts, root, via, author, authors, deleted, deleted_at, stamp, digest) "
         "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Run(hashtag.second.row, entry.id, gen_, entry_seq, link_seq, entry.n, entry.tree,
           entry.published, JoinIds(entry.parents), JoinIds(entry.contexts), entry.root,
           entry.via == Via::kThread, entry.author, JoinIds(entry.authors), entry.deleted,
           entry.deleted_at, entry.stamp, DigestToColumn(entry.digest));
  return db_.LastRowId();
}

void SqliteApply::UpdateStructure(std::int64_t row, const EntryRecord& entry) {
  db_.Statement(
         "UPDATE entry SET n=?, tree=?, published=?, parents=?, contexts=?, root=?, via=?, "
         "author=?, authors=?, deleted=?, deleted_at=? WHERE row=?")
      .Run(entry.n, entry.tree, entry.published, JoinIds(entry.parents), JoinIds(entry.contexts),
           entry.root, entry.via == Via::kThread, entry.author, JoinIds(entry.authors),
           entry.deleted, entry.deleted_at, row);
}

void SqliteApply::Entry(Named& hashtag, std::int64_t seq, const EntryRecord& entry) {
  const std::optional<EntryRow> old = FindEntry(hashtag.second.row, entry.id);
  const bool same_gen = old && old->gen == gen_;
  if (same_gen && old->entry_seq && *old->entry_seq >= seq) return;
  if (!old || !old->Visible()) {
    ++hashtag.second.entries;
    if (any_removed_) {  // it is back
      db_.Statement("DELETE FROM removed WHERE hashtag=? AND n=?").Run(hashtag.second.row, entry.n);
    }
  }
  if (!old) {
    const std::int64_t row = InsertEntry(hashtag, entry, seq, std::nullopt);
    if (!entry.deleted && !entry.content.empty()) {
      content_.Put(row, RefOf(hashtag), entry.content, true);
    }
    return;
  }
  const std::optional<std::int64_t> link_seq = same_gen ? old->link_seq : std::nullopt;
  const bool is_newest = !link_seq || *link_seq < seq;
  if (is_newest) UpdateStructure(old->row, entry);
  db_.Statement("UPDATE entry SET gen=?, entry_seq=?, link_seq=?, stamp=?, digest=? WHERE row=?")
      .Run(gen_, seq, link_seq, entry.stamp, DigestToColumn(entry.digest), old->row);
  const bool deleted = is_newest ? entry.deleted : old->deleted;
  if (deleted || entry.content.empty()) {
    content_.Remove(old->row, RefOf(hashtag));
  } else {
    content_.Put(old->row, RefOf(hashtag), entry.content, false);
  }
}

void SqliteApply::Link(Named& hashtag, std::int64_t seq, const EntryRecord& link) {
  const std::optional<EntryRow> old = FindEntry(hashtag.second.row, link.id);
  if (!old) {  // not seen until its entry comes
    InsertEntry(hashtag, link, std::nullopt, seq);
    return;
  }
  const bool same_gen = old->gen == gen_;
  if (same_gen && old->link_seq && *old->link_seq >= seq) return;
  // The content of an older generation holds until its entry comes, or the rebuild ends.
  std::optional<std::int64_t> entry_seq = old->entry_seq;
  if (!same_gen && entry_seq) entry_seq = -1;
  const bool is_newest = !same_gen || old->Seq() < seq;
  if (is_newest) UpdateStructure(old->row, link);
  db_.Statement("UPDATE entry SET gen=?, entry_seq=?, link_seq=? WHERE row=?")
      .Run(gen_, entry_seq, seq, old->row);
  if (is_newest && link.deleted) content_.Remove(old->row, RefOf(hashtag));
}

void SqliteApply::RemoveEntry(Named& hashtag, const EntryRow& row, std::int64_t seq) {
  content_.Remove(row.row, RefOf(hashtag));
  db_.Statement("DELETE FROM entry WHERE row=?").Run(row.row);
  hashtag.second.seq = std::max(hashtag.second.seq, seq);
  WriteMeta(db_, "unscrubbed", "1");
  if (!row.Visible()) return;
  --hashtag.second.entries;
  db_.Statement("INSERT OR REPLACE INTO removed(hashtag, n, gen, seq, at) VALUES(?, ?, ?, ?, ?)")
      .Run(hashtag.second.row, row.n, gen_, seq, now_);
  any_removed_ = true;
}

}  // namespace latecomer
