#include "ingest/x_api_collector.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ingest/x_post.h"

namespace latecomer {

XCollector::XCollector(SourceContext& context, XConversations& conversations)
    : context_(context), conversations_(conversations), batch_(context.spec().name) {}

Status XCollector::Take(XAnswer& answer, const std::string& where) {
  for (const auto& [field, reason] : answer.faults) {
    batch_.AddReject({where + " field " + field, reason, 0, ""});
  }
  // Tagged posts first: others may belong to conversations that these begin.
  const auto tagged = std::stable_partition(
      answer.posts.begin(), answer.posts.end(),
      [this](const XFound& found) { return !context_.spec().KeysOf(found.hashtags).empty(); });
  for (auto found = answer.posts.begin(); found != answer.posts.end(); ++found) {
    if (found < tagged || conversations_.Find(found->root) != nullptr) {
      if (Status taken = TakePost(*found, where); !taken) return taken;
    }
  }
  return {};
}

void XCollector::Want(const std::string& id) {
  if (wanted_.size() < kWantedMax) wanted_.insert(id);
}

Status XCollector::TakePost(XFound& found, const std::string& where) {
  const std::vector<std::string> tags = context_.spec().KeysOf(found.hashtags);
  std::vector<std::string> others;
  if (found.post.type == PostType::kNote) {
    if (!tags.empty()) {
      if (Status followed = conversations_.Follow(batch_, found, tags, context_.Now()); !followed) {
        return followed;
      }
    }
    if (const XConversation* conversation = conversations_.Find(found.root)) {
      for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
        const auto has = [&](const std::vector<std::string>& list) {
          return std::find(list.begin(), list.end(), hashtag.hashtag) != list.end();
        };
        if (has(conversation->hashtags) && !has(tags)) others.push_back(hashtag.hashtag);
      }
    }
    if (found.id != found.latest_id && !conversations_.IsUpToDate(found)) Want(found.latest_id);
    if (conversations_.IsWritten(found)) {
      ++context_.counters().duplicates;
      return {};
    }
    conversations_.Written(found);
  }
  if (!tags.empty() || !others.empty()) {
    for (const std::string& id : found.missing) Want(id);
  }
  Put(found, tags, Via::kTag, where);
  Put(found, others, Via::kThread, where);
  return {};
}

void XCollector::Put(const XFound& found, std::vector<std::string> hashtags, Via via,
                     const std::string& where) {
  if (hashtags.empty()) return;
  std::erase_if(hashtags,
                [&](const std::string& hashtag) { return !IsNewUnder(found.id, hashtag); });
  if (hashtags.empty()) {
    ++context_.counters().duplicates;
    return;
  }
  Post post = found.post;
  post.via = via;
  batch_.AddOrReject(hashtags, std::move(post), where + " post " + found.id);
}

bool XCollector::IsNewUnder(const std::string& id, const std::string& hashtag) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const std::string_view part :
       {std::string_view(id), std::string_view(" "), std::string_view(hashtag)}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  if (!written_.insert(hash).second) return false;
  written_order_.push_back(hash);
  if (written_order_.size() > kWrittenMax) {
    written_.erase(written_order_.front());
    written_order_.pop_front();
  }
  return true;
}

Status XCollector::TakeGone(const std::string& root, const std::string& first_id) {
  const XConversation* conversation = conversations_.Find(root);
  if (conversation == nullptr) return {};
  ArchivePost gone;
  MakeXTombstone(first_id, std::nullopt, context_.Now(), gone);
  batch_.AddOrReject(conversation->hashtags, std::get<Post>(std::move(gone.value)),
                     "GET /2/tweets post " + first_id);
  conversations_.Forget(root, first_id);
  return {};
}

Status XCollector::Write() {
  if (Status saved = conversations_.Save(batch_); !saved) return saved;
  if (before_write && !batch_.IsEmpty()) {
    if (Status added = before_write(batch_); !added) return added;
  }
  return context_.Write(batch_);
}

}  // namespace latecomer
