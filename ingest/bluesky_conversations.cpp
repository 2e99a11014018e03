#include "ingest/bluesky_conversations.h"

#include <algorithm>

#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

constexpr std::string_view kTouched = "!";
constexpr std::uint32_t kPending = 0;
constexpr std::uint32_t kSettled = 1;

bool IsMark(std::string_view id) {
  return id.starts_with('#') || id.starts_with('~') || id == kTouched;
}

// Removes the marks "~POST".
void DropWritten(KnownPosts& posts) {
  const auto begin = posts.lower_bound("~");
  auto end = begin;
  while (end != posts.end() && end->first.starts_with('~')) ++end;
  posts.erase(begin, end);
}

std::uint32_t DeletedDigest() {
  static const std::uint32_t kDeleted = KnownDigest("deleted");
  return kDeleted;
}

}  // namespace

BlueskyConversations::BlueskyConversations(SourceContext& context, Settings settings)
    : context_(context),
      settings_(std::move(settings)),
      revisits_(std::string(kPrefix), settings_.policy) {}

Status BlueskyConversations::Restore() {
  loaded_ = {};
  if (Status restored = revisits_.Restore(context_.cursors()); !restored) return restored;
  if (!settings_.index) return {};
  const std::string begin = std::string(kPrefix) + " ";
  const Cursors& cursors = context_.cursors();
  for (auto cursor = cursors.lower_bound(begin);
       cursor != cursors.end() && cursor->first.starts_with(begin); ++cursor) {
    const std::string root = cursor->first.substr(begin.size());
    for (const auto& [id, digest] : revisits_.Known(root)) {
      if (!IsMark(id)) Index(id, root);
    }
  }
  return {};
}

void BlueskyConversations::Index(const std::string& short_id, const std::string& root) {
  if (settings_.index) by_post_[short_id] = &*roots_.insert(root).first;
}

std::optional<std::string> BlueskyConversations::RootOf(const std::string& short_id) const {
  const auto found = by_post_.find(short_id);
  if (found == by_post_.end()) return std::nullopt;
  return *found->second;
}

std::vector<std::string> BlueskyConversations::PostsOf(const std::string& did) const {
  std::vector<std::string> posts;
  const std::string begin = did + "/";
  for (auto post = by_post_.lower_bound(begin);
       post != by_post_.end() && post->first.starts_with(begin); ++post) {
    posts.push_back(post->first);
  }
  return posts;
}

Status BlueskyConversations::Load(PostBatch& batch, const std::string& root) {
  if (loaded_.root == root) return {};
  if (Status settled = Settle(batch); !settled) return settled;
  loaded_ = {};
  loaded_.root = root;
  loaded_.posts = revisits_.Known(root);
  return {};
}

Status BlueskyConversations::BeginVisit(PostBatch& batch, const std::string& root) {
  if (Status loaded = Load(batch, root); !loaded) return loaded;
  loaded_.fresh.clear();
  loaded_.has_taken = false;
  for (const auto& [id, digest] : loaded_.posts) {
    if (id.starts_with('#') && digest == kPending) loaded_.fresh.insert(id.substr(1));
  }
  return {};
}

Status BlueskyConversations::AddKey(PostBatch& batch, const std::string& key) {
  const std::uint32_t mark = settings_.visits ? kPending : kSettled;
  if (!loaded_.posts.try_emplace("#" + key, mark).second) return {};
  DropWritten(loaded_.posts);
  loaded_.changed = true;
  const TimeMs when = settings_.visits ? context_.Now() : kTimeMsMax;
  const Result<bool> planned = revisits_.Expect(batch, loaded_.root, when);
  return planned ? Status() : planned.error();
}

Status BlueskyConversations::Announce(PostBatch& batch, const std::vector<std::string>& hashtags) {
  for (const std::string& key : context_.spec().KeysOf(hashtags)) {
    const bool is_new = !loaded_.posts.contains("#" + key);
    if (Status added = AddKey(batch, key); !added) return added;
    if (is_new && !loaded_.has_taken) loaded_.fresh.insert(key);
  }
  return {};
}

Status BlueskyConversations::Settle(PostBatch& batch) {
  if (!loaded_.changed) return {};
  loaded_.changed = false;
  loaded_.posts.insert_or_assign(std::string(kTouched), kSettled);
  return revisits_.Learn(batch, loaded_.root, loaded_.posts);
}

Status BlueskyConversations::Write(PostBatch& batch) {
  Status written = Settle(batch);
  if (written) written = context_.Write(batch);
  write_failed_ = !written;
  return written;
}

// Of the loaded conversation, those that are followed now.
std::vector<std::string> BlueskyConversations::Keys() const {
  std::vector<std::string> keys;
  for (const FollowedHashtag& followed : context_.spec().hashtags) {
    if (loaded_.posts.contains("#" + followed.hashtag)) keys.push_back(followed.hashtag);
  }
  return keys;
}

void BlueskyConversations::Put(PostBatch& batch, const BlueskyPost& post,
                               const std::vector<std::string>& carried,
                               const std::vector<std::string>& others, const std::string& where) {
  Post value = std::get<Post>(post.post.value);
  if (!others.empty()) {
    value.via = Via::kThread;
    batch.AddOrReject(others, value, where);
  }
  if (!carried.empty()) {
    value.via = Via::kTag;
    batch.AddOrReject(carried, std::move(value), where);
  }
}

Result<bool> BlueskyConversations::Take(PostBatch& batch, BlueskyPost& post, How how,
                                        const std::string& where) {
  const std::vector<std::string> carried = context_.spec().KeysOf(post.post.hashtags);
  if (carried.empty() && !revisits_.Has(post.root)) return false;
  if (Status loaded = Load(batch, post.root); !loaded) return loaded.error();
  for (const std::string& key : carried) {
    if (Status added = AddKey(batch, key); !added) return added.error();
  }
  loaded_.has_taken = true;
  const std::uint32_t digest = KnownDigest(post.cid);
  const auto known = loaded_.posts.find(post.short_id);
  const bool is_new = known == loaded_.posts.end();
  // What was deleted comes back only on servers that have not heard of it.
  if (!is_new && known->second == DeletedDigest()) {
    ++context_.counters().duplicates;
    return true;
  }
  const bool is_behind = how == How::kVisit && !settings_.visits_tell_edits;
  const bool is_same = !is_new && (known->second == digest || is_behind);
  std::vector<std::string> to_carried;
  std::vector<std::string> to_others;
  bool is_early = false;
  for (const std::string& key : Keys()) {
    const bool carries = std::find(carried.begin(), carried.end(), key) != carried.end();
    // What carries a hashtag was written under it when it was taken first. Under one that has come
    // to its conversation, all else is written by the visit that this brings about.
    const bool again = how == How::kVisit && loaded_.fresh.contains(key) &&
                       !loaded_.posts.contains("~" + post.short_id);
    is_early = is_early || loaded_.posts.at("#" + key) == kPending;
    if (!is_same || (again && !carries)) (carries ? to_carried : to_others).push_back(key);
  }
  if (is_same && to_others.empty()) {
    ++context_.counters().duplicates;
    return true;
  }
  Post& value = std::get<Post>(post.post.value);
  // An edit bears no time: it is as fresh as we have seen it to be.
  if (!is_new && !is_same && !value.updated) {
    value.updated = std::max(context_.Now(), value.published.value_or(0) + 1);
  }
  Put(batch, post, to_carried, to_others, where);
  // Where somebody goes on with the hashtag, others go on without it.
  if (is_new && how == How::kAlone && settings_.visits_tell_edits && !carried.empty()) {
    const Result<bool> planned = revisits_.Expect(batch, post.root, context_.Now());
    if (!planned) return planned.error();
  }
  if (!is_same) {
    loaded_.posts.insert_or_assign(post.short_id, digest);
    if (is_early && how == How::kAlone)
      loaded_.posts.insert_or_assign("~" + post.short_id, kSettled);
    loaded_.changed = true;
    Index(post.short_id, post.root);
  }
  return true;
}

bool BlueskyConversations::IsKnown(PostBatch& batch, const BlueskyPost& post) {
  return revisits_.Has(post.root) && Load(batch, post.root) &&
         loaded_.posts.contains(post.short_id);
}

bool BlueskyConversations::Wants(PostBatch& batch, const BlueskyPost& post) {
  const bool has = revisits_.Has(post.root);
  if (!has && context_.spec().KeysOf(post.post.hashtags).empty()) return false;
  if (!has || !Load(batch, post.root)) return true;
  const auto known = loaded_.posts.find(post.short_id);
  return known == loaded_.posts.end() ||
         (known->second != KnownDigest(post.cid) && known->second != DeletedDigest());
}

Status BlueskyConversations::Delete(PostBatch& batch, const std::string& root,
                                    const std::string& short_id) {
  if (!revisits_.Has(root)) return {};
  if (Status loaded = Load(batch, root); !loaded) return loaded;
  const auto known = loaded_.posts.find(short_id);
  if (known != loaded_.posts.end() && known->second == DeletedDigest()) return {};
  const Post tombstone =
      BlueskyTombstone(BlueskyUriOfShortId(short_id), root, settings_.instance, context_.Now());
  batch.AddOrReject(Keys(), tombstone, "a deleted post");
  loaded_.posts.insert_or_assign(short_id, DeletedDigest());
  loaded_.changed = true;
  Index(short_id, root);
  return {};
}

Status BlueskyConversations::EndVisit(PostBatch& batch, const std::string& root) {
  if (Status loaded = Load(batch, root); !loaded) return loaded;
  loaded_.posts.erase(std::string(kTouched));
  DropWritten(loaded_.posts);
  bool is_whole = true;
  for (auto& [id, digest] : loaded_.posts) {
    if (!id.starts_with('#') || digest == kSettled) continue;
    // A hashtag that came in the middle of the visit needs another one.
    if (loaded_.fresh.contains(id.substr(1))) {
      digest = kSettled;
    } else {
      is_whole = false;
    }
  }
  loaded_.fresh.clear();
  loaded_.changed = false;
  if (Status s = revisits_.Visited(batch, root, loaded_.posts, context_.Now()); !s) return s;
  if (is_whole) return {};
  const Result<bool> planned = revisits_.Expect(batch, root, context_.Now());
  return planned ? Status() : planned.error();
}

std::vector<std::string> BlueskyConversations::Living(const std::string& root) {
  std::vector<std::string> living;
  const bool is_loaded = loaded_.root == root;
  const KnownPosts known = is_loaded ? KnownPosts() : revisits_.Known(root);
  for (const auto& [id, digest] : is_loaded ? loaded_.posts : known) {
    if (!IsMark(id) && digest != DeletedDigest()) living.push_back(id);
  }
  return living;
}

bool BlueskyConversations::IsKnownDeleted(const std::string& root, const std::string& short_id) {
  const bool is_loaded = loaded_.root == root;
  const KnownPosts known = is_loaded ? KnownPosts() : revisits_.Known(root);
  const KnownPosts& posts = is_loaded ? loaded_.posts : known;
  const auto found = posts.find(short_id);
  return found != posts.end() && found->second == DeletedDigest();
}

}  // namespace latecomer
