// A growing array of plain values in chunks: elements never move, and growing wastes at most one
// chunk instead of half of the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace latecomer {

template <typename T>
class ChunkedVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  std::uint32_t size() const { return size_; }
  T& operator[](std::uint32_t i) { return chunks_[i >> kBits][i & kMask]; }
  const T& operator[](std::uint32_t i) const { return chunks_[i >> kBits][i & kMask]; }

  std::uint32_t push_back(const T& value) {
    if (size_ == chunks_.size() << kBits) {
      chunks_.push_back(std::make_unique_for_overwrite<T[]>(std::size_t{1} << kBits));
    }
    (*this)[size_] = value;
    return size_++;
  }
  // Drops the elements from `size` on; their chunks are kept for the next ones.
  void truncate(std::uint32_t size) { size_ = size; }
  std::size_t bytes() const { return chunks_.size() * (sizeof(T) << kBits); }

 private:
  static constexpr std::uint32_t kBits = 10;
  static constexpr std::uint32_t kMask = (1U << kBits) - 1;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::uint32_t size_ = 0;
};

}  // namespace latecomer
