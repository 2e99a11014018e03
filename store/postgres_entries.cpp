#include "store/postgres_entries.h"

#include "model/post_json.h"
#include "store/postgres_search.h"
#include "store/row_values.h"
#include "store/search_text.h"

namespace latecomer {
namespace {

constexpr std::size_t kRemovedAtOnce = 10'000;

constexpr const char* kFind =
    "SELECT k.i, e.row, e.gen, e.entry_seq, e.link_seq, e.n "
    "FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS k(hashtag, id, i) "
    "JOIN entry e ON e.hashtag=k.hashtag AND e.id=k.id";
constexpr const char* kInsert =
    "COPY entry(row, gen, entry_seq, link_seq, n, tree, published, deleted_at, root, thread, "
    "deleted, parents, contexts, author, authors, stamp, digest, hashtag, id) FROM STDIN "
    "(FORMAT binary)";
constexpr const char* kStage =
    "COPY entry_stage(row, gen, entry_seq, link_seq, n, tree, published, deleted_at, root, thread, "
    "deleted, parents, contexts, author, authors, stamp, digest) FROM STDIN (FORMAT binary)";
constexpr const char* kUpdate =
    "UPDATE entry e SET gen=s.gen, entry_seq=s.entry_seq, link_seq=s.link_seq, n=s.n, tree=s.tree, "
    "published=s.published, deleted_at=s.deleted_at, root=s.root, thread=s.thread, "
    "deleted=s.deleted, parents=s.parents, contexts=s.contexts, author=s.author, "
    "authors=s.authors, stamp=coalesce(s.stamp, e.stamp), digest=coalesce(s.digest, e.digest) "
    "FROM entry_stage s WHERE e.row=s.row";
constexpr int kStructureColumns = 15;

[[noreturn]] void ThrowMet(const PgConn& db) {
  throw StoreError(
      RetryLater("Another sink changed rows of the same hashtag in " + db.name() + " meanwhile."));
}

void AppendStructure(PgRowWriter& out, std::int64_t row, std::int64_t gen,
                     const std::optional<std::int64_t>& entry_seq,
                     const std::optional<std::int64_t>& link_seq, const EntryRecord& shape) {
  out.Int8(row)
      .Int8(gen)
      .OptionalInt8(entry_seq)
      .OptionalInt8(link_seq)
      .Int8(shape.n)
      .Int8(shape.tree)
      .Int8(shape.published)
      .OptionalInt8(shape.deleted_at)
      .Bool(shape.root)
      .Bool(shape.via == Via::kThread)
      .Bool(shape.deleted)
      .Text(JoinIds(shape.parents))
      .Text(JoinIds(shape.contexts))
      .Text(shape.author)
      .Text(JoinIds(shape.authors));
}

}  // namespace

std::int64_t PostgresRowNumbers::Take(PgConn& db) {
  if (next_ == end_) {
    next_ = db.Query("SELECT nextval('entry_row')").Int(0, 0);
    end_ = next_ + kBlock;
  }
  return next_++;
}

void MakePostgresStages(PgConn& db) {
  db.Exec(
      "CREATE TEMPORARY TABLE entry_stage(row bigint, gen bigint, entry_seq bigint, "
      "link_seq bigint, n bigint, tree bigint, published bigint, stamp bigint, digest bigint, "
      "deleted_at bigint, root boolean, thread boolean, deleted boolean, parents text, "
      "contexts text, author text, authors text) ON COMMIT DELETE ROWS; "
      "CREATE TEMPORARY TABLE repost_stage(LIKE repost) ON COMMIT DELETE ROWS; "
      "CREATE TEMPORARY TABLE tree_stage(LIKE tree) ON COMMIT DELETE ROWS; "
      "CREATE TEMPORARY TABLE session_stage(LIKE session) ON COMMIT DELETE ROWS");
}

void PostgresEntries::Apply(const std::vector<EntryOp>& ops) {
  if (ops.empty()) return;
  const std::vector<std::optional<Old>> olds = Find(ops);
  Plan plan;
  for (std::size_t i = 0; i < ops.size(); ++i) PlanOne(ops[i], olds[i], plan);
  Remove(plan.gone);
  DropContents(plan.content_goes);
  Update(plan.updates);
  Insert(plan.inserts);
  InsertContents(plan.content_comes);
  if (batch_.any_removed && !plan.seen_numbers.empty()) {  // they are back
    db_.Query(
        "DELETE FROM removed r USING unnest($1::integer[], $2::bigint[]) AS k(hashtag, n) "
        "WHERE r.hashtag=k.hashtag AND r.n=k.n",
        plan.seen_hashtags, plan.seen_numbers);
  }
}

std::vector<std::optional<PostgresEntries::Old>> PostgresEntries::Find(
    const std::vector<EntryOp>& ops) {
  std::vector<std::int32_t> hashtags;
  std::vector<std::string_view> ids;
  hashtags.reserve(ops.size());
  ids.reserve(ops.size());
  for (const EntryOp& op : ops) {
    hashtags.push_back(op.hashtag);
    ids.push_back(op.id);
  }
  const PgRows rows = db_.Query(kFind, hashtags, ids);
  std::vector<std::optional<Old>> out(ops.size());
  for (int i = 0; i < rows.size(); ++i) {
    out[static_cast<std::size_t>(rows.Int(i, 0)) - 1] =
        Old{rows.Int(i, 1), rows.Int(i, 2), rows.OptionalInt(i, 3), rows.OptionalInt(i, 4),
            rows.Int(i, 5)};
  }
  return out;
}

void PostgresEntries::PlanOne(const EntryOp& op, std::optional<Old> old, Plan& plan) {
  const auto goes = [&](std::int64_t seq) {
    plan.gone.push_back({old->row, op.hashtag, old->n, old->entry_seq.has_value(), seq});
    old.reset();
  };
  if (old && op.removed_seq >= 0) {
    goes(op.removed_seq);
  } else if (old && op.unlinked_seq >= 0 && !old->entry_seq && !op.Writes()) {
    goes(op.unlinked_seq);
  }
  if (!op.Writes()) return;
  // Sequences are comparable within one generation only: an older row's give way to any.
  const bool same_gen = old && old->gen == batch_.gen;
  Row row{&op, old ? old->row : numbers_.Take(db_), std::nullopt, std::nullopt};
  if (op.entry != nullptr) {
    row.entry_seq = op.entry_seq;
  } else if (old && old->entry_seq) {
    // The content of an older generation holds until its entry comes, or the rebuild ends.
    row.entry_seq = same_gen ? *old->entry_seq : -1;
  }
  if (op.link != nullptr) {
    row.link_seq = op.link_seq;
  } else if (same_gen) {
    row.link_seq = old->link_seq;
  }
  if (op.entry != nullptr && (!old || !old->entry_seq)) {
    ++hashtags_[op.hashtag].entries;
    plan.seen_hashtags.push_back(op.hashtag);
    plan.seen_numbers.push_back(op.Shape().n);
  }
  (old ? plan.updates : plan.inserts).push_back(row);
  const bool deleted = op.Shape().deleted || (op.entry != nullptr && op.entry->deleted);
  if (old && (op.entry != nullptr || deleted)) plan.content_goes.push_back(row.row);
  if (op.entry != nullptr && !deleted && !op.entry->content.empty()) {
    plan.content_comes.push_back(row);
  }
}

void PostgresEntries::Remove(const std::vector<Gone>& gone) {
  for (std::size_t from = 0; from < gone.size(); from += kRemovedAtOnce) {
    RemoveSome(gone, from, std::min(gone.size(), from + kRemovedAtOnce));
  }
}

void PostgresEntries::RemoveSome(const std::vector<Gone>& gone, std::size_t from, std::size_t to) {
  std::vector<std::int64_t> rows;
  std::vector<std::int32_t> hashtags;
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> seqs;
  for (std::size_t i = from; i < to; ++i) {
    const Gone& one = gone[i];
    rows.push_back(one.row);
    hashtags_.Touch(one.hashtag, one.seq);
    if (!one.was_seen) continue;
    --hashtags_[one.hashtag].entries;
    hashtags.push_back(one.hashtag);
    numbers.push_back(one.n);
    seqs.push_back(one.seq);
  }
  batch_.deletes = true;
  DropContents(rows);
  const auto deleted = db_.Query("DELETE FROM entry WHERE row=ANY($1)", rows).affected();
  if (deleted != static_cast<std::int64_t>(rows.size())) ThrowMet(db_);
  if (numbers.empty()) return;
  db_.Query(
      "INSERT INTO removed(hashtag, n, gen, seq, at) SELECT k.hashtag, k.n, $4, max(k.seq), $5 "
      "FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS k(hashtag, n, seq) "
      "GROUP BY k.hashtag, k.n ON CONFLICT(hashtag, n) DO UPDATE SET gen=excluded.gen, "
      "seq=excluded.seq, at=excluded.at",
      hashtags, numbers, seqs, batch_.gen, batch_.at);
}

void PostgresEntries::DropContents(const std::vector<std::int64_t>& rows) {
  if (rows.empty()) return;
  const PgRows gone =
      db_.Query("DELETE FROM content WHERE row=ANY($1) RETURNING hashtag, spelling", rows);
  for (int i = 0; i < gone.size(); ++i) {
    hashtags_.CountSpelling(static_cast<std::int32_t>(gone.Int(i, 0)), gone.View(i, 1), -1);
  }
  if (gone.size() > 0) batch_.deletes = true;
  if (batch_.indexed) db_.Query("DELETE FROM entry_text WHERE row=ANY($1)", rows);
}

void PostgresEntries::Update(const std::vector<Row>& rows) {
  if (rows.empty()) return;
  PgCopy copy(db_, kStage);
  for (const Row& row : rows) {
    PgRowWriter& out = copy.Row(kStructureColumns + 2);
    AppendStructure(out, row.row, batch_.gen, row.entry_seq, row.link_seq, row.op->Shape());
    if (const EntryRecord* entry = row.op->entry; entry != nullptr) {
      out.Int8(entry->stamp).Int8(DigestToColumn(entry->digest));
    } else {
      out.Null().Null();
    }
  }
  copy.End();
  if (db_.Query(kUpdate).affected() != static_cast<std::int64_t>(rows.size())) ThrowMet(db_);
}

void PostgresEntries::Insert(const std::vector<Row>& rows) {
  if (rows.empty()) return;
  PgCopy copy(db_, kInsert);
  for (const Row& row : rows) {
    PgRowWriter& out = copy.Row(kStructureColumns + 4);
    AppendStructure(out, row.row, batch_.gen, row.entry_seq, row.link_seq, row.op->Shape());
    const EntryRecord& version = row.op->entry != nullptr ? *row.op->entry : *row.op->link;
    out.Int8(version.stamp)
        .Int8(DigestToColumn(version.digest))
        .Int4(row.op->hashtag)
        .Text(row.op->id);
  }
  copy.End();
}

void PostgresEntries::InsertContents(const std::vector<Row>& rows) {
  if (rows.empty()) return;
  std::vector<std::vector<std::int32_t>> tokens;
  PgCopy copy(db_, "COPY content(row, hashtag, spelling, json) FROM STDIN (FORMAT binary)");
  for (const Row& row : rows) {
    Post post;
    if (Status read = ReadContent(row.op->entry->content, post); !read) {
      throw StoreError(Corrupt("A timelines record has content that is no content object: " +
                               read.error().message));
    }
    const std::string spelling = spellings_.Of(row.op->hashtag_name, post);
    hashtags_.CountSpelling(row.op->hashtag, spelling, 1);
    copy.Row(4).Int8(row.row).Int4(row.op->hashtag).Text(spelling).Text(row.op->entry->content);
    if (batch_.indexed) tokens.push_back(IndexedNumbers(row.op->hashtag, SearchText(post)));
  }
  copy.End();
  if (!batch_.indexed) return;
  PgCopy index(db_, "COPY entry_text(row, tokens) FROM STDIN (FORMAT binary)");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    index.Row(2).Int8(rows[i].row).Int4Array(tokens[i]);
  }
  index.End();
}

}  // namespace latecomer
