#include "store/postgres_others.h"

#include <charconv>

#include "base/time.h"
#include "store/row_values.h"

namespace latecomer {
namespace {

std::int64_t NumberFrom(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw StoreError(
        Corrupt("A timelines key names no conversation: \"" + std::string(text) + '"'));
  }
  return number;
}

}  // namespace

void PostgresOthers::Add(std::int32_t hashtag, const SequencedRecord& sequenced) {
  const auto& body = sequenced.record.body;
  const std::int64_t seq = sequenced.seq;
  if (const auto* repost = std::get_if<RepostRecord>(&body)) {
    reposts_.push_back({hashtag, seq, repost});
  } else if (const auto* tree = std::get_if<TreeRecord>(&body)) {
    trees_.push_back({hashtag, seq, tree});
  } else if (const auto* session = std::get_if<SessionRecord>(&body)) {
    sessions_.push_back({hashtag, seq, session});
  } else if (const auto* coverage = std::get_if<CoverageRecord>(&body)) {
    coverage_.push_back({hashtag, seq, coverage});
  } else if (const auto* forgotten = std::get_if<ForgottenRecord>(&body)) {
    Forgotten(seq, *forgotten);
  } else if (const auto* removed = std::get_if<RemovedRecord>(&body)) {
    Removed(hashtag, *removed);
  }
}

void PostgresOthers::Removed(std::int32_t hashtag, const RemovedRecord& removed) {
  if (removed.kind == "repost") {
    removed_reposts_.Add(hashtag, removed.id);
  } else if (removed.kind == "session") {
    const std::optional<TimeMs> id = ParseTime(removed.id);
    if (!id) {
      throw StoreError(Corrupt("A timelines key names no session: \"" + removed.id + '"'));
    }
    removed_sessions_.Add(hashtag, *id);
  } else if (removed.kind == "coverage") {
    removed_coverage_.Add(hashtag, removed.id);
  } else if (removed.kind == "tree") {
    removed_trees_.Add(hashtag, NumberFrom(removed.id));
  } else if (removed.kind == "forgotten") {
    remembered_.push_back(removed.id);
  } else {
    throw StoreError(Corrupt("A timelines key is of no known kind: \"" + removed.kind + '"'));
  }
}

void PostgresOthers::Forgotten(std::int64_t seq, const ForgottenRecord& forgotten) {
  forgets_.emplace_back(seq, &forgotten);
  // A record that does not say which is taken for both.
  const bool both = !forgotten.post && !forgotten.author;
  forgotten_[forgotten.sha256] = {seq, forgotten.post || both, forgotten.author || both};
}

void PostgresOthers::Flush() {
  FlushReposts();
  FlushTrees();
  FlushSessions();
  FlushCoverage();
  FlushForgotten();
}

void PostgresOthers::FlushReposts() {
  if (!removed_reposts_.keys.empty()) {
    const PgRows gone = db_.Query(
        "DELETE FROM repost r USING unnest($1::integer[], $2::text[]) AS k(hashtag, id) "
        "WHERE r.hashtag=k.hashtag AND r.id=k.id RETURNING r.hashtag, r.deleted",
        removed_reposts_.hashtags, removed_reposts_.keys);
    for (int i = 0; i < gone.size(); ++i) {
      if (!gone.Bool(i, 1)) --hashtags_[static_cast<std::int32_t>(gone.Int(i, 0))].reposts;
    }
    if (gone.size() > 0) batch_.deletes = true;
  }
  if (reposts_.empty()) return;
  PgCopy copy(db_,
              "COPY repost_stage(hashtag, id, gen, seq, objects, published, by_author, authors, "
              "deleted, deleted_at, stamp, digest) FROM STDIN (FORMAT binary)");
  for (const auto& [hashtag, seq, repost] : reposts_) {
    copy.Row(12)
        .Int4(hashtag)
        .Text(repost->id)
        .Int8(batch_.gen)
        .Int8(seq)
        .Text(JoinIds(repost->objects))
        .OptionalInt8(repost->published)
        .Text(repost->by)
        .Text(JoinIds(repost->authors))
        .Bool(repost->deleted)
        .OptionalInt8(repost->deleted_at)
        .Int8(repost->stamp)
        .Int8(DigestToColumn(repost->digest));
    if (!repost->deleted) ++hashtags_[hashtag].reposts;
  }
  copy.End();
  const PgRows alive = db_.Query(
      "SELECT r.hashtag, count(*) FROM repost_stage s JOIN repost r "
      "ON r.hashtag=s.hashtag AND r.id=s.id WHERE NOT r.deleted GROUP BY r.hashtag");
  for (int i = 0; i < alive.size(); ++i) {
    hashtags_[static_cast<std::int32_t>(alive.Int(i, 0))].reposts -= alive.Int(i, 1);
  }
  db_.Query(
      "INSERT INTO repost SELECT * FROM repost_stage ON CONFLICT(hashtag, id) DO UPDATE SET "
      "gen=excluded.gen, seq=excluded.seq, objects=excluded.objects, "
      "published=excluded.published, by_author=excluded.by_author, authors=excluded.authors, "
      "deleted=excluded.deleted, deleted_at=excluded.deleted_at, stamp=excluded.stamp, "
      "digest=excluded.digest");
}

void PostgresOthers::FlushTrees() {
  if (!removed_trees_.keys.empty()) {
    db_.Query(
        "DELETE FROM tree t USING unnest($1::integer[], $2::bigint[]) AS k(hashtag, number) "
        "WHERE t.hashtag=k.hashtag AND t.number=k.number",
        removed_trees_.hashtags, removed_trees_.keys);
  }
  if (trees_.empty()) return;
  PgCopy copy(db_,
              "COPY tree_stage(hashtag, number, gen, seq, root, merged_into) FROM STDIN "
              "(FORMAT binary)");
  for (const auto& [hashtag, seq, tree] : trees_) {
    copy.Row(6)
        .Int4(hashtag)
        .Int8(tree->tree)
        .Int8(batch_.gen)
        .Int8(seq)
        .Text(tree->root)
        .OptionalInt8(tree->merged_into);
  }
  copy.End();
  db_.Query(
      "INSERT INTO tree SELECT * FROM tree_stage ON CONFLICT(hashtag, number) DO UPDATE SET "
      "gen=excluded.gen, seq=excluded.seq, root=excluded.root, merged_into=excluded.merged_into");
}

void PostgresOthers::FlushSessions() {
  if (!removed_sessions_.keys.empty()) {
    db_.Query(
        "DELETE FROM session s USING unnest($1::integer[], $2::bigint[]) AS k(hashtag, id) "
        "WHERE s.hashtag=k.hashtag AND s.id=k.id",
        removed_sessions_.hashtags, removed_sessions_.keys);
  }
  if (sessions_.empty()) return;
  PgCopy copy(db_,
              "COPY session_stage(hashtag, id, gen, seq, first, last, ends, is_event, event) FROM "
              "STDIN (FORMAT binary)");
  for (const auto& [hashtag, seq, session] : sessions_) {
    copy.Row(9)
        .Int4(hashtag)
        .Int8(session->id)
        .Int8(batch_.gen)
        .Int8(seq)
        .OptionalInt8(session->first)
        .OptionalInt8(session->last)
        .Int8(session->ends)
        .Bool(session->is_event)
        .Text(session->event);
  }
  copy.End();
  db_.Query(
      "INSERT INTO session SELECT * FROM session_stage ON CONFLICT(hashtag, id) DO UPDATE SET "
      "gen=excluded.gen, seq=excluded.seq, first=excluded.first, last=excluded.last, "
      "ends=excluded.ends, is_event=excluded.is_event, event=excluded.event");
}

void PostgresOthers::FlushCoverage() {
  if (!removed_coverage_.keys.empty()) {
    db_.Query(
        "DELETE FROM coverage c USING unnest($1::integer[], $2::text[]) AS k(hashtag, source) "
        "WHERE c.hashtag=k.hashtag AND c.source=k.source",
        removed_coverage_.hashtags, removed_coverage_.keys);
  }
  if (coverage_.empty()) return;
  std::vector<std::int32_t> hashtags;
  std::vector<std::string_view> sources;
  std::vector<std::int64_t> seqs;
  std::vector<std::string> values;
  for (const auto& [hashtag, seq, coverage] : coverage_) {
    hashtags.push_back(hashtag);
    sources.emplace_back(coverage->source);
    seqs.push_back(seq);
    values.push_back(CoverageToColumn(*coverage));
  }
  db_.Query(
      "INSERT INTO coverage(hashtag, source, gen, seq, value) "
      "SELECT k.hashtag, k.source, $5, k.seq, k.value "
      "FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::text[]) "
      "AS k(hashtag, source, seq, value) ON CONFLICT(hashtag, source) DO UPDATE SET "
      "gen=excluded.gen, seq=excluded.seq, value=excluded.value",
      hashtags, sources, seqs, values, batch_.gen);
}

void PostgresOthers::FlushForgotten() {
  if (!remembered_.empty()) {
    db_.Query("DELETE FROM forgotten WHERE gen=$1 AND sha256=ANY($2)", batch_.gen, remembered_);
  }
  if (forgets_.empty()) return;
  std::vector<std::string_view> hashes;
  std::vector<std::int64_t> seqs;
  std::vector<std::int64_t> ats;
  std::vector<std::int32_t> posts;
  std::vector<std::int32_t> authors;
  for (const auto& [seq, forgotten] : forgets_) {
    hashes.push_back(forgotten->sha256);
    seqs.push_back(seq);
    ats.push_back(forgotten->at);
    posts.push_back(forgotten->post ? 1 : 0);
    authors.push_back(forgotten->author ? 1 : 0);
  }
  db_.Query(
      "INSERT INTO forgotten(gen, sha256, seq, at, post, author) "
      "SELECT $1, k.sha256, k.seq, k.at, k.post=1, k.author=1 FROM "
      "unnest($2::text[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[]) "
      "AS k(sha256, seq, at, post, author) ON CONFLICT(gen, sha256) DO UPDATE SET "
      "seq=excluded.seq, at=excluded.at, post=excluded.post, author=excluded.author",
      batch_.gen, hashes, seqs, ats, posts, authors);
}

}  // namespace latecomer
