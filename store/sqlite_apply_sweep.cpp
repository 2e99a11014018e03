// What takes a look at every row of a partition: forgetting, and the end of a rebuild.
#include <vector>

#include "base/sha256.h"
#include "store/sqlite_apply.h"
#include "store/sqlite_rows.h"

namespace latecomer {
namespace {

constexpr std::size_t kAuthorsKnownMax = 100'000;

}  // namespace

std::optional<std::int64_t> SqliteApply::ForgottenSeq(std::string_view id, bool as_author) {
  const auto it = forgotten_.find(Sha256Hex(id));
  if (it == forgotten_.end()) return std::nullopt;
  if (as_author ? !it->second.author : !it->second.post) return std::nullopt;
  return it->second.seq;
}

void SqliteApply::ApplyForgotten() {
  bool posts = false;
  bool authors = false;
  for (const auto& [sha256, hash] : forgotten_) {
    posts |= hash.post;
    authors |= hash.author;
  }
  // Authors repeat: each is hashed once.
  std::unordered_map<std::string, std::int64_t> known;
  const auto by_author = [&](std::string_view author) {
    if (author.empty()) return std::int64_t{-1};
    if (known.size() > kAuthorsKnownMax) known.clear();
    const auto [it, is_new] = known.try_emplace(std::string(author), -1);
    if (is_new) it->second = ForgottenSeq(author, true).value_or(-1);
    return it->second;
  };
  const auto forgotten_at = [&](std::string_view id, std::string_view author,
                                std::string_view all_authors) {
    std::int64_t seq = posts ? ForgottenSeq(id, false).value_or(-1) : -1;
    if (!authors) return seq;
    seq = std::max(seq, by_author(author));
    for (const std::string& other : SplitIds(all_authors)) seq = std::max(seq, by_author(other));
    return seq;
  };
  ForgetEntries(forgotten_at);
  ForgetReposts(forgotten_at);
}

void SqliteApply::ForgetEntries(const ForgottenAt& forgotten_at) {
  struct Gone {
    std::int64_t hashtag;
    EntryRow row;
    std::int64_t seq;
  };
  std::vector<Gone> gone;
  {
    SqliteRows rows(
        db_.Statement("SELECT hashtag, id, author, authors, row, gen, entry_seq, link_seq, n, "
                      "deleted FROM entry WHERE gen IN (SELECT gen FROM generation "
                      "WHERE partition=?)"),
        partition_);
    while (rows.Next()) {
      const std::int64_t seq = forgotten_at(rows->View(1), rows->View(2), rows->View(3));
      if (seq < 0) continue;
      const EntryRow row{rows->Int(4),         rows->Int(5), rows->OptionalInt(6),
                         rows->OptionalInt(7), rows->Int(8), rows->Int(9) != 0};
      if (row.gen != gen_ || row.Seq() < seq) gone.push_back({rows->Int(0), row, seq});
    }
  }
  for (const Gone& one : gone) RemoveEntry(HashtagOf(HashtagName(one.hashtag)), one.row, one.seq);
}

void SqliteApply::ForgetReposts(const ForgottenAt& forgotten_at) {
  struct Gone {
    std::int64_t hashtag;
    std::string id;
    std::int64_t seq;
  };
  std::vector<Gone> gone;
  {
    SqliteRows rows(db_.Statement("SELECT hashtag, id, by_author, authors FROM repost WHERE gen IN "
                                  "(SELECT gen FROM generation WHERE partition=?)"),
                    partition_);
    while (rows.Next()) {
      const std::int64_t seq = forgotten_at(rows->View(1), rows->View(2), rows->View(3));
      if (seq >= 0) gone.push_back({rows->Int(0), rows->Text(1), seq});
    }
  }
  for (const Gone& one : gone) RemoveRepost(HashtagOf(HashtagName(one.hashtag)), one.id, one.seq);
}

void SqliteApply::DeleteOlderGenerations(std::int64_t applied) {
  DeleteOlderEntries(applied);
  DeleteOlderReposts(applied);
  for (const char* sql :
       {"DELETE FROM tree WHERE gen IN (SELECT gen FROM generation WHERE partition=?1 AND gen<>?2)",
        "DELETE FROM session WHERE gen IN (SELECT gen FROM generation WHERE partition=?1 AND "
        "gen<>?2)",
        "DELETE FROM coverage WHERE gen IN (SELECT gen FROM generation WHERE partition=?1 AND "
        "gen<>?2)",
        "DELETE FROM forgotten WHERE gen IN (SELECT gen FROM generation WHERE partition=?1 AND "
        "gen<>?2)",
        "DELETE FROM removed WHERE gen IN (SELECT gen FROM generation WHERE partition=?1 AND "
        "gen<>?2)"}) {
    db_.Statement(sql).Run(partition_, gen_);
  }
  Finish();
  db_.Statement(
         "UPDATE hashtag SET gen=?2, seq=?3 WHERE gen IN (SELECT gen FROM generation "
         "WHERE partition=?1 AND gen<>?2)")
      .Run(partition_, gen_, applied);
  db_.Statement("DELETE FROM generation WHERE partition=? AND gen<>?").Run(partition_, gen_);
}

void SqliteApply::DeleteOlderEntries(std::int64_t applied) {
  struct Gone {
    std::int64_t hashtag;
    EntryRow row;
  };
  std::vector<Gone> gone;
  {
    // entry_seq -1: a link of this generation on an entry of an older one.
    SqliteRows rows(
        db_.Statement("SELECT hashtag, row, gen, entry_seq, link_seq, n, deleted FROM entry WHERE "
                      "gen IN (SELECT gen FROM generation WHERE partition=?1 AND gen<>?2) "
                      "OR (gen=?2 AND entry_seq=-1)"),
        partition_, gen_);
    while (rows.Next()) {
      gone.push_back(
          {rows->Int(0), EntryRow{rows->Int(1), rows->Int(2), rows->OptionalInt(3),
                                  rows->OptionalInt(4), rows->Int(5), rows->Int(6) != 0}});
    }
  }
  for (const Gone& one : gone) {
    Named& hashtag = HashtagOf(HashtagName(one.hashtag));
    if (one.row.gen != gen_) {
      RemoveEntry(hashtag, one.row, applied);
      continue;
    }
    content_.Remove(one.row.row, RefOf(hashtag));
    db_.Statement("UPDATE entry SET entry_seq=NULL WHERE row=?").Run(one.row.row);
    --hashtag.second.entries;
    hashtag.second.seq = std::max(hashtag.second.seq, applied);
  }
}

void SqliteApply::DeleteOlderReposts(std::int64_t applied) {
  std::vector<std::pair<std::int64_t, std::string>> gone;
  {
    SqliteRows rows(db_.Statement("SELECT hashtag, id FROM repost WHERE gen IN (SELECT gen FROM "
                                  "generation WHERE partition=?1 AND gen<>?2)"),
                    partition_, gen_);
    while (rows.Next()) gone.emplace_back(rows->Int(0), rows->Text(1));
  }
  for (const auto& [hashtag_row, id] : gone) {
    RemoveRepost(HashtagOf(HashtagName(hashtag_row)), id, applied);
  }
}

}  // namespace latecomer
