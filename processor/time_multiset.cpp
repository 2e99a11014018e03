#include "processor/time_multiset.h"

#include <algorithm>
#include <cassert>

namespace latecomer {

std::size_t TimeMultiset::ChunkOf(TimeMs time) const {
  // Most posts are newer than all before.
  if (chunks_.empty() || chunks_.back().back() < time) return chunks_.size();
  const auto it =
      std::lower_bound(chunks_.begin(), chunks_.end(), time,
                       [](const std::vector<TimeMs>& chunk, TimeMs t) { return chunk.back() < t; });
  return static_cast<std::size_t>(it - chunks_.begin());
}

void TimeMultiset::Add(TimeMs time) {
  std::size_t c = ChunkOf(time);
  if (c == chunks_.size()) {
    if (c == 0) {
      chunks_.emplace_back();
    } else {
      --c;
    }
  }
  std::vector<TimeMs>& chunk = chunks_[c];
  chunk.insert(std::upper_bound(chunk.begin(), chunk.end(), time), time);
  if (chunk.size() <= kChunkMax) return;
  // Times that only grow leave full chunks behind; otherwise the halves have room.
  const std::size_t keep = c + 1 == chunks_.size() ? kChunkMax : kChunkMax / 2;
  std::vector<TimeMs> rest(chunk.begin() + static_cast<std::ptrdiff_t>(keep), chunk.end());
  chunk.resize(keep);
  chunk.shrink_to_fit();
  chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(c) + 1, std::move(rest));
}

void TimeMultiset::Remove(TimeMs time) {
  const std::size_t c = ChunkOf(time);
  assert(c < chunks_.size());
  std::vector<TimeMs>& chunk = chunks_[c];
  const auto it = std::lower_bound(chunk.begin(), chunk.end(), time);
  assert(it != chunk.end() && *it == time);
  chunk.erase(it);
  if (chunk.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(c));
}

bool TimeMultiset::Contains(TimeMs time) const { return FirstAtOrAfter(time) == time; }

std::optional<TimeMs> TimeMultiset::FirstAtOrAfter(TimeMs time) const {
  const std::size_t c = ChunkOf(time);
  if (c == chunks_.size()) return std::nullopt;
  return *std::lower_bound(chunks_[c].begin(), chunks_[c].end(), time);
}

std::optional<TimeMs> TimeMultiset::LastBefore(TimeMs time) const {
  const std::size_t c = ChunkOf(time);
  if (c < chunks_.size()) {
    const auto it = std::lower_bound(chunks_[c].begin(), chunks_[c].end(), time);
    if (it != chunks_[c].begin()) return *(it - 1);
  }
  if (c == 0) return std::nullopt;
  return chunks_[c - 1].back();
}

std::size_t TimeMultiset::bytes() const {
  std::size_t sum = chunks_.capacity() * sizeof(chunks_[0]);
  for (const auto& chunk : chunks_) sum += chunk.capacity() * sizeof(TimeMs);
  return sum;
}

}  // namespace latecomer
