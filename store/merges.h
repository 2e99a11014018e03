// Which conversation a merged one has become: union-find over the `tree` rows of one hashtag.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "store/store_error.h"

namespace latecomer {

class Merges {
 public:
  void Add(std::int64_t tree, std::int64_t merged_into) { into_[tree] = merged_into; }

  // Throws StoreError (kCorrupt) where they form a cycle.
  std::int64_t Resolve(std::int64_t tree) {
    std::int64_t top = tree;
    std::size_t steps = 0;
    for (auto it = into_.find(top); it != into_.end(); it = into_.find(top)) {
      if (++steps > into_.size()) {
        throw StoreError(Corrupt("Merged conversations in the timeline store form a cycle (" +
                                 std::to_string(tree) + ")."));
      }
      top = it->second;
    }
    for (auto it = into_.find(tree); it != into_.end() && it->second != top;) {
      const std::int64_t next = it->second;
      it->second = top;
      it = into_.find(next);
    }
    return top;
  }

 private:
  std::unordered_map<std::int64_t, std::int64_t> into_;
};

}  // namespace latecomer
