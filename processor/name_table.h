// Names by their hash: open addressing with linear probing, a slot of eight bytes. Unlike the usual
// hash sets it can be asked to fetch a slot into the cache before it is needed; most of the
// builder's time is waiting for memory.
#pragma once

#include <cstdint>
#include <vector>

#include "model/timeline.h"

namespace latecomer {

class NameTable {
 public:
  // The name with this hash for which `matches` holds; kNone if there is none.
  template <typename Matches>
  std::uint32_t Find(std::uint32_t hash, Matches matches) const {
    if (slots_.empty()) return kNone;
    for (std::size_t i = hash & mask_; slots_[i].name != kNone; i = (i + 1) & mask_) {
      if (slots_[i].hash == hash && matches(slots_[i].name)) return slots_[i].name;
    }
    return kNone;
  }
  // `name` must not be there.
  void Insert(std::uint32_t hash, std::uint32_t name) {
    if (slots_.empty() || (size_ + 1) * 10 > slots_.size() * 7) Grow();
    Put({hash, name});
    ++size_;
  }
  // `name` must be there. What follows it moves up, so that no traces are left to be probed over.
  void Erase(std::uint32_t hash, std::uint32_t name) {
    std::size_t hole = hash & mask_;
    while (slots_[hole].name != name) hole = (hole + 1) & mask_;
    for (std::size_t i = (hole + 1) & mask_; slots_[i].name != kNone; i = (i + 1) & mask_) {
      const std::size_t home = slots_[i].hash & mask_;
      if (((i - home) & mask_) < ((i - hole) & mask_)) continue;  // would come to lie before home
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole].name = kNone;
    --size_;
  }
  void Prefetch(std::uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask_]);
  }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t name = kNone;
  };
  static constexpr std::size_t kSlotsMin = 1024;

  void Put(const Slot& slot) {
    std::size_t i = slot.hash & mask_;
    while (slots_[i].name != kNone) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
  void Grow() {
    std::vector<Slot> old(slots_.empty() ? kSlotsMin : slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.name != kNone) Put(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace latecomer
