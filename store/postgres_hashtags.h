// The hashtags that a batch touches: their numbers, and by how much their counts change.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "store/postgres_conn.h"

namespace latecomer {

// Within one transaction; everything throws StoreError.
class PostgresHashtags {
 public:
  struct Change {
    std::int64_t entries = 0;
    std::int64_t reposts = 0;
    std::int64_t seq = -1;  // of the newest record that touches it
  };

  PostgresHashtags(PgConn& db, std::int64_t gen) : db_(db), gen_(gen) {}

  // Finds the numbers of all these, making those that are not there.
  void Resolve(const std::set<std::string_view>& names);
  std::int32_t NumberOf(std::string_view name) const { return numbers_.find(name)->second; }
  Change& operator[](std::int32_t number) { return changes_[number]; }
  void Touch(std::int32_t number, std::int64_t seq);
  void CountSpelling(std::int32_t number, std::string_view spelling, int by);
  // Writes what has gathered.
  void Flush();

 private:
  void FlushSpellings();

  PgConn& db_;
  std::int64_t gen_;
  std::map<std::string, std::int32_t, std::less<>> numbers_;
  std::map<std::int32_t, Change> changes_;
  std::map<std::pair<std::int32_t, std::string>, std::int64_t> spellings_;
};

}  // namespace latecomer
