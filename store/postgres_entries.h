// Writes the entries of a batch: rows of `entry`, `content` and `entry_text`.
//
// A partition has one writer at a time (its row in `sink_offsets` is locked), and a hashtag stands
// in one partition: so what is read of a row at first still holds when it is written. New rows are
// copied straight into their tables, changed ones by way of a staging table and one UPDATE. Only
// while two topics of different partition counts are swapped may two writers meet in one row: that
// is seen by the count of rows or a unique index, and tried again (kRetryLater).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/postgres_conn.h"
#include "store/postgres_entry_ops.h"
#include "store/postgres_hashtags.h"
#include "store/spelling.h"

namespace latecomer {

// Hands out numbers for new rows, from blocks that no other writer has.
class PostgresRowNumbers {
 public:
  std::int64_t Take(PgConn& db);

 private:
  static constexpr std::int64_t kBlock = 4096;  // as `entry_row` counts
  std::int64_t next_ = 0;
  std::int64_t end_ = 0;
};

// What all parts of one Apply know.
struct PostgresBatch {
  std::int32_t partition = 0;
  std::int64_t gen = 0;  // of the partition's rows, which rises with each rebuild
  TimeMs at = 0;
  bool indexed = false;      // there is an index to be kept
  bool any_removed = false;  // `removed` has rows
  bool deletes = false;      // something was deleted that is still legible: to be scrubbed
};

// The temporary tables that PostgresEntries and PostgresOthers need, once a connection.
void MakePostgresStages(PgConn& db);

// Within one transaction; everything throws StoreError.
class PostgresEntries {
 public:
  PostgresEntries(PgConn& db, PostgresBatch& batch, PostgresHashtags& hashtags,
                  PostgresRowNumbers& numbers, Spellings& spellings)
      : db_(db), batch_(batch), hashtags_(hashtags), numbers_(numbers), spellings_(spellings) {}

  void Apply(const std::vector<EntryOp>& ops);

  struct Gone {
    std::int64_t row = 0;
    std::int32_t hashtag = 0;
    std::int64_t n = 0;
    bool was_seen = false;
    std::int64_t seq = 0;
  };
  // Deletes rows with their content; what readers have seen leaves its number.
  void Remove(const std::vector<Gone>& gone);
  // Deletes the content of rows, where they have any.
  void DropContents(const std::vector<std::int64_t>& rows);

 private:
  struct Old {
    std::int64_t row = 0;
    std::int64_t gen = 0;
    std::optional<std::int64_t> entry_seq;
    std::optional<std::int64_t> link_seq;
    std::int64_t n = 0;
  };
  struct Row {
    const EntryOp* op;
    std::int64_t row;
    std::optional<std::int64_t> entry_seq;
    std::optional<std::int64_t> link_seq;
  };
  // What the operations come to.
  struct Plan {
    std::vector<Gone> gone;
    std::vector<Row> inserts;
    std::vector<Row> updates;
    std::vector<std::int64_t> content_goes;  // replaced or deleted
    std::vector<Row> content_comes;
    std::vector<std::int32_t> seen_hashtags;  // of entries that were not seen before
    std::vector<std::int64_t> seen_numbers;
  };

  std::vector<std::optional<Old>> Find(const std::vector<EntryOp>& ops);
  void PlanOne(const EntryOp& op, std::optional<Old> old, Plan& plan);
  void RemoveSome(const std::vector<Gone>& gone, std::size_t from, std::size_t to);
  void Update(const std::vector<Row>& rows);
  void Insert(const std::vector<Row>& rows);
  void InsertContents(const std::vector<Row>& rows);

  PgConn& db_;
  PostgresBatch& batch_;
  PostgresHashtags& hashtags_;
  PostgresRowNumbers& numbers_;
  Spellings& spellings_;
};

}  // namespace latecomer
