// The threads of the source `engage`: which are followed, what is in them, what has vanished.
#include <algorithm>
#include <set>
#include <utility>

#include "ingest/engage_run.h"
#include "ingest/engage_words.h"

namespace latecomer {
namespace {

constexpr int kPagesMax = 10'000;
constexpr std::int64_t kVisitSoonMs = 600'000;
constexpr std::size_t kTopicsMax = 100;

}  // namespace

Status EngageRun::Visit(const std::string& thread) {
  const std::string path = "/api/v1/messages/in_thread/" + thread + ".json";
  KnownPosts found;
  KnownPosts known = revisits_.Known(thread);
  bool is_whole = false;
  std::int64_t before = 0;
  for (int pages = 0; pages < kPagesMax && !context_.stopped(); ++pages) {
    Pairs query = {{"limit", "20"}};
    if (before > 0) query.emplace_back("older_than", std::to_string(before));
    Result<EngagePage> page = Page(path, query);
    if (!page) {
      if (page.error().code != ErrorCode::kNotFound) return page.error();
      is_whole = true;  // gone with all that was in it
      break;
    }
    for (const EngageMessage& message : page->messages) {
      if (std::to_string(message.thread) == thread) {
        found.insert_or_assign(std::to_string(message.id), message.digest);
      }
    }
    is_whole = page->listed == 0 || !page->older_available;
    const bool is_over = is_whole || page->oldest == 0 || (before > 0 && page->oldest >= before);
    before = page->oldest;
    if (Status taken = Take(*page, "GET " + path); !taken) return taken;
    if (Status written = Write(); !written) return written;
    if (is_over) break;
  }
  if (context_.stopped()) return {};
  KnownPosts all = found;
  for (const auto& [id, digest] : known) all.try_emplace(id, digest);
  if (is_whole) {
    if (Status checked = CheckVanished(thread, all, found); !checked) return checked;
  }
  if (all != known) {  // what was written on the way must be seen as new by the plan
    if (Status learnt = revisits_.Learn(batch_, thread, known); !learnt) return learnt;
  }
  if (Status visited = revisits_.Visited(batch_, thread, all, context_.Now()); !visited) {
    return visited;
  }
  return Write();
}

// What stood there and does not any more is asked for by itself: 404 is "deleted", 403 is not.
Status EngageRun::CheckVanished(const std::string& thread, KnownPosts& known,
                                const KnownPosts& found) {
  std::vector<std::string> vanished;
  for (const auto& [id, digest] : known) {
    if (!found.contains(id)) vanished.push_back(id);
  }
  for (const std::string& id : vanished) {
    const std::string path = "/api/v1/messages/" + id + ".json";
    Result<EngagePage> page = Page(path, {});
    if (page || page.error().code == ErrorCode::kFatal) continue;
    if (page.error().code != ErrorCode::kNotFound) return page.error();
    std::int64_t number = 0;
    ReadNumber(id, number);
    Post gone;
    gone.type = PostType::kTombstone;
    gone.id = EngageMessageId(number);
    gone.source = {"engage", "www.yammer.com", context_.Now()};
    batch_.AddOrReject(KeysOf(thread), std::move(gone), "GET " + path);
    known.erase(id);
  }
  return {};
}

std::vector<std::string> EngageRun::KeysOf(const std::string& thread) const {
  std::vector<std::string> keys;
  const auto cursor = context_.cursors().find("keys " + thread);
  if (cursor == context_.cursors().end()) return keys;
  std::string_view text = cursor->second;
  NextWord(text);
  while (!text.empty()) {
    const std::string_view key = NextWord(text);
    for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
      if (hashtag.hashtag == key) keys.emplace_back(key);
    }
  }
  return keys;
}

Status EngageRun::Follow(const std::string& thread, const std::vector<std::string>& tags) {
  std::vector<std::string> keys = KeysOf(thread);
  const std::size_t before = keys.size();
  for (const std::string& tag : tags) {
    if (std::find(keys.begin(), keys.end(), tag) == keys.end()) keys.push_back(tag);
  }
  if (keys.size() == before) return {};
  std::string value = "v1";
  for (const std::string& key : keys) value += " " + key;
  if (Status moved = batch_.MoveCursor("keys " + thread, value); !moved) return moved;
  // Under a hashtag that is new to it, all of it is new.
  if (Status learnt = revisits_.Learn(batch_, thread, {}); !learnt) return learnt;
  const Result<bool> planned = revisits_.Expect(batch_, thread, context_.Now());
  if (!planned) return planned.error();
  return Write();  // its keys are read from the cursors
}

Status EngageRun::Take(EngagePage& page, const std::string& where) {
  for (const std::string& fault : page.faults) batch_.AddReject({where, fault, 0, ""});
  for (const auto& [name, id] : page.topics) {
    const std::string number = std::to_string(id);
    const std::vector<std::string> keys = context_.spec().KeysOf({name});
    if (keys.empty() || feeds_.contains(TopicFeed(number)) || feeds_.size() >= kTopicsMax) continue;
    feeds_.try_emplace(TopicFeed(number));
    if (Status moved = batch_.MoveCursor("topic " + number, "v1 " + keys[0]); !moved) return moved;
  }
  std::set<std::int64_t> seen;
  for (EngageMessage& message : page.messages) {
    const std::vector<std::string> tags = context_.spec().KeysOf(message.hashtags);
    if (tags.empty()) continue;
    if (Status followed = Follow(std::to_string(message.thread), tags); !followed) return followed;
  }
  for (EngageMessage& message : page.messages) {
    const std::string thread = std::to_string(message.thread);
    const std::vector<std::string> keys = KeysOf(thread);
    if (keys.empty() || !seen.insert(message.id).second) continue;
    KnownPosts& known = learnt_.try_emplace(thread, revisits_.Known(thread)).first->second;
    const auto before = known.find(std::to_string(message.id));
    if (before != known.end() && before->second == message.digest) {
      ++context_.counters().duplicates;
      continue;
    }
    const bool is_changed = before != known.end();
    known.insert_or_assign(std::to_string(message.id), message.digest);
    if (Status put = Put(message, keys, is_changed, where); !put) return put;
    if (!is_changed && !revisits_.IsNew(thread)) {
      const Result<bool> planned = revisits_.Expect(batch_, thread, context_.Now() + kVisitSoonMs);
      if (!planned) return planned.error();
    }
  }
  return {};
}

Status EngageRun::Put(EngageMessage& message, const std::vector<std::string>& keys, bool is_changed,
                      const std::string& where) {
  // The API does not say when a message was edited: it is when we have seen it.
  if (is_changed) message.post.updated = context_.Now();
  const std::vector<std::string> tags = context_.spec().KeysOf(message.hashtags);
  std::vector<std::string> others;
  for (const std::string& key : keys) {
    if (std::find(tags.begin(), tags.end(), key) == tags.end()) others.push_back(key);
  }
  const std::string which = where + " message " + std::to_string(message.id);
  if (!others.empty()) {
    Post post = message.post;
    post.via = Via::kThread;
    batch_.AddOrReject(others, std::move(post), which);
  }
  if (!tags.empty()) batch_.AddOrReject(tags, std::move(message.post), which);
  return {};
}

}  // namespace latecomer
