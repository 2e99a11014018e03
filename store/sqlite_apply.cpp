#include "store/sqlite_apply.h"

#include "base/time.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_schema.h"

namespace latecomer {
namespace {

std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

SqliteApply::SqliteApply(SqliteDb& db, SqliteContent& content, std::int32_t partition,
                         std::int64_t gen, TimeMs now)
    : db_(db),
      content_(content),
      partition_(partition),
      gen_(gen),
      now_(now),
      any_removed_(db.QueryInt("SELECT EXISTS(SELECT 1 FROM removed)") != 0) {
  content_.Begin();
}

SqliteApply::Named& SqliteApply::HashtagOf(const std::string& name) {
  const auto [it, is_new] = hashtags_.try_emplace(name);
  if (!is_new) return *it;
  if (name.empty()) throw SqliteError(Corrupt("A timelines record names no hashtag."));
  {
    SqliteRows rows(db_.Statement("SELECT id FROM hashtag WHERE name=?"), name);
    if (rows.Next()) it->second.row = rows->Int(0);
  }
  if (it->second.row == 0) {
    db_.Statement("INSERT INTO hashtag(name, gen, seq) VALUES(?, ?, -1)").Run(name, gen_);
    it->second.row = db_.LastRowId();
  }
  return *it;
}

std::string SqliteApply::HashtagName(std::int64_t row) {
  SqliteRows rows(db_.Statement("SELECT name FROM hashtag WHERE id=?"), row);
  return rows.Next() ? rows->Text(0) : std::string();
}

void SqliteApply::Record(const SequencedRecord& sequenced) {
  const TimelineRecord& record = sequenced.record;
  const std::int64_t seq = sequenced.seq;
  if (const auto* forgotten = std::get_if<ForgottenRecord>(&record.body)) {
    // One under a hashtag is the builder's memory: nulls beside it have removed what there was.
    if (record.hashtag.empty()) Forgotten(seq, *forgotten);
    return;
  }
  const auto* removed = std::get_if<RemovedRecord>(&record.body);
  if (removed != nullptr && removed->kind == "forgotten") {
    db_.Statement("DELETE FROM forgotten WHERE gen=? AND sha256=?").Run(gen_, removed->id);
    return;
  }
  Named& hashtag = HashtagOf(record.hashtag);
  hashtag.second.seq = std::max(hashtag.second.seq, seq);
  if (removed != nullptr) {
    Removed(hashtag, seq, *removed);
  } else if (const auto* entry = std::get_if<EntryRecord>(&record.body)) {
    entry->is_link ? Link(hashtag, seq, *entry) : Entry(hashtag, seq, *entry);
  } else if (const auto* repost = std::get_if<RepostRecord>(&record.body)) {
    Repost(hashtag, seq, *repost);
  } else if (const auto* tree = std::get_if<TreeRecord>(&record.body)) {
    Tree(hashtag, seq, *tree);
  } else if (const auto* session = std::get_if<SessionRecord>(&record.body)) {
    Session(hashtag, seq, *session);
  } else if (const auto* coverage = std::get_if<CoverageRecord>(&record.body)) {
    Coverage(hashtag, seq, *coverage);
  }
}

void SqliteApply::Repost(Named& hashtag, std::int64_t seq, const RepostRecord& repost) {
  bool was_alive = false;
  {
    SqliteRows rows(db_.Statement("SELECT gen, seq, deleted FROM repost WHERE hashtag=? AND id=?"),
                    hashtag.second.row, repost.id);
    if (rows.Next()) {
      if (rows->Int(0) == gen_ && rows->Int(1) >= seq) return;
      was_alive = rows->Int(2) == 0;
    }
  }
  db_.Statement(
         "INSERT OR REPLACE INTO repost(hashtag, id, gen, seq, objects, published, by_author, "
         "authors, deleted, deleted_at, stamp, digest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Run(hashtag.second.row, repost.id, gen_, seq, JoinIds(repost.objects), repost.published,
           repost.by, JoinIds(repost.authors), repost.deleted, repost.deleted_at, repost.stamp,
           DigestToColumn(repost.digest));
  hashtag.second.reposts += (repost.deleted ? 0 : 1) - (was_alive ? 1 : 0);
}

void SqliteApply::RemoveRepost(Named& hashtag, std::string_view id, std::int64_t seq) {
  {
    SqliteRows rows(db_.Statement("SELECT gen, seq, deleted FROM repost WHERE hashtag=? AND id=?"),
                    hashtag.second.row, id);
    if (!rows.Next() || (rows->Int(0) == gen_ && rows->Int(1) >= seq)) return;
    if (rows->Int(2) == 0) --hashtag.second.reposts;
  }
  db_.Statement("DELETE FROM repost WHERE hashtag=? AND id=?").Run(hashtag.second.row, id);
  hashtag.second.seq = std::max(hashtag.second.seq, seq);
  WriteMeta(db_, "unscrubbed", "1");
}

void SqliteApply::Tree(Named& hashtag, std::int64_t seq, const TreeRecord& tree) {
  db_.Statement(
         "INSERT INTO tree(hashtag, number, gen, seq, root, merged_into) VALUES(?, ?, ?, ?, ?, ?) "
         "ON CONFLICT DO UPDATE SET gen=excluded.gen, seq=excluded.seq, root=excluded.root, "
         "merged_into=excluded.merged_into WHERE gen<>excluded.gen OR seq<excluded.seq")
      .Run(hashtag.second.row, tree.tree, gen_, seq, tree.root, tree.merged_into);
}

void SqliteApply::Session(Named& hashtag, std::int64_t seq, const SessionRecord& session) {
  db_.Statement(
         "INSERT INTO session(hashtag, id, gen, seq, first, last, ends, is_event, event) "
         "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET gen=excluded.gen, "
         "seq=excluded.seq, first=excluded.first, last=excluded.last, ends=excluded.ends, "
         "is_event=excluded.is_event, event=excluded.event "
         "WHERE gen<>excluded.gen OR seq<excluded.seq")
      .Run(hashtag.second.row, session.id, gen_, seq, session.first, session.last, session.ends,
           session.is_event, session.event);
}

void SqliteApply::Coverage(Named& hashtag, std::int64_t seq, const CoverageRecord& coverage) {
  db_.Statement(
         "INSERT INTO coverage(hashtag, source, gen, seq, value) VALUES(?, ?, ?, ?, ?) "
         "ON CONFLICT DO UPDATE SET gen=excluded.gen, seq=excluded.seq, value=excluded.value "
         "WHERE gen<>excluded.gen OR seq<excluded.seq")
      .Run(hashtag.second.row, coverage.source, gen_, seq, CoverageToColumn(coverage));
}

void SqliteApply::Forgotten(std::int64_t seq, const ForgottenRecord& forgotten) {
  db_.Statement(
         "INSERT INTO forgotten(gen, sha256, seq, at, post, author) VALUES(?, ?, ?, ?, ?, ?) "
         "ON CONFLICT DO UPDATE SET seq=excluded.seq, at=excluded.at, post=excluded.post, "
         "author=excluded.author WHERE seq<excluded.seq")
      .Run(gen_, forgotten.sha256, seq, forgotten.at, forgotten.post, forgotten.author);
  // A record that does not say which is taken for both.
  const bool both = !forgotten.post && !forgotten.author;
  Hash& hash = forgotten_[forgotten.sha256];
  hash = {std::max(hash.seq, seq), forgotten.post || both, forgotten.author || both};
}

void SqliteApply::Removed(Named& hashtag, std::int64_t seq, const RemovedRecord& removed) {
  const std::int64_t tag = hashtag.second.row;
  if (removed.kind == "entry" || removed.kind == "link") {
    const std::optional<EntryRow> row = FindEntry(tag, removed.id);
    if (!row || (row->gen == gen_ && row->Seq() >= seq)) return;
    if (removed.kind == "entry" || !row->Visible()) RemoveEntry(hashtag, *row, seq);
  } else if (removed.kind == "repost") {
    RemoveRepost(hashtag, removed.id, seq);
  } else if (removed.kind == "session") {
    const std::optional<TimeMs> id = ParseTime(removed.id);
    if (!id) throw SqliteError(Corrupt("A timelines key names no session: " + Quoted(removed.id)));
    db_.Statement("DELETE FROM session WHERE hashtag=? AND id=? AND (gen<>? OR seq<?)")
        .Run(tag, *id, gen_, seq);
  } else if (removed.kind == "coverage") {
    db_.Statement("DELETE FROM coverage WHERE hashtag=? AND source=? AND (gen<>? OR seq<?)")
        .Run(tag, removed.id, gen_, seq);
  } else if (removed.kind == "tree") {
    db_.Statement(
           "DELETE FROM tree WHERE hashtag=? AND number=CAST(? AS INTEGER) AND (gen<>? OR seq<?)")
        .Run(tag, removed.id, gen_, seq);
  } else {
    throw SqliteError(Corrupt("A timelines key is of no known kind: " + Quoted(removed.kind)));
  }
}

void SqliteApply::Finish() {
  if (!forgotten_.empty()) ApplyForgotten();
  content_.Flush();
  for (const auto& [name, hashtag] : hashtags_) {
    db_.Statement(
           "UPDATE hashtag SET entries=entries+?1, reposts=reposts+?2, "
           "seq=CASE WHEN gen=?3 THEN max(seq, ?4) ELSE ?4 END, gen=?3 WHERE id=?5")
        .Run(hashtag.entries, hashtag.reposts, gen_, hashtag.seq, hashtag.row);
  }
  hashtags_.clear();
}

}  // namespace latecomer
