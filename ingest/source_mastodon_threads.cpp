#include "ingest/source_mastodon_threads.h"

#include <algorithm>
#include <utility>

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr int kClimbsMax = 64;
// A thread of thousands without a token: the rest is found by later visits, as far as it can be.
constexpr std::size_t kContextsMax = 60;
constexpr int kDeletionsMax = 20;  // that are asked for in one visit
constexpr std::size_t kDeletedMax = 10'000;
constexpr int kAgainMax = 4;
constexpr std::size_t kToldMax = 10'000;
constexpr std::size_t kRejectedMax = 1'000;

const MastodonStatus* Find(const std::vector<MastodonStatus>& statuses, const std::string& id) {
  const auto found = std::find_if(statuses.begin(), statuses.end(),
                                  [&](const MastodonStatus& status) { return status.id == id; });
  return found == statuses.end() ? nullptr : &*found;
}

}  // namespace

MastodonThreads::MastodonThreads(SourceContext& context, MastodonApi& api, MastodonPosts& posts,
                                 Bounds bounds, std::optional<TimeMs> horizon)
    : context_(context), api_(api), posts_(posts), bounds_(bounds), horizon_(horizon) {}

std::optional<TimeMs> MastodonThreads::NextDue() const {
  std::optional<TimeMs> next = posts_.revisits().NextDue();
  if (next && horizon_ && *next > *horizon_) next.reset();
  for (const auto& [conversation, again] : again_) {
    if (!next || again.due < *next) next = again.due;
  }
  return next;
}

std::size_t MastodonThreads::CountDue() const {
  const TimeMs now = horizon_ ? *horizon_ : context_.Now();
  return posts_.revisits().CountDue(now) + again_.size() + deleted_.size();
}

std::optional<std::string> MastodonThreads::Next() const {
  const TimeMs now = context_.Now();
  for (const auto& [conversation, again] : again_) {
    if (again.due <= now) return conversation;
  }
  return posts_.revisits().Due(horizon_ ? std::min(*horizon_, now) : now);
}

Status MastodonThreads::Visit(PostBatch& batch) {
  const std::optional<std::string> conversation = Next();
  if (!conversation) return {};
  const std::uint64_t before = context_.counters().requests;
  Visiting visiting;
  Status fetched = Fetch(*conversation, visiting);
  if (fetched) return Keep(batch, *conversation, visiting);
  if (context_.stopped()) return fetched;
  if (fetched.error().code == ErrorCode::kNotFound) {
    again_.erase(*conversation);
    return TopIsGone(batch, *conversation);
  }
  if (context_.counters().requests == before) return fetched;  // no room for it now
  again_.erase(*conversation);
  if (Status s = posts_.revisits().Postpone(batch, *conversation, context_.Now()); !s) return s;
  return fetched;
}

// kNotFound: the topmost post is not there.
Status MastodonThreads::Fetch(const std::string& conversation, Visiting& visiting) {
  visiting.top = conversation;
  Result<MastodonStatus> top = api_.StatusOf(conversation);
  if (!top) return top.error();
  if (!top->is_public) return NotFound("It is not public.");
  const KnownPosts known = posts_.Known(conversation);
  const auto statuses = std::count_if(known.begin(), known.end(), [](const auto& entry) {
    return entry.first[0] != '#' && entry.first[0] != '@';
  });
  const bool is_reply = !top->in_reply_to_id.empty();
  const bool is_alone = top->replies == 0 && !is_reply && statuses <= 1;
  visiting.ids.insert(top->id);
  visiting.statuses.push_back(std::move(*top));
  if (is_alone && !again_.contains(conversation)) return {};
  std::string above;
  if (Status fetched = FetchContext(conversation, visiting, is_reply ? &above : nullptr);
      !fetched) {
    return fetched;
  }
  if (!above.empty() && above != conversation) {
    if (Status climbed = Climb(visiting, std::move(above)); !climbed) return climbed;
  }
  return Expand(visiting);
}

// From a reply up to the topmost post that the instance shows, then down again from there.
Status MastodonThreads::Climb(Visiting& visiting, std::string top) {
  for (int i = 0; i < kClimbsMax; ++i) {
    visiting.top = top;
    const MastodonStatus* status = Find(visiting.statuses, top);
    const bool is_reply = status != nullptr && !status->in_reply_to_id.empty();
    std::string above;
    if (Status fetched = FetchContext(top, visiting, is_reply ? &above : nullptr); !fetched) {
      // Gone since; what was found from below holds.
      if (fetched.error().code == ErrorCode::kNotFound) break;
      return fetched;
    }
    if (above.empty() || above == top) break;
    top = std::move(above);
  }
  return {};
}

void MastodonThreads::Add(Visiting& visiting, MastodonList& list) {
  for (MastodonStatus& status : list.statuses) {
    if (!status.reposted && visiting.ids.insert(status.id).second) {
      visiting.statuses.push_back(std::move(status));
    }
  }
  for (MastodonList::Fault& fault : list.faults) faults_.push_back(std::move(fault));
}

// `top`, if asked for, becomes the id of the topmost ancestor.
Status MastodonThreads::FetchContext(const std::string& id, Visiting& visiting, std::string* top) {
  Result<MastodonApi::Context> answer = api_.ContextOf(id);
  if (!answer) return answer.error();
  visiting.asked.insert(id);
  if (answer->again) visiting.again = answer->again;
  MastodonContext& context = answer->context;
  if (top != nullptr && !context.ancestors.statuses.empty()) {
    *top = context.ancestors.statuses.front().id;
  }
  const bool is_full = context.descendants.items >= bounds_.descendants;
  // Parents stand before their replies.
  std::map<std::string, std::size_t> depths{{id, 0}};
  if (!is_full) visiting.settled.insert(id);
  for (const MastodonStatus& status : context.descendants.statuses) {
    const auto parent = depths.find(status.in_reply_to_id);
    const std::size_t depth = parent == depths.end() ? 1 : parent->second + 1;
    depths.emplace(status.id, depth);
    if (!is_full && depth + 1 < bounds_.depth) visiting.settled.insert(status.id);
  }
  Add(visiting, context.ancestors);
  Add(visiting, context.descendants);
  return {};
}

// A post that says that it has more replies than have been given.
std::optional<std::string> MastodonThreads::NextToAsk(const Visiting& visiting) const {
  std::map<std::string, std::int64_t> given;
  for (const MastodonStatus& status : visiting.statuses) ++given[status.in_reply_to_id];
  std::optional<std::string> unsettled;
  for (const MastodonStatus& status : visiting.statuses) {
    if (visiting.settled.contains(status.id) || status.replies <= given[status.id]) continue;
    if (!visiting.asked.contains(status.id)) return status.id;
    unsettled = "";
  }
  return unsettled;
}

Status MastodonThreads::Expand(Visiting& visiting) {
  for (;;) {
    const std::optional<std::string> next = NextToAsk(visiting);
    if (!next) return {};
    if (next->empty() || visiting.asked.size() >= kContextsMax) {
      visiting.is_whole = false;
      return {};
    }
    visiting.asked.insert(*next);
    if (Status fetched = FetchContext(*next, visiting, nullptr); !fetched) {
      if (fetched.error().code != ErrorCode::kNotFound) return fetched;
      visiting.settled.insert(*next);
    }
    if (context_.stopped()) return RetryLater("stopped");
  }
}

Status MastodonThreads::Keep(PostBatch& batch, const std::string& conversation,
                             Visiting& visiting) {
  RejectFaults(batch);
  const KnownPosts before = posts_.Known(visiting.top);
  Result<MastodonPosts::Found> found =
      posts_.TakeConversation(batch, visiting.top, visiting.statuses);
  if (!found) return found.error();
  if (conversation != visiting.top) {
    again_.erase(conversation);
    if (Status s = posts_.revisits().Drop(batch, conversation); !s) return s;
  }
  if (Status s = Settle(batch, visiting, before, *found); !s) return s;
  if (!visiting.is_whole) {
    if (Status told = TellMissing(batch, visiting, found->posts); !told) return told;
  }
  if (Status done = posts_.Finish(batch, visiting.top, *found); !done) return done;
  const auto again = again_.find(visiting.top);
  if (!visiting.again || (again != again_.end() && again->second.times >= kAgainMax)) {
    if (again != again_.end()) again_.erase(again);
    return {};
  }
  Again& next = again_[visiting.top];
  next.due = context_.Now() + visiting.again->count();
  ++next.times;
  return {};
}

// Finds out what became of those that are not there any more: deleted, or cut off by the deletion
// of what they answer.
Status MastodonThreads::Settle(PostBatch& batch, const Visiting& visiting, const KnownPosts& before,
                               MastodonPosts::Found& found) {
  const std::vector<std::string> keys = MastodonPosts::KeysIn(found.posts);
  int asked = 0;
  std::vector<MastodonPosts::Missing> gone;
  for (const MastodonPosts::Missing& missing : std::exchange(found.missing, {})) {
    const auto known = before.find(missing.id + "," + missing.uri);
    const std::uint32_t digest = known == before.end() ? 0 : known->second;
    if (!visiting.is_whole || ++asked > kDeletionsMax || context_.stopped()) {
      MastodonPosts::PutBack(found, missing, digest);
      continue;
    }
    const Result<bool> is_gone = api_.IsGone(missing.id);
    if (!is_gone) {
      MastodonPosts::PutBack(found, missing, digest);
    } else if (!*is_gone) {
      if (Status s = posts_.SplitOff(batch, missing, digest, keys); !s) return s;
    } else {
      if (IsOwnPost(missing.uri, posts_.instance())) posts_.Bury(batch, missing, keys);
      gone.push_back(missing);
    }
  }
  found.missing = std::move(gone);
  return {};
}

Status MastodonThreads::TellMissing(PostBatch& batch, const Visiting& visiting,
                                    const KnownPosts& posts) {
  if (told_.size() >= kToldMax) told_.clear();
  if (!told_.insert(visiting.top).second) return {};
  Coverage coverage;
  coverage.source = context_.spec().name + " threads";
  coverage.from = coverage.to = context_.Now();
  for (const MastodonStatus& status : visiting.statuses) {
    if (status.note().published) coverage.from = std::min(coverage.from, *status.note().published);
  }
  coverage.why = posts_.instance() + " gives " + std::to_string(bounds_.descendants) +
                 " replies of a thread at most" +
                 (api_.has_token() ? std::string() : " where no token is used");
  return batch.Add(MastodonPosts::KeysIn(posts), PostsValue(coverage));
}

void MastodonThreads::RejectFaults(PostBatch& batch) {
  for (const MastodonList::Fault& fault : std::exchange(faults_, {})) {
    if (rejected_.size() >= kRejectedMax) rejected_.clear();
    if (!rejected_.insert(fault.id + " " + fault.reason).second) continue;
    batch.AddReject(
        {api_.instance() + ": context, item " + std::to_string(fault.number), fault.reason, 0, ""});
  }
}

Status MastodonThreads::TopIsGone(PostBatch& batch, const std::string& conversation) {
  const KnownPosts known = posts_.Known(conversation);
  for (const auto& [text, digest] : known) {
    MastodonPosts::Missing top;
    if (!MastodonPosts::ParseKnown(text, top) || top.id != conversation) continue;
    if (!IsOwnPost(top.uri, posts_.instance())) break;
    const Result<bool> is_gone = api_.IsGone(top.id);
    if (!is_gone || !*is_gone) {
      if (Status s = posts_.revisits().Postpone(batch, conversation, context_.Now()); !s) return s;
      return is_gone ? Status() : is_gone.error();
    }
    posts_.Bury(batch, top, MastodonPosts::KeysIn(known));
    break;
  }
  return posts_.Split(batch, conversation);
}

void MastodonThreads::Deleted(const std::string& id) {
  if (deleted_.size() >= kDeletedMax || !posts_.Knows(id)) return;
  if (!IsOwnPost(posts_.UriOf(id), posts_.instance())) return;
  deleted_.push_back(id);
}

Status MastodonThreads::CheckDeletion(PostBatch& batch) {
  if (deleted_.empty()) return {};
  const std::string id = deleted_.front();
  const MastodonPosts::Missing post{id, posts_.UriOf(id)};
  const std::string* of = posts_.ConversationOf(id);
  if (of == nullptr || post.uri.empty()) {
    deleted_.pop_front();
    return {};
  }
  const std::string conversation = *of;
  const Result<bool> is_gone = api_.IsGone(id);
  if (!is_gone) return is_gone.error();
  deleted_.pop_front();
  const std::vector<std::string> keys = MastodonPosts::KeysIn(posts_.Known(conversation));
  if (*is_gone) posts_.Bury(batch, post, keys);
  // What it leaves behind; or once more, where an answer from a cache stood before its end.
  const Result<bool> expected = posts_.revisits().Expect(
      batch, conversation, context_.Now() + (*is_gone && id == conversation ? 0 : 60'000));
  if (!expected) return expected.error();
  return {};
}

}  // namespace latecomer
