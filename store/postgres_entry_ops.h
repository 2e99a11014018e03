// What a batch does to each entry: its records reduced to one operation a row.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/timeline_store.h"

namespace latecomer {

// Of one post under one hashtag, in this order: the row goes, then comes or changes.
struct EntryOp {
  std::int32_t hashtag = 0;
  std::string_view hashtag_name;
  std::string_view id;
  std::int64_t removed_seq = -1;   // a null for `entry`: the row goes, whatever it is
  std::int64_t unlinked_seq = -1;  // a null for `link`: the row goes if no entry was seen
  const EntryRecord* entry = nullptr;
  std::int64_t entry_seq = -1;
  const EntryRecord* link = nullptr;
  std::int64_t link_seq = -1;

  bool Writes() const { return entry != nullptr || link != nullptr; }
  // The record that says where the post stands: the later one.
  const EntryRecord& Shape() const {
    return entry == nullptr || link_seq > entry_seq ? *link : *entry;
  }
};

// Gathers records in log order, of which each key comes once (FoldBatch). The records must outlive
// it.
class EntryOps {
 public:
  void Entry(std::int32_t hashtag, std::string_view hashtag_name, std::int64_t seq,
             const EntryRecord& record);
  // `kind` is "entry" or "link".
  void Removed(std::int32_t hashtag, std::string_view hashtag_name, std::int64_t seq,
               std::string_view kind, std::string_view id);
  const std::vector<EntryOp>& ops() const { return ops_; }

 private:
  struct Key {
    std::int32_t hashtag;
    std::string_view id;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.id) * 31 + static_cast<std::size_t>(key.hashtag);
    }
  };
  EntryOp& Of(std::int32_t hashtag, std::string_view hashtag_name, std::string_view id);

  std::vector<EntryOp> ops_;
  std::unordered_map<Key, std::size_t, KeyHash> index_;
};

}  // namespace latecomer
