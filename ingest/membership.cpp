#include "ingest/membership.h"

#include <sys/random.h>
#include <xxhash.h>

#include <algorithm>

namespace latecomer {
namespace {

constexpr std::size_t kIdsMax = std::size_t{1} << 31U;
constexpr std::size_t kTableMin = 1024;

// Ids come from outside: with a known seed some could be made to fall together.
std::uint64_t DrawSeed() {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) seed = 0x9E3779B9U;
  return seed;
}

}  // namespace

Membership::Membership(std::set<std::string, std::less<>> hashtags, bool all)
    : hashtags_(std::move(hashtags)), all_(all), seed_(DrawSeed()), table_(kTableMin, kNone) {}

Membership::Key Membership::Hash(std::string_view id) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(id.data(), id.size(), seed_);
  return {hash.low64, hash.high64};
}

std::uint32_t Membership::Lookup(std::string_view id) const {
  const Key key = Hash(id);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = key.low & mask; table_[slot] != kNone; slot = (slot + 1) & mask) {
    if (nodes_[table_[slot]].key == key) return table_[slot];
  }
  return kNone;
}

void Membership::Grow() {
  table_.assign(table_.size() * 2, kNone);
  const std::size_t mask = table_.size() - 1;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    std::size_t slot = nodes_[i].key.low & mask;
    while (table_[slot] != kNone) slot = (slot + 1) & mask;
    table_[slot] = i;
  }
}

std::uint32_t Membership::Intern(std::string_view id) {
  const Key key = Hash(id);
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = key.low & mask;
  for (; table_[slot] != kNone; slot = (slot + 1) & mask) {
    if (nodes_[table_[slot]].key == key) return table_[slot];
  }
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({key, node, 0});
  table_[slot] = node;
  if (nodes_.size() * 4 > table_.size() * 3) Grow();
  return node;
}

std::uint32_t Membership::Root(std::uint32_t node) const {
  while (nodes_[node].parent != node) {
    nodes_[node].parent = nodes_[nodes_[node].parent].parent;
    node = nodes_[node].parent;
  }
  return node;
}

// The older node represents both; with halved paths that is O(log n) amortised.
void Membership::Join(std::uint32_t a, std::uint32_t b) {
  a = Root(a);
  b = Root(b);
  if (a == b) return;
  if (b < a) std::swap(a, b);
  nodes_[b].parent = a;
  nodes_[a].flags = static_cast<std::uint8_t>(nodes_[a].flags | (nodes_[b].flags & kTagged));
}

bool Membership::Carries(const ArchivePost& post) const {
  return std::any_of(post.hashtags.begin(), post.hashtags.end(),
                     [&](const std::string& hashtag) { return hashtags_.contains(hashtag); });
}

Status Membership::Add(const ArchivePost& archive_post) {
  const auto* post = std::get_if<Post>(&archive_post.value);
  if (post == nullptr) return {};
  if (nodes_.size() + 4 > kIdsMax) return Fatal("The archives name more than 2^31 ids.");
  const std::uint32_t node = Intern(post->id);
  const bool carries = Carries(archive_post);
  if (post->type == PostType::kAnnounce) {
    const std::uint32_t object = Intern(post->object);
    announces_.emplace_back(node, object);
    if (carries) {
      nodes_[node].flags |= kNamed;
      nodes_[object].flags |= kNamed;
    }
    return {};
  }
  for (const std::string* link : {&post->in_reply_to, &post->context}) {
    if (!link->empty()) Join(node, Intern(*link));
  }
  if (carries) nodes_[Root(node)].flags |= kTagged;
  return {};
}

void Membership::Finish() {
  for (const auto& [announce, object] : announces_) {
    if ((nodes_[Root(object)].flags & kTagged) != 0) nodes_[announce].flags |= kNamed;
  }
  announces_ = {};
}

bool Membership::InConversation(std::string_view id) const {
  const std::uint32_t node = Lookup(id);
  return node != kNone && (nodes_[Root(node)].flags & kTagged) != 0;
}

Membership::Verdict Membership::Of(const ArchivePost& archive_post) const {
  const auto* post = std::get_if<Post>(&archive_post.value);
  if (post == nullptr) return Verdict::kAsItStands;
  if (post->type == PostType::kTombstone) {
    const std::uint32_t node = Lookup(post->id);
    const bool named = node != kNone && (nodes_[node].flags & kNamed) != 0;
    return all_ || named || InConversation(post->id) ? Verdict::kAsItStands : Verdict::kSkipped;
  }
  if (Carries(archive_post)) return Verdict::kTag;
  const bool is_announce = post->type == PostType::kAnnounce;
  const bool belongs = all_ || InConversation(is_announce ? post->object : post->id);
  return belongs ? Verdict::kThread : Verdict::kSkipped;
}

}  // namespace latecomer
