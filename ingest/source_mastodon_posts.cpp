#include "ingest/source_mastodon_posts.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "model/hashtag.h"
#include "model/html.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

// A reply to a known conversation: others may follow at once, and are found by one visit.
constexpr milliseconds kSettle{60'000};
constexpr char kHashtagMark = '#';
constexpr char kRepostMark = '@';

std::string KnownKey(const MastodonStatus& status) {
  std::string key;
  if (status.reposted) key += kRepostMark;
  return key + status.id + "," + status.note().id;
}

bool IsAscii(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// URIs come from others; what a cursor could not hold is not remembered.
bool IsPlain(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; });
}

}  // namespace

MastodonPosts::MastodonPosts(SourceContext& context, MastodonRecent& recent, std::string instance,
                             int number, RevisitPolicy policy)
    : context_(context),
      recent_(recent),
      instance_(std::move(instance)),
      number_(number),
      first_pause_(policy.first),
      started_(context.Now()),
      revisits_("thread/" + instance_, policy) {
  for (const FollowedHashtag& followed : context.spec().hashtags) {
    looks_into_text_ = looks_into_text_ || !IsAscii(followed.hashtag) ||
                       !std::all_of(followed.aliases.begin(), followed.aliases.end(), IsAscii);
  }
}

std::uint64_t MastodonPosts::Hash(std::string_view id) { return std::hash<std::string_view>()(id); }

bool MastodonPosts::ParseKnown(std::string_view text, Missing& to) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos || !IsMastodonId(text.substr(0, comma))) return false;
  to = {std::string(text.substr(0, comma)), std::string(text.substr(comma + 1))};
  return true;
}

std::vector<std::string> MastodonPosts::KeysIn(const KnownPosts& known) {
  std::vector<std::string> keys;
  for (auto mark = known.lower_bound(std::string_view("#")); mark != known.end(); ++mark) {
    if (mark->first[0] != kHashtagMark) break;
    keys.push_back(mark->first.substr(1));
  }
  return keys;
}

Status MastodonPosts::Restore() {
  if (Status read = revisits_.Restore(context_.cursors()); !read) return read;
  const std::string begin = "thread/" + instance_ + " ";
  const Cursors& cursors = context_.cursors();
  for (auto cursor = cursors.lower_bound(begin);
       cursor != cursors.end() && cursor->first.starts_with(begin); ++cursor) {
    const std::string conversation = cursor->first.substr(begin.size());
    for (const auto& [known, digest] : revisits_.Known(conversation)) {
      std::string_view id = known;
      if (id[0] == kHashtagMark) continue;
      if (id[0] == kRepostMark) id.remove_prefix(1);
      Remember(std::string(id.substr(0, id.find(','))), digest, conversation);
    }
  }
  return {};
}

std::uint32_t MastodonPosts::Number(const std::string& conversation) {
  const auto [found, is_new] =
      numbers_.try_emplace(conversation, static_cast<std::uint32_t>(names_.size()));
  if (is_new) {
    names_.push_back(&found->first);
    joined_.push_back(found->second);
  }
  return found->second;
}

void MastodonPosts::Remember(const std::string& id, std::uint32_t digest,
                             const std::string& conversation) {
  index_[Hash(id)] = {digest, Number(conversation)};
}

const std::string* MastodonPosts::ConversationOf(std::string_view id) const {
  const auto found = index_.find(Hash(id));
  return found == index_.end() ? nullptr : &NameOf(found->second.conversation);
}

const std::string& MastodonPosts::NameOf(std::uint32_t number) const {
  while (joined_[number] != number) number = joined_[number];
  return *names_[number];
}

KnownPosts MastodonPosts::Known(const std::string& conversation) const {
  const auto open = open_.find(conversation);
  return open != open_.end() ? open->second : revisits_.Known(conversation);
}

KnownPosts& MastodonPosts::Open(const std::string& conversation) {
  const auto open = open_.find(conversation);
  if (open != open_.end()) return open->second;
  return open_.emplace(conversation, revisits_.Known(conversation)).first->second;
}

Status MastodonPosts::Flush(PostBatch& batch) {
  for (const auto& [conversation, known] : open_) {
    if (Status learnt = revisits_.Learn(batch, conversation, known); !learnt) return learnt;
  }
  open_.clear();
  return {};
}

std::string MastodonPosts::UriOf(std::string_view id) const {
  const std::string* conversation = ConversationOf(id);
  if (conversation == nullptr) return {};
  const std::string begin = std::string(id) + ",";
  const auto find = [&](const KnownPosts& known) -> std::string {
    const auto found = known.lower_bound(begin);
    if (found == known.end() || !found->first.starts_with(begin)) return {};
    return found->first.substr(begin.size());
  };
  const auto open = open_.find(*conversation);
  return open != open_.end() ? find(open->second) : find(revisits_.Known(*conversation));
}

// Mastodon makes ASCII of a hashtag's letters where it can: how it is written stands in the text.
MastodonPosts::Keys MastodonPosts::Carried(const MastodonStatus& status) const {
  std::vector<std::string> hashtags = status.post.hashtags;
  if (looks_into_text_ && !status.reposted) {
    for (const HashtagInText& found : FindHashtags(TextFromHtml(status.note().content))) {
      if (Result<std::string> folded = FoldHashtag(found.name)) {
        hashtags.push_back(std::move(*folded));
      }
    }
  }
  const std::vector<std::string> keys = context_.spec().KeysOf(hashtags);
  return {keys.begin(), keys.end()};
}

Status MastodonPosts::Expect(PostBatch& batch, const std::string& conversation, TimeMs when) {
  const Result<bool> expected = revisits_.Expect(batch, conversation, when);
  if (!expected) return expected.error();
  return {};
}

void MastodonPosts::Write(PostBatch& batch, const Post& post, const Keys& keys, const Keys& carried,
                          const std::string& what) {
  const std::uint32_t digest = MastodonDigest(post);
  const bool is_own = IsOwnPost(post.id, instance_);
  std::vector<std::string> by_tag;
  std::vector<std::string> by_thread;
  for (const std::string& key : keys) {
    if (!recent_.Take(post, key, digest, number_, is_own)) {
      ++context_.counters().duplicates;
    } else {
      (carried.contains(key) ? by_tag : by_thread).push_back(key);
    }
  }
  const std::string where = instance_ + ": " + what;
  for (const auto& [list, via] : {std::pair(&by_tag, Via::kTag), {&by_thread, Via::kThread}}) {
    if (list->empty()) continue;
    Post copy = post;
    copy.via = via;
    batch.AddOrReject(*list, std::move(copy), where);
  }
}

Status MastodonPosts::TakeTagged(PostBatch& batch, MastodonStatus status) {
  if (!status.is_public) return {};
  if (status.reposted) return TakeRepost(batch, status);
  const Keys carried = Carried(status);
  if (carried.empty() || !IsPlain(status.note().id)) return {};
  if (!status.in_reply_to_id.empty()) status.note().in_reply_to = UriOf(status.in_reply_to_id);
  if (!status.quoted_id.empty()) status.note().quote_uri = UriOf(status.quoted_id);
  const std::uint32_t digest = MastodonDigest(status.note());
  const TimeMs now = context_.Now();
  const TimeMs at_once = context_.spec().once ? started_ : now;

  const auto seen = index_.find(Hash(status.id));
  const bool is_known = seen != index_.end();
  const bool is_same = is_known && seen->second.digest == digest;
  const std::string* above =
      is_known ? &NameOf(seen->second.conversation) : ConversationOf(status.in_reply_to_id);
  const std::string conversation = above != nullptr ? *above : status.id;  // `above` may move
  const bool is_new_conversation = above == nullptr && !revisits_.Has(conversation);

  Keys keys = carried;
  bool widens = false;
  if (!is_new_conversation) {
    const KnownPosts& known = Open(conversation);
    for (const std::string& key : KeysIn(known)) {
      if (is_same) {
        keys.erase(key);
      } else {
        keys.insert(key);
      }
    }
    widens = std::any_of(carried.begin(), carried.end(), [&](const std::string& key) {
      return !known.contains(kHashtagMark + key);
    });
  }
  if (is_same && keys.empty()) {
    ++context_.counters().duplicates;
    return {};
  }
  Write(batch, status.note(), keys, carried, "a status of a hashtag");

  TimeMs when = now + first_pause_.count();
  if (widens || (above == nullptr && !status.in_reply_to_id.empty()) ||
      (status.replies > 0 && !is_known)) {
    when = at_once;
  } else if (!is_known && above != nullptr) {
    when = context_.spec().once ? started_ : now + kSettle.count();
  }
  if (Status expected = Expect(batch, conversation, when); !expected) return expected;
  KnownPosts& known = Open(conversation);
  known[KnownKey(status)] = digest;
  if (is_new_conversation) {
    for (const std::string& key : carried) known.emplace(kHashtagMark + key, 1);
  }
  Remember(status.id, digest, conversation);
  return {};
}

Status MastodonPosts::TakeRepost(PostBatch& batch, MastodonStatus& status) {
  const Post& repost = status.note();
  MastodonStatus& original = *status.reposted;
  const Keys carried = Carried(original);
  if (carried.empty() || !IsPlain(repost.id) || Knows(status.id)) return {};
  const std::string id = original.id;
  if (Status taken = TakeTagged(batch, std::move(original)); !taken) return taken;
  const std::string* conversation = ConversationOf(id);
  if (conversation == nullptr) return {};
  const std::uint32_t digest = MastodonDigest(repost);
  Write(batch, repost, carried, carried, "a repost");
  Open(*conversation)[KnownKey(status)] = digest;
  Remember(status.id, digest, *conversation);
  return {};
}

// All that is known of one conversation is known of another, of which it turned out to be a part.
Status MastodonPosts::Absorb(PostBatch& batch, const std::string& from, const std::string& into) {
  for (const auto& [known, digest] : Known(from)) {
    if (known[0] != kHashtagMark) Open(into)[known] = digest;
  }
  open_.erase(from);
  joined_[Number(from)] = Number(into);  // what the index says of its posts holds
  numbers_.erase(from);
  return revisits_.Drop(batch, from);
}

Result<MastodonPosts::Found> MastodonPosts::TakeConversation(
    PostBatch& batch, const std::string& conversation, std::vector<MastodonStatus>& statuses) {
  // Under which hashtags the posts of each conversation that meets here have been written.
  std::map<std::string, Keys> written;
  std::map<std::string, std::string, std::less<>> uris;
  Keys keys;
  const auto gather = [&](const std::string& name) {
    if (written.contains(name)) return;
    const std::vector<std::string> list = KeysIn(Known(name));
    written.emplace(name, Keys(list.begin(), list.end()));
    keys.insert(list.begin(), list.end());
  };
  gather(conversation);
  std::vector<Keys> carried;
  std::vector<std::string> home;  // the conversation it was known in, as long as names_ hold
  for (const MastodonStatus& status : statuses) {
    carried.push_back(Carried(status));
    keys.insert(carried.back().begin(), carried.back().end());
    uris.emplace(status.id, status.note().id);
    const std::string* known_in = ConversationOf(status.id);
    home.push_back(known_in == nullptr ? std::string() : *known_in);
    if (known_in != nullptr) gather(*known_in);
  }
  const auto uri_of = [&](const std::string& id) {
    const auto found = uris.find(id);
    return found != uris.end() ? found->second : UriOf(id);
  };

  Found found;
  for (const std::string& key : keys) found.posts.emplace(kHashtagMark + key, 1);
  std::set<std::string, std::less<>> present;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    MastodonStatus& status = statuses[i];
    Post& post = status.note();
    if (status.reposted || !IsPlain(post.id) || !present.insert(status.id).second) continue;
    if (!status.in_reply_to_id.empty()) post.in_reply_to = uri_of(status.in_reply_to_id);
    if (!status.quoted_id.empty()) post.quote_uri = uri_of(status.quoted_id);
    const std::uint32_t digest = MastodonDigest(post);
    const auto seen = index_.find(Hash(status.id));
    Keys wanted = keys;
    if (seen != index_.end() && seen->second.digest == digest) {
      for (const std::string& key : written[home[i]]) wanted.erase(key);
    }
    if (wanted.empty()) {
      ++context_.counters().duplicates;
    } else {
      Write(batch, post, wanted, carried[i], "a status of a conversation");
    }
    found.posts[KnownKey(status)] = digest;
  }
  for (const auto& [name, ignored] : written) {
    if (name == conversation || name.empty()) continue;
    if (Status absorbed = Absorb(batch, name, conversation); !absorbed) return absorbed.error();
  }
  for (const auto& [known, digest] : Known(conversation)) {
    if (known[0] == kRepostMark) found.posts.emplace(known, digest);
    Missing missing;
    if (known[0] == kHashtagMark || known[0] == kRepostMark || !ParseKnown(known, missing))
      continue;
    if (!present.contains(missing.id)) found.missing.push_back(std::move(missing));
  }
  return found;
}

void MastodonPosts::PutBack(Found& found, const Missing& missing, std::uint32_t digest) {
  found.posts.emplace(missing.id + "," + missing.uri, digest);
}

Status MastodonPosts::Finish(PostBatch& batch, const std::string& conversation,
                             const Found& found) {
  for (const Missing& missing : found.missing) {
    if (!found.posts.contains(missing.id + "," + missing.uri)) index_.erase(Hash(missing.id));
  }
  for (const auto& [known, digest] : found.posts) {
    std::string_view id = known;
    if (id[0] == kHashtagMark) continue;
    if (id[0] == kRepostMark) id.remove_prefix(1);
    Remember(std::string(id.substr(0, id.find(','))), digest, conversation);
  }
  open_.erase(conversation);
  return revisits_.Visited(batch, conversation, found.posts, context_.Now());
}

void MastodonPosts::Bury(PostBatch& batch, const Missing& post,
                         const std::vector<std::string>& keys) {
  Post tombstone;
  tombstone.type = PostType::kTombstone;
  tombstone.id = post.uri;
  tombstone.deleted = context_.Now();
  tombstone.source = {"mastodon", instance_, context_.Now()};
  batch.AddOrReject(keys, std::move(tombstone), instance_ + ": a deletion");
  if (const std::string* conversation = ConversationOf(post.id)) {
    Open(*conversation).erase(post.id + "," + post.uri);
  }
  index_.erase(Hash(post.id));
}

Status MastodonPosts::SplitOff(PostBatch& batch, const Missing& post, std::uint32_t digest,
                               const std::vector<std::string>& keys) {
  if (Status expected = Expect(batch, post.id, context_.Now()); !expected) return expected;
  KnownPosts& own = Open(post.id);
  for (const std::string& key : keys) own.emplace(kHashtagMark + key, 1);
  own[post.id + "," + post.uri] = digest;
  Remember(post.id, digest, post.id);
  return {};
}

Status MastodonPosts::Split(PostBatch& batch, const std::string& conversation) {
  const KnownPosts known = Known(conversation);
  const std::vector<std::string> keys = KeysIn(known);
  for (const auto& [text, digest] : known) {
    Missing post;
    if (!ParseKnown(text, post) || post.id == conversation) continue;
    if (Status split = SplitOff(batch, post, digest, keys); !split) return split;
  }
  open_.erase(conversation);
  return revisits_.Drop(batch, conversation);
}

}  // namespace latecomer
