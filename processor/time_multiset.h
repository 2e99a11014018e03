// An ordered multiset of times in small sorted chunks: about 11 bytes a time, and inserting
// anywhere moves a chunk's tail only.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"

namespace latecomer {

class TimeMultiset {
 public:
  void Add(TimeMs time);
  // Removes one of the times equal to `time`, which must be there.
  void Remove(TimeMs time);

  bool Contains(TimeMs time) const;
  std::optional<TimeMs> FirstAtOrAfter(TimeMs time) const;
  std::optional<TimeMs> LastBefore(TimeMs time) const;
  bool empty() const { return chunks_.empty(); }
  std::size_t bytes() const;

  // Calls `visit` for each time in order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& chunk : chunks_) {
      for (const TimeMs time : chunk) visit(time);
    }
  }

 private:
  static constexpr std::size_t kChunkMax = 256;
  // The first chunk whose last time is not before `time`; chunks_.size() if there is none.
  std::size_t ChunkOf(TimeMs time) const;

  std::vector<std::vector<TimeMs>> chunks_;  // none of them empty
};

}  // namespace latecomer
