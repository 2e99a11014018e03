#include "stream/partitioner.h"

#include <cassert>

#include "stream/stream.h"

namespace latecomer {
namespace {

constexpr std::uint32_t kSeed = 0x9747b28c;
constexpr std::uint32_t kMultiplier = 0x5bd1e995;
constexpr int kShift = 24;

std::uint32_t ByteAt(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

}  // namespace

std::uint32_t Murmur2(std::string_view bytes) {
  const std::size_t length = bytes.size();
  std::uint32_t h = kSeed ^ static_cast<std::uint32_t>(length);
  std::size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    std::uint32_t k = ByteAt(bytes, i) | ByteAt(bytes, i + 1) << 8 | ByteAt(bytes, i + 2) << 16 |
                      ByteAt(bytes, i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> kShift;
    k *= kMultiplier;
    h *= kMultiplier;
    h ^= k;
  }
  const std::size_t rest = length - i;
  if (rest == 3) h ^= ByteAt(bytes, i + 2) << 16;
  if (rest >= 2) h ^= ByteAt(bytes, i + 1) << 8;
  if (rest >= 1) {
    h ^= ByteAt(bytes, i);
    h *= kMultiplier;
  }
  h ^= h >> 13;
  h *= kMultiplier;
  h ^= h >> 15;
  return h;
}

std::int32_t PartitionOf(std::string_view key, std::int32_t partitions) {
  assert(partitions > 0);
  return static_cast<std::int32_t>(Murmur2(key) & 0x7fffffffU) % partitions;
}

}  // namespace latecomer
