#include "app/migration_tables.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/sha256.h"

namespace latecomer {
namespace {

constexpr std::size_t kFoldEvery = std::size_t{1} << 20;
constexpr std::size_t kDigestBytes = std::size_t{1} << 20;  // hashed at once

}  // namespace

void LiveRecords::Add(const Record& record) {
  const XXH128_hash_t hash = XXH3_128bits(record.key.data(), record.key.size());
  latest_.push_back({hash.high64, hash.low64, record.offset, !record.value});
  if (latest_.size() >= 2 * folded_ + kFoldEvery) Fold();
}

void LiveRecords::Fold() {
  const auto key = [](const Latest& one) { return std::pair(one.high, one.low); };
  std::sort(latest_.begin(), latest_.end(), [&](const Latest& a, const Latest& b) {
    return key(a) != key(b) ? key(a) < key(b) : a.offset > b.offset;
  });
  const auto end = std::unique(latest_.begin(), latest_.end(),
                               [&](const Latest& a, const Latest& b) { return key(a) == key(b); });
  latest_.erase(end, latest_.end());
  std::erase_if(latest_, [](const Latest& one) { return one.null; });
  folded_ = latest_.size();
}

void LiveRecords::Finish() {
  Fold();
  std::int64_t end = 0;
  for (const Latest& one : latest_) {
    first_ = end == 0 ? one.offset : std::min(first_, one.offset);
    end = std::max(end, one.offset + 1);
  }
  bits_.resize(static_cast<std::size_t>(end - first_));
  for (const Latest& one : latest_) bits_[static_cast<std::size_t>(one.offset - first_)] = true;
  latest_ = {};
}

bool LiveRecords::Has(std::int64_t offset) const {
  if (offset < first_) return false;
  const auto bit = static_cast<std::size_t>(offset - first_);
  return bit < bits_.size() && bits_[bit];
}

std::string LiveRecords::Digest() const {
  std::string digest;
  std::string offsets;
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    if (!bits_[i]) continue;
    offsets += std::to_string(first_ + static_cast<std::int64_t>(i)) + " ";
    if (offsets.size() < kDigestBytes) continue;
    digest = Sha256Hex(digest + offsets);
    offsets.clear();
  }
  return Sha256Hex(digest + offsets);
}

Status TreeNumbers::Add(std::int32_t to, std::int32_t from, std::int64_t tree) {
  if (tree < 0 || tree > 0xFFFF'FFFF) {
    return Corrupt("tree " + std::to_string(tree) + " is no number of a conversation");
  }
  Trees& trees = trees_[static_cast<std::size_t>(to)];
  trees.packed.push_back(static_cast<std::uint64_t>(from) << 32U |
                         static_cast<std::uint64_t>(tree));
  if (trees.packed.size() >= 2 * trees.sorted + kFoldEvery) MakeUnique(trees);
  return {};
}

void TreeNumbers::MakeUnique(Trees& trees) {
  std::sort(trees.packed.begin(), trees.packed.end());
  trees.packed.erase(std::unique(trees.packed.begin(), trees.packed.end()), trees.packed.end());
  trees.sorted = trees.packed.size();
}

void TreeNumbers::Finish() {
  for (Trees& trees : trees_) MakeUnique(trees);
}

Result<std::int64_t> TreeNumbers::NumberOf(std::int32_t to, std::int32_t from,
                                           std::int64_t tree) const {
  const auto& packed = trees_[static_cast<std::size_t>(to)].packed;
  const std::uint64_t wanted =
      static_cast<std::uint64_t>(from) << 32U | static_cast<std::uint64_t>(tree);
  const auto found = std::lower_bound(packed.begin(), packed.end(), wanted);
  if (found == packed.end() || *found != wanted) {
    return Corrupt("tree " + std::to_string(tree) +
                   " was not there when the source was read first");
  }
  return found - packed.begin();
}

std::string TreeNumbers::Digest() const {
  std::string text;
  for (const Trees& trees : trees_) {
    text += Sha256Hex({reinterpret_cast<const char*>(trees.packed.data()),
                       trees.packed.size() * sizeof(std::uint64_t)});
  }
  return Sha256Hex(text);
}

}  // namespace latecomer
