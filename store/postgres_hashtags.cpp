#include "store/postgres_hashtags.h"

#include <algorithm>

namespace latecomer {

void PostgresHashtags::Resolve(const std::set<std::string_view>& names) {
  const auto take = [&](const PgRows& rows) {
    for (int i = 0; i < rows.size(); ++i) {
      numbers_.insert_or_assign(rows.Text(i, 0), static_cast<std::int32_t>(rows.Int(i, 1)));
    }
  };
  std::vector<std::string_view> wanted(names.begin(), names.end());
  if (wanted.empty()) return;
  if (wanted.front().empty()) {
    throw StoreError(Corrupt("A timelines record names no hashtag."));
  }
  take(db_.Query("SELECT name, id FROM hashtag WHERE name=ANY($1)", wanted));
  std::erase_if(wanted, [&](std::string_view name) { return numbers_.contains(name); });
  if (wanted.empty()) return;
  take(
      db_.Query("INSERT INTO hashtag(name, gen, seq) SELECT name, $2, -1 FROM unnest($1::text[]) "
                "AS wanted(name) RETURNING name, id",
                wanted, gen_));
}

void PostgresHashtags::Touch(std::int32_t number, std::int64_t seq) {
  Change& change = changes_[number];
  change.seq = std::max(change.seq, seq);
}

void PostgresHashtags::CountSpelling(std::int32_t number, std::string_view spelling, int by) {
  if (!spelling.empty()) spellings_[{number, std::string(spelling)}] += by;
}

void PostgresHashtags::FlushSpellings() {
  std::vector<std::int32_t> numbers;
  std::vector<std::string_view> names;
  std::vector<std::int64_t> counts;
  bool any_fewer = false;
  for (const auto& [key, by] : spellings_) {
    if (by == 0) continue;
    numbers.push_back(key.first);
    names.emplace_back(key.second);
    counts.push_back(by);
    any_fewer = any_fewer || by < 0;
  }
  if (numbers.empty()) return;
  db_.Query(
      "INSERT INTO spelling AS s(hashtag, name, posts) "
      "SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[]) "
      "ON CONFLICT(hashtag, name) DO UPDATE SET posts=s.posts+excluded.posts",
      numbers, names, counts);
  if (any_fewer) {
    db_.Query("DELETE FROM spelling WHERE hashtag=ANY($1) AND posts<=0", numbers);
  }
  spellings_.clear();
}

void PostgresHashtags::Flush() {
  FlushSpellings();
  std::vector<std::int32_t> numbers;
  std::vector<std::int64_t> entries;
  std::vector<std::int64_t> reposts;
  std::vector<std::int64_t> seqs;
  for (const auto& [number, change] : changes_) {
    numbers.push_back(number);
    entries.push_back(change.entries);
    reposts.push_back(change.reposts);
    seqs.push_back(change.seq);
  }
  changes_.clear();
  if (numbers.empty()) return;
  db_.Query(
      "UPDATE hashtag h SET entries=h.entries+c.entries, reposts=h.reposts+c.reposts, "
      "seq=CASE WHEN h.gen=$5 THEN greatest(h.seq, c.seq) ELSE c.seq END, gen=$5 "
      "FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[]) "
      "AS c(number, entries, reposts, seq) WHERE h.id=c.number",
      numbers, entries, reposts, seqs, gen_);
}

}  // namespace latecomer
