#include "store/postgres_sweep.h"

namespace latecomer {
namespace {

// The batches' plans are for few rows of many; these are for all.
constexpr const char* kPlanForAll = "SET LOCAL enable_hashjoin=on; SET LOCAL enable_mergejoin=on";
constexpr const char* kPlanForFew = "SET LOCAL enable_hashjoin=off; SET LOCAL enable_mergejoin=off";

// Columns: row, hashtag, n, whether it was seen, the version of its going.
constexpr const char* kForgottenEntries = R"sql(
WITH f AS MATERIALIZED (
  SELECT decode(sha256, 'hex') AS hash, seq, post, author
  FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::integer[])
    AS f(sha256, seq, post, author)),
e AS MATERIALIZED (
  SELECT row, id, author, authors FROM entry
  WHERE gen IN (SELECT gen FROM generation WHERE partition=$5)),
hit AS (
  SELECT e.row, f.seq FROM e JOIN f ON f.hash=sha256(convert_to(e.id, 'UTF8')) WHERE f.post=1
  UNION ALL
  SELECT e.row, f.seq FROM e JOIN f ON f.hash=sha256(convert_to(e.author, 'UTF8'))
  WHERE f.author=1 AND e.author<>''
  UNION ALL
  SELECT e.row, f.seq FROM e CROSS JOIN LATERAL string_to_table(e.authors, E'\n') AS a(id)
  JOIN f ON f.hash=sha256(convert_to(a.id, 'UTF8')) WHERE f.author=1 AND e.authors<>''),
newest AS (SELECT row, max(seq) AS seq FROM hit GROUP BY row)
SELECT e.row, e.hashtag, e.n, e.entry_seq IS NOT NULL, newest.seq
FROM newest JOIN entry e ON e.row=newest.row
WHERE e.gen<>$6
  OR greatest(coalesce(e.entry_seq, -1), coalesce(e.link_seq, -1))<newest.seq
)sql";

// Columns: hashtag, whether it was deleted, the version of its going.
constexpr const char* kForgetReposts = R"sql(
WITH f AS MATERIALIZED (
  SELECT decode(sha256, 'hex') AS hash, seq, post, author
  FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::integer[])
    AS f(sha256, seq, post, author)),
r AS MATERIALIZED (
  SELECT hashtag, id, by_author, authors FROM repost
  WHERE gen IN (SELECT gen FROM generation WHERE partition=$5)),
hit AS (
  SELECT r.hashtag, r.id, f.seq FROM r JOIN f ON f.hash=sha256(convert_to(r.id, 'UTF8'))
  WHERE f.post=1
  UNION ALL
  SELECT r.hashtag, r.id, f.seq FROM r JOIN f ON f.hash=sha256(convert_to(r.by_author, 'UTF8'))
  WHERE f.author=1 AND r.by_author<>''
  UNION ALL
  SELECT r.hashtag, r.id, f.seq
  FROM r CROSS JOIN LATERAL string_to_table(r.authors, E'\n') AS a(id)
  JOIN f ON f.hash=sha256(convert_to(a.id, 'UTF8')) WHERE f.author=1 AND r.authors<>''),
newest AS (SELECT hashtag, id, max(seq) AS seq FROM hit GROUP BY hashtag, id)
DELETE FROM repost r USING newest
WHERE r.hashtag=newest.hashtag AND r.id=newest.id AND (r.gen<>$6 OR r.seq<newest.seq)
RETURNING r.hashtag, r.deleted, newest.seq
)sql";

}  // namespace

void PostgresSweep::Forget(const std::unordered_map<std::string, PostgresOthers::Hash>& forgotten) {
  if (forgotten.empty()) return;
  std::vector<std::string_view> hashes;
  std::vector<std::int64_t> seqs;
  std::vector<std::int32_t> posts;
  std::vector<std::int32_t> authors;
  for (const auto& [sha256, hash] : forgotten) {
    hashes.emplace_back(sha256);
    seqs.push_back(hash.seq);
    posts.push_back(hash.post ? 1 : 0);
    authors.push_back(hash.author ? 1 : 0);
  }
  db_.Exec(kPlanForAll);
  const PgRows entries =
      db_.Query(kForgottenEntries, hashes, seqs, posts, authors, batch_.partition, batch_.gen);
  const PgRows reposts =
      db_.Query(kForgetReposts, hashes, seqs, posts, authors, batch_.partition, batch_.gen);
  db_.Exec(kPlanForFew);
  RemoveEntries(entries);
  CountReposts(reposts);
}

void PostgresSweep::RemoveEntries(const PgRows& rows) {
  std::vector<PostgresEntries::Gone> gone;
  for (int i = 0; i < rows.size(); ++i) {
    gone.push_back({rows.Int(i, 0), static_cast<std::int32_t>(rows.Int(i, 1)), rows.Int(i, 2),
                    rows.Bool(i, 3), rows.Int(i, 4)});
  }
  entries_.Remove(gone);
}

void PostgresSweep::CountReposts(const PgRows& rows) {
  for (int i = 0; i < rows.size(); ++i) {
    const auto hashtag = static_cast<std::int32_t>(rows.Int(i, 0));
    if (!rows.Bool(i, 1)) --hashtags_[hashtag].reposts;
    hashtags_.Touch(hashtag, rows.Int(i, 2));
    batch_.deletes = true;
  }
}

void PostgresSweep::DropOldHalves(std::int64_t applied) {
  // entry_seq -1: a link of this generation on an entry of an older one.
  const PgRows halves = db_.Query(
      "UPDATE entry SET entry_seq=NULL WHERE gen=$1 AND entry_seq=-1 RETURNING row, hashtag",
      batch_.gen);
  std::vector<std::int64_t> rows;
  for (int i = 0; i < halves.size(); ++i) {
    rows.push_back(halves.Int(i, 0));
    const auto hashtag = static_cast<std::int32_t>(halves.Int(i, 1));
    --hashtags_[hashtag].entries;
    hashtags_.Touch(hashtag, applied);
  }
  entries_.DropContents(rows);
}

void PostgresSweep::DeleteOlderGenerations(std::int64_t applied) {
  db_.Exec(kPlanForAll);
  RemoveEntries(
      db_.Query("SELECT row, hashtag, n, entry_seq IS NOT NULL, $3 FROM entry WHERE gen IN "
                "(SELECT gen FROM generation WHERE partition=$1 AND gen<>$2)",
                batch_.partition, batch_.gen, applied));
  DropOldHalves(applied);
  CountReposts(db_.Query(
      "DELETE FROM repost WHERE gen IN (SELECT gen FROM generation WHERE partition=$1 AND gen<>$2) "
      "RETURNING hashtag, deleted, $3",
      batch_.partition, batch_.gen, applied));
  for (const char* sql :
       {"DELETE FROM tree WHERE gen IN (SELECT gen FROM generation WHERE partition=$1 AND gen<>$2)",
        "DELETE FROM session WHERE gen IN (SELECT gen FROM generation WHERE partition=$1 AND "
        "gen<>$2)",
        "DELETE FROM coverage WHERE gen IN (SELECT gen FROM generation WHERE partition=$1 AND "
        "gen<>$2)",
        "DELETE FROM forgotten WHERE gen IN (SELECT gen FROM generation WHERE partition=$1 AND "
        "gen<>$2)",
        "DELETE FROM removed WHERE gen IN (SELECT gen FROM generation WHERE partition=$1 AND "
        "gen<>$2)"}) {
    db_.Query(sql, batch_.partition, batch_.gen);
  }
  hashtags_.Flush();
  db_.Query(
      "UPDATE hashtag SET gen=$2, seq=$3 WHERE gen IN (SELECT gen FROM generation "
      "WHERE partition=$1 AND gen<>$2)",
      batch_.partition, batch_.gen, applied);
  db_.Query("DELETE FROM generation WHERE partition=$1 AND gen<>$2", batch_.partition, batch_.gen);
}

}  // namespace latecomer
