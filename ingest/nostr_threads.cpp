#include "ingest/nostr_threads.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "ingest/nostr_id.h"

namespace latecomer {
namespace {

constexpr std::uint32_t kDeleted = 1;
constexpr std::uint32_t kMark = 1;
constexpr std::size_t kIdChars = 43;
constexpr std::size_t kAuthorBytes = 16;
constexpr std::chrono::minutes kSoon{10};
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Packed(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kBase64[(held >> (bits - 6)) & 63U];
    held &= 0xffU;
  }
  if (bits > 0) text += kBase64[(held << (6 - bits)) & 63U];
  return text;
}

std::string Unpacked(std::string_view text) {
  std::string bytes;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) return "";
    held = ((held << 6U) | static_cast<std::uint32_t>(digit)) & 0x3fffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((held >> bits) & 0xffU);
  }
  return bytes;
}

std::string PackedHex(std::string_view hex, std::size_t bytes) {
  return Packed(BytesOfHex(hex).value_or("").substr(0, bytes));
}

std::string HalfOf(const std::string& pubkey) { return PackedHex(pubkey, kAuthorBytes); }

std::uint32_t DigestOf(const std::set<std::string>& keys) {
  std::string all;
  for (const std::string& key : keys) all += key + ' ';
  return std::max<std::uint32_t>(KnownDigest(all), kDeleted + 1);
}

// The third number of a cursor of Revisits.
TimeMs NewestIn(std::string_view cursor) {
  for (int i = 0; i < 3; ++i)
    cursor.remove_prefix(std::min(cursor.find(' '), cursor.size() - 1) + 1);
  TimeMs time = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), time);
  return time;
}

bool IsPost(int kind) {
  return kind == kNostrNote || kind == kNostrComment || kind == kNostrRepost ||
         kind == kNostrGenericRepost;
}

}  // namespace

Status NostrThreads::Restore() {
  if (Status restored = revisits_.Restore(context_.cursors()); !restored) return restored;
  std::vector<std::pair<TimeMs, std::string>> newest;
  const std::string begin = "thread ";
  const Cursors& cursors = context_.cursors();
  for (auto cursor = cursors.lower_bound(begin);
       cursor != cursors.end() && cursor->first.starts_with(begin); ++cursor) {
    const std::string root = cursor->first.substr(begin.size());
    if (!IsNostrHex(root)) return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
    newest.emplace_back(NewestIn(cursor->second), root);
  }
  // What has come last is remembered last.
  std::sort(newest.begin(), newest.end());
  for (const auto& [time, root] : newest) {
    for (const auto& [id, member] : Load(root).members) Remember(id, root);
    loaded_.clear();
  }
  return {};
}

NostrThreads::Thread& NostrThreads::Load(const std::string& root) {
  const auto [which, is_new] = loaded_.try_emplace(root);
  Thread& thread = which->second;
  if (!is_new) return thread;
  const auto& followed = context_.spec().hashtags;
  for (const auto& [id, digest] : revisits_.Known(root)) {
    if (id.starts_with('#')) {
      const std::string key = id.substr(1);
      const bool still = std::any_of(followed.begin(), followed.end(),
                                     [&](const auto& hashtag) { return hashtag.hashtag == key; });
      if (still) thread.keys.insert(key);
    } else if (id.size() > kIdChars) {
      const std::string hex = HexOfBytes(Unpacked(std::string_view(id).substr(0, kIdChars)));
      thread.members.emplace(hex, Member{id.substr(kIdChars), digest});
    }
  }
  return thread;
}

KnownPosts NostrThreads::Saved(const Thread& thread) const {
  KnownPosts saved;
  for (const std::string& key : thread.keys) saved.emplace("#" + key, kMark);
  for (const auto& [id, member] : thread.members) {
    saved.emplace(PackedHex(id, 32) + member.author, member.digest);
  }
  return saved;
}

void NostrThreads::Remember(const std::string& id, const std::string& root) {
  const auto [which, is_new] = roots_.insert(root);
  if (is_new) ListenFor(root);
  if (!owners_.emplace(id, &*which).second) return;
  recent_.push_back(id);
  if (recent_.size() > kRecentMax) recent_.pop_front();
  ++recent_version_;
}

// Where there are too many, in the place of the one that began first.
void NostrThreads::ListenFor(const std::string& root) {
  const std::size_t at = next_root_++ % (kRootGroup * kRootGroupsMax);
  if (at / kRootGroup == root_groups_.size()) root_groups_.emplace_back();
  std::vector<std::string>& group = root_groups_[at / kRootGroup];
  if (at % kRootGroup == group.size()) group.emplace_back();
  group[at % kRootGroup] = root;
}

std::vector<std::string> NostrThreads::Members(const std::string& root) {
  std::vector<std::string> members;
  for (const auto& [id, member] : Load(root).members) {
    if (member.digest != kDeleted) members.push_back(id);
  }
  return members;
}

bool NostrThreads::IsKnown(const NostrEvent& event) {
  const auto owner = owners_.find(event.id);
  if (owner == owners_.end()) return false;
  const Thread& thread = Load(*owner->second);
  const auto member = thread.members.find(event.id);
  if (member == thread.members.end()) return false;
  if (member->second.digest == kDeleted) return true;
  return member->second.digest == DigestOf(thread.keys);
}

// The conversation that it belongs to; "" if it is none that is, or is to be, followed.
std::string NostrThreads::RootOf(const NostrEvent& event, const NostrPlace& place,
                                 bool tagged) const {
  for (const std::string* id : {&event.id, &place.reposted, &place.parent, &place.root}) {
    if (id->empty()) continue;
    if (const auto owner = owners_.find(*id); owner != owners_.end()) return *owner->second;
    if (revisits_.Has(*id)) return *id;
  }
  if (!tagged || !place.reposted.empty()) return "";
  if (!place.root.empty()) return place.root;
  return place.parent.empty() ? event.id : place.parent;
}

bool NostrThreads::Concerns(const NostrEvent& event) const {
  if (event.kind == kNostrDeletion) {
    const std::vector<std::string> ids = DeletedBy(event);
    return std::any_of(ids.begin(), ids.end(), [this](const auto& id) { return Knows(id); });
  }
  if (!IsPost(event.kind)) return false;
  const bool tagged = !context_.spec().KeysOf(HashtagsOf(event)).empty();
  return !RootOf(event, PlaceOf(event), tagged).empty();
}

std::optional<std::string> NostrThreads::ConversationOf(const std::string& id) const {
  const auto owner = owners_.find(id);
  if (owner == owners_.end()) return std::nullopt;
  return *owner->second;
}

Result<bool> NostrThreads::Take(PostBatch& batch, const NostrEvent& event,
                                const NostrProfile* profile, std::string_view instance,
                                const std::string& of) {
  if (event.kind == kNostrDeletion) return Delete(batch, event, instance);
  if (!IsPost(event.kind)) return false;
  const NostrPlace place = PlaceOf(event);
  const bool is_repost = event.kind == kNostrRepost || event.kind == kNostrGenericRepost;
  if (is_repost && place.reposted.empty()) return false;
  const std::vector<std::string> carried =
      is_repost ? std::vector<std::string>() : context_.spec().KeysOf(HashtagsOf(event));
  std::string root = RootOf(event, place, !carried.empty());
  if (root.empty()) root = of;
  if (root.empty()) return false;

  const TimeMs now = context_.Now();
  Thread& thread = Load(root);
  const std::size_t keys_before = thread.keys.size();
  thread.keys.insert(carried.begin(), carried.end());
  if (thread.keys.empty()) return false;
  const bool is_more = thread.keys.size() > keys_before;
  const std::uint32_t digest = DigestOf(thread.keys);
  const auto [member, is_new] =
      thread.members.try_emplace(event.id, Member{HalfOf(event.pubkey), 0});
  if (member->second.digest == kDeleted || member->second.digest == digest) {
    ++context_.counters().duplicates;
    return true;
  }
  Put(batch, thread, event, MakeNostrPost(event, place, profile, instance, now), carried);
  member->second.digest = digest;
  thread.changed = true;
  Remember(event.id, root);
  const TimeMs when = is_more ? now : now + std::chrono::milliseconds(kSoon).count();
  if (is_more || is_new) {
    fresh_.insert(root);
    if (Result<bool> planned = revisits_.Expect(batch, root, when); !planned) {
      return planned.error();
    }
  }
  return true;
}

void NostrThreads::Put(PostBatch& batch, const Thread& thread, const NostrEvent& event, Post post,
                       const std::vector<std::string>& carried) {
  const std::string where = "event " + event.id;
  std::vector<std::string> others;
  for (const std::string& key : thread.keys) {
    if (std::find(carried.begin(), carried.end(), key) == carried.end()) others.push_back(key);
  }
  if (!carried.empty() && !batch.AddOrReject(carried, post, where)) return;
  post.via = Via::kThread;
  if (!others.empty()) batch.AddOrReject(others, std::move(post), where);
}

Result<bool> NostrThreads::Delete(PostBatch& batch, const NostrEvent& deletion,
                                  std::string_view instance) {
  bool ours = false;
  const std::string author = HalfOf(deletion.pubkey);
  for (const std::string& id : DeletedBy(deletion)) {
    const auto owner = owners_.find(id);
    if (owner == owners_.end()) continue;
    Thread& thread = Load(*owner->second);
    const auto member = thread.members.find(id);
    if (member == thread.members.end() || member->second.author != author) continue;
    ours = true;
    if (member->second.digest == kDeleted) continue;
    const std::vector<std::string> keys(thread.keys.begin(), thread.keys.end());
    batch.AddOrReject(keys,
                      MakeNostrTombstone(id, deletion.created_at * 1000, instance, context_.Now()),
                      "event " + deletion.id);
    member->second.digest = kDeleted;
    thread.changed = true;
    fresh_.insert(*owner->second);
  }
  return ours;
}

Status NostrThreads::Settle(PostBatch& batch) {
  for (auto& [root, thread] : loaded_) {
    if (!std::exchange(thread.changed, false)) continue;
    if (Status learned = revisits_.Learn(batch, root, Saved(thread)); !learned) return learned;
  }
  return {};
}

Status NostrThreads::Write(PostBatch& batch) {
  if (Status settled = Settle(batch); !settled) return settled;
  loaded_.clear();
  return context_.Write(batch);
}

Status NostrThreads::WriteIfFull(PostBatch& batch) {
  return batch.IsFull() ? Write(batch) : Status();
}

Status NostrThreads::Visited(PostBatch& batch, const std::string& root, bool whole) {
  Thread& thread = Load(root);
  if (thread.keys.empty()) return revisits_.Drop(batch, root);
  thread.changed = false;
  const TimeMs now = context_.Now();
  // One of which nothing has been found is new each time, but need not be asked for that often.
  if (thread.members.empty() && whole) return revisits_.Postpone(batch, root, now);
  // What was written meanwhile has been learned, so that it would not be seen to be new. Where not
  // all could be asked, that nothing was found says nothing: the pause must not grow.
  if (fresh_.erase(root) > 0 || !whole) {
    if (Status forgotten = revisits_.Learn(batch, root, {}); !forgotten) return forgotten;
  }
  if (Status done = revisits_.Visited(batch, root, Saved(thread), now); !done) return done;
  if (whole) return {};
  const Result<bool> again =
      revisits_.Expect(batch, root, now + std::chrono::milliseconds(kSoon).count());
  return again ? Status() : Status(again.error());
}

}  // namespace latecomer
