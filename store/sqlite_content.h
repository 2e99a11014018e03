// Writes the content of entries, and what follows from it: the search index and the count of
// spellings of the hashtag. All calls stand within one write transaction.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "model/post.h"
#include "store/spelling.h"
#include "store/sqlite_db.h"

namespace latecomer {

struct HashtagRef {
  std::int64_t row = 0;
  std::string_view name;
};

class SqliteContent {
 public:
  explicit SqliteContent(SqliteDb& db) : db_(db) {}

  // Starts a transaction's work, dropping what an earlier one left unflushed. Throws SqliteError,
  // as all of them: kFatal if other rules than this program's made the index.
  void Begin();
  // Sets the content of an entry. `is_new`: the entry has none so far.
  void Put(std::int64_t row, const HashtagRef& hashtag, const std::string& json, bool is_new);
  // Removes the content of an entry, if it has any.
  void Remove(std::int64_t row, const HashtagRef& hashtag);
  // Writes what has gathered. Must be called before the commit.
  void Flush();

  // Makes the index anew, or removes it, where `wanted` differs from what is there.
  void EnsureIndex(bool wanted);
  // Merges the index into one piece, without what was deleted from it.
  void OptimiseIndex();

 private:
  struct IndexChange {
    std::string out;  // tokens to delete
    std::string in;   // tokens to insert
  };
  Post Parse(std::string_view json) const;
  std::string Tokens(const HashtagRef& hashtag, const Post& post) const;
  void Count(const HashtagRef& hashtag, const Post& post, int by);
  void BuildIndex();
  void FlushIndex();

  SqliteDb& db_;
  bool indexed_ = false;
  bool removed_ = false;
  std::size_t pending_bytes_ = 0;
  std::map<std::int64_t, IndexChange> index_;  // by row: the index takes ascending rows best
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> spellings_;
  Spellings known_spellings_;
};

}  // namespace latecomer
