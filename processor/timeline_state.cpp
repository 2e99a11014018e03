#include "processor/timeline_state.h"

#include <xxhash.h>

#include <cassert>
#include <cstring>
#include <random>

#include "processor/text_arena.h"
#include "processor/timeline_indexes.h"

namespace latecomer {
namespace {

// Ids come from outside: a seed of the process's own keeps anyone from making them collide.
std::uint64_t HashSeed() {
  static const std::uint64_t seed = std::random_device{}() * std::uint64_t{0x9E3779B97F4A7C15};
  return seed;
}

constexpr std::int64_t kNumberMsMax = (std::int64_t{1} << 42) - 1;
constexpr int kNumberHashBits = 21;

}  // namespace

TimelineState::TimelineState()
    : arena_(std::make_unique<TextArena>()), indexes_(std::make_unique<Indexes>()) {}
TimelineState::~TimelineState() = default;

std::uint32_t TimelineState::HashOf(std::string_view id, std::uint32_t hashtag) {
  return static_cast<std::uint32_t>(
      XXH3_64bits_withSeed(id.data(), id.size(), HashSeed() + hashtag));
}

std::uint32_t TimelineState::FindName(std::uint32_t hashtag, std::string_view id,
                                      std::uint32_t hash) const {
  return indexes_->names.Find(hash, [&](std::uint32_t i) {
    const Name& name = names_[i];
    return name.hashtag == hashtag && std::string_view(name.text, name.size) == id;
  });
}

void TimelineState::PrefetchSlot(std::uint32_t hash) const { indexes_->names.Prefetch(hash); }

std::uint32_t TimelineState::PrefetchName(std::uint32_t hash) const {
  const std::uint32_t name = indexes_->names.Find(hash, [](std::uint32_t) { return true; });
  if (name != kNone) __builtin_prefetch(&names_[name]);
  return name;
}

void TimelineState::PrefetchCells(std::uint32_t name) const {
  if (name == kNone) return;
  const Name& cell = names_[name];
  __builtin_prefetch(cell.text);
  if (cell.kind == Name::kEntry) __builtin_prefetch(&nodes_[cell.self]);
}

std::uint32_t TimelineState::Intern(std::uint32_t hashtag, std::string_view id) {
  if (id.empty()) return kNone;
  const std::uint32_t hash = HashOf(id, hashtag);
  const std::uint32_t found = FindName(hashtag, id, hash);
  if (found != kNone) return found;
  const std::uint32_t name =
      names_.push_back({arena_->Add(id), hash, hashtag, kNone,
                        static_cast<std::uint32_t>(id.size()) & 0x3FFFFFFFU, Name::kUnknown});
  indexes_->names.Insert(hash, name);
  log_.push_back({Op::kNameAdded, name, 0});
  return name;
}

void TimelineState::EraseName(std::uint32_t name) {
  indexes_->names.Erase(names_[name].hash, name);
  log_.push_back({Op::kNameErased, name, 0});
  erased_names_.push_back(name);
}

template <typename T>
void TimelineState::Save(Op op, std::uint32_t index, const T& old) {
  const std::size_t at = saved_.size();
  saved_.resize(at + sizeof(T));
  std::memcpy(saved_.data() + at, &old, sizeof(T));
  log_.push_back({op, index, at});
}

template <typename T>
T TimelineState::Saved(std::uint64_t at) const {
  T value;
  std::memcpy(&value, saved_.data() + at, sizeof(T));
  return value;
}

Name& TimelineState::MutableName(std::uint32_t i) {
  if (i < committed_.names) Save(Op::kName, i, names_[i]);
  return names_[i];
}
Node& TimelineState::MutableNode(std::uint32_t i) {
  if (i < committed_.nodes) Save(Op::kNode, i, nodes_[i]);
  return nodes_[i];
}
Repost& TimelineState::MutableRepost(std::uint32_t i) {
  if (i < committed_.reposts) Save(Op::kRepost, i, reposts_[i]);
  return reposts_[i];
}
Tree& TimelineState::MutableTree(std::uint32_t i) {
  if (i < committed_.trees) Save(Op::kTree, i, trees_[i]);
  return trees_[i];
}

std::uint32_t TimelineState::NewNode(const Node& node) {
  if (free_node_ == kNone) return nodes_.push_back(node);
  const std::uint32_t i = free_node_;
  Save(Op::kNodeReused, i, nodes_[i]);
  free_node_ = nodes_[i].next;
  nodes_[i] = node;
  return i;
}

void TimelineState::FreeNode(std::uint32_t i) {
  Save(Op::kNodeFreed, i, nodes_[i]);
  nodes_[i].name = kNone;
  nodes_[i].next = free_node_;
  free_node_ = i;
}

const Stated* TimelineState::FindStated(bool of_repost, std::uint32_t i) const {
  const auto it = stated_.find(i | (of_repost ? std::uint64_t{1} << 32U : 0));
  return it == stated_.end() ? nullptr : &it->second;
}

Stated& TimelineState::MutableStated(bool of_repost, std::uint32_t i) {
  const std::uint64_t key = i | (of_repost ? std::uint64_t{1} << 32U : 0);
  const auto it = stated_.find(key);
  if (it == stated_.end()) {
    TakeBackWith([this, key] { stated_.erase(key); });
  } else {
    TakeBackWith([this, key, old = it->second] { stated_[key] = old; });
  }
  return stated_[key];
}

void TimelineState::EraseStated(bool of_repost, std::uint32_t i) {
  const std::uint64_t key = i | (of_repost ? std::uint64_t{1} << 32U : 0);
  const auto it = stated_.find(key);
  if (it == stated_.end()) return;
  TakeBackWith([this, key, old = it->second] { stated_[key] = old; });
  stated_.erase(it);
}

std::optional<TimeMs> TimelineState::DeletedAt(std::uint32_t name) const {
  const auto it = deleted_at_.find(name);
  return it == deleted_at_.end() ? std::nullopt : std::optional<TimeMs>(it->second);
}

void TimelineState::SetDeletedAt(std::uint32_t name, std::optional<TimeMs> at) {
  const std::optional<TimeMs> old = DeletedAt(name);
  if (old == at) return;
  TakeBackWith([this, name, old] {
    if (old) {
      deleted_at_[name] = *old;
    } else {
      deleted_at_.erase(name);
    }
  });
  if (at) {
    deleted_at_[name] = *at;
  } else {
    deleted_at_.erase(name);
  }
}

const Unpublished* TimelineState::FindUnpublished(std::uint32_t name) const {
  const auto it = unpublished_.find(name);
  return it == unpublished_.end() ? nullptr : &it->second;
}

Unpublished& TimelineState::MutableUnpublished(std::uint32_t name) {
  const auto it = unpublished_.find(name);
  if (it == unpublished_.end()) {
    TakeBackWith([this, name] { unpublished_.erase(name); });
  } else {
    TakeBackWith([this, name, old = it->second] { unpublished_[name] = old; });
  }
  return unpublished_[name];
}

void TimelineState::EraseUnpublished(std::uint32_t name) {
  const auto it = unpublished_.find(name);
  if (it == unpublished_.end()) return;
  TakeBackWith([this, name, old = it->second] { unpublished_[name] = old; });
  unpublished_.erase(it);
}

// Hashtags differ in the bits that `n` of one hashtag cannot all fill: a mix keeps the keys apart.
std::uint64_t TimelineState::NumberKey(std::uint32_t hashtag, std::int64_t n) const {
  const std::uint64_t words[2] = {static_cast<std::uint64_t>(n), hashtag};
  return XXH3_64bits_withSeed(words, sizeof words, HashSeed());
}

std::int64_t TimelineState::TakeNumber(std::uint32_t hashtag, TimeMs published,
                                       std::string_view id) {
  const std::int64_t ms = std::clamp<std::int64_t>(published, 0, kNumberMsMax);
  constexpr std::int64_t kHashMask = (std::int64_t{1} << kNumberHashBits) - 1;
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  std::int64_t n = ms << kNumberHashBits |
                   (static_cast<std::int64_t>(XXH3_64bits(id.data(), id.size())) & kHashMask);
  while (!ReserveNumber(hashtag, n)) n = (n + 1) & kAll;
  return n;
}

bool TimelineState::ReserveNumber(std::uint32_t hashtag, std::int64_t n) {
  const std::uint64_t key = NumberKey(hashtag, n);
  if (!indexes_->numbers.insert(key).second) return false;
  log_.push_back({Op::kNumberAdded, 0, key});
  return true;
}

void TimelineState::ReleaseNumber(std::uint32_t hashtag, std::int64_t n) {
  const std::uint64_t key = NumberKey(hashtag, n);
  if (indexes_->numbers.erase(key) != 0) log_.push_back({Op::kNumberErased, 0, key});
}

namespace {
std::uint64_t PairKey(std::uint32_t name, std::uint32_t context) {
  return std::uint64_t{name} << 32U | context;
}
}  // namespace

std::uint32_t TimelineState::FindPair(std::uint32_t name, std::uint32_t context) const {
  const auto it = indexes_->pairs.find(PairKey(name, context));
  return it == indexes_->pairs.end() ? kNone : it->second;
}

void TimelineState::AddPair(std::uint32_t name, std::uint32_t context, std::uint32_t node) {
  indexes_->pairs.emplace(PairKey(name, context), node);
  log_.push_back({Op::kPairAdded, node, PairKey(name, context)});
}

void TimelineState::ErasePair(std::uint32_t name, std::uint32_t context) {
  const auto it = indexes_->pairs.find(PairKey(name, context));
  log_.push_back({Op::kPairErased, it->second, it->first});
  indexes_->pairs.erase(it);
}

std::uint32_t TimelineState::FindHashtag(std::string_view hashtag) const {
  const auto it = hashtag_by_key_.find(hashtag);
  return it == hashtag_by_key_.end() ? kNone : it->second;
}

std::uint32_t TimelineState::AddHashtag(HashtagSettings settings) {
  const auto i = hashtag_count();
  SessionTracker sessions(settings.gap_ms, settings.events);
  std::string key = settings.hashtag;
  hashtags_.push_back(std::make_unique<HashtagState>(
      HashtagState{key, std::move(settings), std::move(sessions), {}}));
  hashtag_by_key_.emplace(std::move(key), i);
  return i;  // Unwind takes hashtags back by their count
}

void TimelineState::AddTime(std::uint32_t hashtag, TimeMs time) {
  hashtags_[hashtag]->sessions.Add(time);
  log_.push_back({Op::kTimeAdded, hashtag, static_cast<std::uint64_t>(time)});
}

void TimelineState::RemoveTime(std::uint32_t hashtag, TimeMs time) {
  hashtags_[hashtag]->sessions.Remove(time);
  log_.push_back({Op::kTimeRemoved, hashtag, static_cast<std::uint64_t>(time)});
}

std::size_t TimelineState::ForgottenHash::operator()(const ForgottenKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.digest.data(), sizeof hash);
  return hash ^ key.hashtag;
}

void TimelineState::SetForgotten(const ForgottenKey& key, const ForgottenState& state) {
  const auto it = forgotten_.find(key);
  if (it == forgotten_.end()) {
    TakeBackWith([this, key] { forgotten_.erase(key); });
  } else {
    TakeBackWith([this, key, old = it->second] { forgotten_[key] = old; });
  }
  forgotten_[key] = state;
}

bool TimelineState::IsForgottenPost(std::uint32_t hashtag, const Sha256Digest& digest) const {
  for (const std::uint32_t where : {kEverywhere, hashtag}) {
    const auto it = forgotten_.find({where, digest});
    if (it != forgotten_.end() && it->second.post) return true;
  }
  return false;
}

bool TimelineState::IsForgottenAuthor(const Sha256Digest& digest) const {
  const auto it = forgotten_.find({kEverywhere, digest});
  return it != forgotten_.end() && it->second.author;
}

void TimelineState::TakeBackWith(std::function<void()> undo) {
  closures_.push_back(std::move(undo));
  log_.push_back({Op::kClosure, 0, closures_.size() - 1});
}

void TimelineState::Commit() {
  for (const std::uint32_t name : erased_names_) {
    Name& erased = names_[name];
    // The arena is ours: the text of a forgotten id does not stay in memory either.
    std::memset(const_cast<char*>(erased.text), 0, erased.size);
    erased.size = 0;
  }
  erased_names_.clear();
  log_.clear();
  saved_.clear();
  closures_.clear();
  committed_ = {names_.size(), nodes_.size(), reposts_.size(), trees_.size(), hashtag_count()};
  arena_->Mark();
}

void TimelineState::UndoOne(const Logged& logged) {
  const auto time = static_cast<TimeMs>(logged.value);
  switch (logged.op) {
    case Op::kName:
      names_[logged.index] = Saved<Name>(logged.value);
      break;
    case Op::kNode:
      nodes_[logged.index] = Saved<Node>(logged.value);
      break;
    case Op::kRepost:
      reposts_[logged.index] = Saved<Repost>(logged.value);
      break;
    case Op::kTree:
      trees_[logged.index] = Saved<Tree>(logged.value);
      break;
    case Op::kNameAdded:
      indexes_->names.Erase(names_[logged.index].hash, logged.index);
      break;
    case Op::kNameErased:
      indexes_->names.Insert(names_[logged.index].hash, logged.index);
      break;
    case Op::kNumberAdded:
      indexes_->numbers.erase(logged.value);
      break;
    case Op::kNumberErased:
      indexes_->numbers.insert(logged.value);
      break;
    case Op::kPairAdded:
      indexes_->pairs.erase(logged.value);
      break;
    case Op::kPairErased:
      indexes_->pairs.emplace(logged.value, logged.index);
      break;
    case Op::kNodeFreed:
      free_node_ = nodes_[logged.index].next;
      nodes_[logged.index] = Saved<Node>(logged.value);
      break;
    case Op::kNodeReused:
      nodes_[logged.index] = Saved<Node>(logged.value);
      free_node_ = logged.index;
      break;
    case Op::kTimeAdded:
      hashtags_[logged.index]->sessions.Remove(time);
      break;
    case Op::kTimeRemoved:
      hashtags_[logged.index]->sessions.Add(time);
      break;
    case Op::kClosure:
      closures_[logged.value]();
      break;
  }
}

void TimelineState::Unwind() {
  for (std::size_t i = log_.size(); i-- > 0;) UndoOne(log_[i]);
  log_.clear();
  saved_.clear();
  closures_.clear();
  erased_names_.clear();
  names_.truncate(committed_.names);
  nodes_.truncate(committed_.nodes);
  reposts_.truncate(committed_.reposts);
  trees_.truncate(committed_.trees);
  while (hashtag_count() > committed_.hashtags) {
    hashtag_by_key_.erase(hashtags_.back()->hashtag);
    hashtags_.pop_back();
  }
  for (const auto& hashtag : hashtags_) hashtag->sessions.DropChanges();
  arena_->Rewind();
}

std::size_t TimelineState::bytes() const {
  std::size_t sum = names_.bytes() + nodes_.bytes() + reposts_.bytes() + trees_.bytes();
  sum += arena_->bytes() + indexes_->names.bytes() + indexes_->numbers.bucket_count() * 9 +
         indexes_->pairs.bucket_count() * 17;
  for (const auto& hashtag : hashtags_) sum += sizeof(HashtagState) + hashtag->sessions.bytes();
  return sum;
}

}  // namespace latecomer
