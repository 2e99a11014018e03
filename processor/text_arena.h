// Where the builder keeps the texts of ids. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace latecomer {

// Texts of ids, packed. Blocks are never moved; a batch that is unwound gives its part back.
class TextArena {
 public:
  const char* Add(std::string_view text) {
    const bool none = block_ == static_cast<std::size_t>(-1);
    if (none || used_ + text.size() > blocks_[block_].size) NextBlock(text.size());
    char* const at = blocks_[block_].bytes.get() + used_;
    std::memcpy(at, text.data(), text.size());
    used_ += text.size();
    return at;
  }
  void Mark() {
    mark_block_ = block_;
    mark_used_ = used_;
  }
  void Rewind() {
    block_ = mark_block_;
    used_ = mark_used_;
  }
  std::size_t bytes() const { return blocks_.size() * kBlockBytes; }

 private:
  static constexpr std::size_t kBlockBytes = 256U << 10U;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  void NextBlock(std::size_t bytes_min) {
    ++block_;
    used_ = 0;
    if (block_ < blocks_.size() && blocks_[block_].size >= bytes_min) return;
    const std::size_t size = std::max(kBlockBytes, bytes_min);
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(block_),
                   {std::make_unique_for_overwrite<char[]>(size), size});
  }
  std::vector<Block> blocks_;
  std::size_t block_ = static_cast<std::size_t>(-1);
  std::size_t used_ = 0;
  std::size_t mark_block_ = static_cast<std::size_t>(-1);
  std::size_t mark_used_ = 0;
};

}  // namespace latecomer
