#include "ingest/x_api_conversations.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

#include "ingest/x_post.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPrefix = "conv ";
constexpr std::string_view kVersion = "v1";
// Answers often come at once; they are then found together.
constexpr std::chrono::milliseconds kVisitSoon = 10min;

std::string_view NextWord(std::string_view& text, char end_char = ' ') {
  const std::size_t end = std::min(text.find(end_char), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool ReadConversation(std::string_view text, XConversation& to) {
  if (NextWord(text) != kVersion) return false;
  const std::string_view upto = NextWord(text);
  const auto [end, error] = std::from_chars(upto.data(), upto.data() + upto.size(), to.upto);
  if (error != std::errc() || end != upto.data() + upto.size() || upto.empty()) return false;
  const std::string_view flags = NextWord(text);
  to.is_active = flags.find('a') != std::string_view::npos;
  to.is_rewritten = flags.find('r') != std::string_view::npos;
  std::string_view versions = NextWord(text);
  while (!versions.empty()) to.versions.emplace_back(NextWord(versions, ','));
  while (!text.empty()) to.hashtags.emplace_back(NextWord(text));
  return !to.versions.empty() && std::all_of(to.versions.begin(), to.versions.end(), IsXId);
}

bool Has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

Status XConversations::Restore(const Cursors& cursors, XEdits& edits) {
  if (Status restored = revisits_.Restore(cursors); !restored) return restored;
  for (auto cursor = cursors.lower_bound(kPrefix);
       cursor != cursors.end() && cursor->first.starts_with(kPrefix); ++cursor) {
    XConversation conversation;
    const std::string root = cursor->first.substr(kPrefix.size());
    if (!IsXId(root) || !ReadConversation(cursor->second, conversation)) {
      return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
    }
    for (const std::string& version : conversation.versions) {
      if (version != root) edits.insert_or_assign(version, root);
    }
    conversations_.emplace(root, std::move(conversation));
  }
  return {};
}

Status XConversations::Follow(PostBatch& batch, const XFound& post,
                              const std::vector<std::string>& hashtags, TimeMs now) {
  if (post.root.empty()) return {};
  const auto [which, is_new] = conversations_.try_emplace(post.root);
  XConversation& conversation = which->second;
  bool changed = is_new;
  const auto add_version = [&](const std::string& id) {
    if (Has(conversation.versions, id) || conversation.versions.size() >= kVersionsMax) return;
    conversation.versions.push_back(id);
    conversation.upto = 0;
    changed = true;
  };
  add_version(post.root);
  if (!post.conversation.empty()) add_version(post.conversation);
  if (post.first_id == post.root) add_version(post.latest_id);
  for (const std::string& hashtag : hashtags) {
    if (Has(conversation.hashtags, hashtag)) continue;
    conversation.hashtags.push_back(hashtag);
    conversation.upto = 0;
    conversation.is_rewritten = !is_new;
    changed = true;
  }
  const bool is_news = !IsWritten(post);
  if (is_news && !is_new && !conversation.is_active) {
    conversation.is_active = true;
    changed = true;
  }
  if (changed) {
    if (Status saved = SaveOne(batch, post.root, conversation); !saved) return saved;
  }
  if (!changed && !is_news) return {};
  const bool at_once = is_new || conversation.upto == 0;
  const Result<bool> planned =
      revisits_.Expect(batch, post.root, at_once ? now : now + kVisitSoon.count());
  if (!planned) return planned.error();
  return {};
}

const XConversation* XConversations::Find(const std::string& root) const {
  const auto found = conversations_.find(root);
  return found == conversations_.end() ? nullptr : &found->second;
}

KnownPosts XConversations::Known(const std::string& root) const {
  const auto learnt = learnt_.find(root);
  return learnt != learnt_.end() ? learnt->second : revisits_.Known(root);
}

bool XConversations::IsWritten(const XFound& post) const {
  const XConversation* conversation = Find(post.root);
  if (conversation == nullptr || conversation->is_rewritten) return false;
  auto known = learnt_.find(post.root);
  if (known == learnt_.end()) known = learnt_.emplace(post.root, revisits_.Known(post.root)).first;
  const auto found = known->second.find(post.first_id);
  if (found == known->second.end()) return false;
  return post.id != post.latest_id || found->second == KnownDigest(post.id);
}

bool XConversations::IsUpToDate(const XFound& post) const {
  const KnownPosts known = Known(post.root);
  const auto found = known.find(post.first_id);
  return found != known.end() && found->second == KnownDigest(post.latest_id);
}

void XConversations::Written(const XFound& post) {
  if (Find(post.root) == nullptr) return;
  const auto known = learnt_.try_emplace(post.root, KnownPosts()).first;
  if (!changed_[post.root] && known->second.empty()) known->second = revisits_.Known(post.root);
  changed_[post.root] = true;
  known->second.insert_or_assign(post.first_id, KnownDigest(post.id));
}

void XConversations::Forget(const std::string& root, const std::string& first_id) {
  KnownPosts known = Known(root);
  if (known.erase(first_id) == 0) return;
  learnt_.insert_or_assign(root, std::move(known));
  changed_[root] = true;
}

Status XConversations::Save(PostBatch& batch) {
  for (const auto& [root, changed] : changed_) {
    if (!changed) continue;
    if (Status learnt = revisits_.Learn(batch, root, learnt_[root]); !learnt) return learnt;
  }
  changed_.clear();
  learnt_.clear();
  return {};
}

Status XConversations::Visited(PostBatch& batch, const std::string& root, const KnownPosts& before,
                               TimeMs upto, TimeMs now) {
  const auto which = conversations_.find(root);
  if (which == conversations_.end()) return {};
  const KnownPosts found = Known(root);
  XConversation& conversation = which->second;
  // What was found during the visit is in the cursor already: the plan must see it as new.
  if (found != before || conversation.is_active) {
    KnownPosts other = before;
    if (found == before) other.emplace("0", 0U);
    if (Status learnt = revisits_.Learn(batch, root, other); !learnt) return learnt;
  }
  if (Status visited = revisits_.Visited(batch, root, found, now); !visited) return visited;
  changed_.erase(root);
  learnt_.erase(root);
  conversation.upto = upto;
  conversation.is_active = false;
  conversation.is_rewritten = false;
  return SaveOne(batch, root, conversation);
}

Status XConversations::SaveOne(PostBatch& batch, const std::string& root,
                               const XConversation& which) const {
  std::string flags;
  if (which.is_active) flags += 'a';
  if (which.is_rewritten) flags += 'r';
  std::string value(kVersion);
  value += ' ' + std::to_string(which.upto) + ' ' + (flags.empty() ? "-" : flags) + ' ';
  for (const std::string& version : which.versions) {
    if (value.back() != ' ') value += ',';
    value += version;
  }
  for (const std::string& hashtag : which.hashtags) value += ' ' + hashtag;
  return batch.MoveCursor(std::string(kPrefix) + root, value);
}

}  // namespace latecomer
