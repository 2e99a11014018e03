// What takes a look at every row of a partition: forgetting, and the end of a rebuild.
#pragma once

#include <string>
#include <unordered_map>

#include "store/postgres_conn.h"
#include "store/postgres_entries.h"
#include "store/postgres_hashtags.h"
#include "store/postgres_others.h"

namespace latecomer {

// Within one transaction; everything throws StoreError.
class PostgresSweep {
 public:
  PostgresSweep(PgConn& db, PostgresBatch& batch, PostgresHashtags& hashtags,
                PostgresEntries& entries)
      : db_(db), batch_(batch), hashtags_(hashtags), entries_(entries) {}

  // Deletes the partition's entries and reposts whose id (or an author's) is among these.
  void Forget(const std::unordered_map<std::string, PostgresOthers::Hash>& forgotten);
  // Deletes the rows of the partition's older generations, and the old halves of rows. `applied`:
  // the last offset applied, which becomes the version of what goes.
  void DeleteOlderGenerations(std::int64_t applied);

 private:
  void RemoveEntries(const PgRows& rows);
  void CountReposts(const PgRows& rows);
  void DropOldHalves(std::int64_t applied);

  PgConn& db_;
  PostgresBatch& batch_;
  PostgresHashtags& hashtags_;
  PostgresEntries& entries_;
};

}  // namespace latecomer
