// What a migration has to know of each record of the source: whether it holds, and which number its
// tree is to have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

// Which records of a compacted topic's partition hold: the latest of each key, unless it is null.
// Only they are moved: so what was erased does not come along, and how far the source has been
// compacted makes no difference.
class LiveRecords {
 public:
  // In the order of the log. Keys are told apart by a 128-bit hash: 32 bytes each.
  void Add(const Record& record);
  void Finish();  // once, after the last Add; from then on a bit an offset
  bool Has(std::int64_t offset) const;
  std::string Digest() const;

 private:
  struct Latest {
    std::uint64_t high;
    std::uint64_t low;
    std::int64_t offset;
    bool null;
  };
  void Fold();

  std::vector<Latest> latest_;
  std::size_t folded_ = 0;  // as many as were left after the last Fold
  std::int64_t first_ = 0;  // offset of the first bit
  std::vector<bool> bits_;
};

// The numbers of trees are unique within one partition only: in the destination a tree's number is
// its rank among (source partition, number) of all trees of its new partition. A tree's record
// stays once it was written, so the ranks do not depend on what has been compacted.
class TreeNumbers {
 public:
  explicit TreeNumbers(std::int32_t to_partitions)
      : trees_(static_cast<std::size_t>(to_partitions)) {}

  // kCorrupt: no number of a tree.
  Status Add(std::int32_t to, std::int32_t from, std::int64_t tree);
  void Finish();  // once, after the last Add
  // kCorrupt: it was never added.
  Result<std::int64_t> NumberOf(std::int32_t to, std::int32_t from, std::int64_t tree) const;
  std::string Digest() const;

 private:
  struct Trees {
    std::vector<std::uint64_t> packed;  // source partition << 32 | number; sorted once finished
    std::size_t sorted = 0;             // as many as were left when it was last made unique
  };
  static void MakeUnique(Trees& trees);
  std::vector<Trees> trees_;
};

}  // namespace latecomer
