// Which keys an object of a JSON text has had so far, at every level, to find duplicates while it
// is read. Used by the SAX handlers; the keys must stay where they are until the text is read.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace latecomer {

class JsonKeys {
 public:
  void Clear() {
    keys_.clear();
    frames_.clear();
  }
  void OpenObject() { frames_.push_back({keys_.size(), 0, {}}); }
  void CloseObject() {
    keys_.resize(frames_.back().begin);
    frames_.pop_back();
  }
  // False if the innermost object has this key already.
  bool Add(std::string_view key) {
    Frame& frame = frames_.back();
    if (keys_.size() - frame.begin >= kLinearMax) return AddToSet(frame, key);
    // A 64-bit Bloom filter spares nearly all comparisons.
    const std::uint64_t bit = std::uint64_t{1} << (Mix(key) & 63U);
    if ((frame.filter & bit) != 0) {
      for (std::size_t i = frame.begin; i < keys_.size(); ++i) {
        if (keys_[i] == key) return false;
      }
    }
    frame.filter |= bit;
    keys_.push_back(key);
    return true;
  }

 private:
  static constexpr std::size_t kLinearMax = 32;
  struct Frame {
    std::size_t begin;
    std::uint64_t filter;
    std::unordered_set<std::string_view> set;  // only once there are more than kLinearMax
  };

  static std::size_t Mix(std::string_view key) {
    if (key.empty()) return 0;
    const auto first = static_cast<unsigned char>(key.front());
    const auto last = static_cast<unsigned char>(key.back());
    return key.size() * 7 + first * 13U + last * 5U;
  }
  bool AddToSet(Frame& frame, std::string_view key) {
    if (frame.set.empty()) {
      frame.set.insert(keys_.begin() + static_cast<std::ptrdiff_t>(frame.begin), keys_.end());
    }
    return frame.set.insert(key).second;
  }

  std::vector<std::string_view> keys_;
  std::vector<Frame> frames_;
};

}  // namespace latecomer
