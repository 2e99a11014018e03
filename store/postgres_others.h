// Writes all records but entries: reposts, conversations, sessions, coverage, what was forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/postgres_conn.h"
#include "store/postgres_entries.h"
#include "store/postgres_hashtags.h"
#include "store/timeline_store.h"

namespace latecomer {

// Gathers the records of a batch, of which each key comes once (FoldBatch), then writes them: one
// statement or two a kind. Within one transaction; everything throws StoreError. The records must
// outlive it.
class PostgresOthers {
 public:
  PostgresOthers(PgConn& db, PostgresBatch& batch, PostgresHashtags& hashtags)
      : db_(db), batch_(batch), hashtags_(hashtags) {}

  // `hashtag`: 0 for what is of no hashtag.
  void Add(std::int32_t hashtag, const SequencedRecord& record);
  void Flush();

  struct Hash {
    std::int64_t seq = 0;
    bool post = false;
    bool author = false;
  };
  // What this batch forgets, by SHA-256.
  const std::unordered_map<std::string, Hash>& forgotten() const { return forgotten_; }

 private:
  template <typename Record>
  struct Item {
    std::int32_t hashtag;
    std::int64_t seq;
    const Record* record;
  };
  template <typename Key>
  struct Keys {
    std::vector<std::int32_t> hashtags;
    std::vector<Key> keys;
    void Add(std::int32_t hashtag, Key key) {
      hashtags.push_back(hashtag);
      keys.push_back(std::move(key));
    }
  };
  void Removed(std::int32_t hashtag, const RemovedRecord& removed);
  void Forgotten(std::int64_t seq, const ForgottenRecord& forgotten);
  void FlushReposts();
  void FlushTrees();
  void FlushSessions();
  void FlushCoverage();
  void FlushForgotten();

  PgConn& db_;
  PostgresBatch& batch_;
  PostgresHashtags& hashtags_;
  std::vector<Item<RepostRecord>> reposts_;
  std::vector<Item<TreeRecord>> trees_;
  std::vector<Item<SessionRecord>> sessions_;
  std::vector<Item<CoverageRecord>> coverage_;
  std::vector<std::pair<std::int64_t, const ForgottenRecord*>> forgets_;
  Keys<std::string_view> removed_reposts_;
  Keys<std::int64_t> removed_trees_;
  Keys<std::int64_t> removed_sessions_;
  Keys<std::string_view> removed_coverage_;
  std::vector<std::string_view> remembered_;
  std::unordered_map<std::string, Hash> forgotten_;
};

}  // namespace latecomer
