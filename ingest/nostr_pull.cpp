// Relays: their connections, what is heard, and what is missed while they are away.
#include "ingest/nostr_pull.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "ingest/nostr_pull_parts.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kRetryFirstMs = 1'000;
constexpr std::int64_t kRetryMostMs = 5 * 60'000;
constexpr std::int64_t kRefusedMs = 3'600'000;
constexpr std::int64_t kStableMs = 60'000;
constexpr std::int64_t kListenAgainMs = 5'000;
constexpr std::int64_t kPollEveryMs = 60'000;
constexpr int kListenStored = 50;
constexpr milliseconds kEndedWait{60'000};
constexpr int kOnceAttempts = 3;
constexpr char kTagged[] = "tagged";
constexpr char kReplies[] = "replies";
constexpr char kRoots[] = "roots";  // and the number of the group

void Upper(std::string& text, std::size_t count) {
  for (std::size_t i = 0; i < std::min(count, text.size()); ++i) {
    if (text[i] >= 'a' && text[i] <= 'z') text[i] = static_cast<char>(text[i] - 'a' + 'A');
  }
}

}  // namespace

std::vector<std::string> NostrSpellings(const FollowedHashtag& hashtag) {
  std::vector<std::string> spellings;
  const auto add = [&spellings](std::string text) {
    if (!text.empty() && std::find(spellings.begin(), spellings.end(), text) == spellings.end()) {
      spellings.push_back(std::move(text));
    }
  };
  const auto add_all = [&add](std::string text) {
    if (text.starts_with('#')) text.erase(0, 1);
    add(text);
    for (char& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    add(text);
    std::string capital = text;
    Upper(capital, 1);
    add(std::move(capital));
    Upper(text, text.size());
    add(std::move(text));
  };
  add_all(hashtag.hashtag);
  add_all(hashtag.display);
  for (const std::string& alias : hashtag.aliases) add_all(alias);
  return spellings;
}

NostrPull::NostrPull(SourceContext& context, const NostrOptions& options)
    : context_(context),
      options_(options),
      threads_(context, options.revisits),
      coverage_(context.spec().name),
      batch_(context.spec().name) {
  for (const FollowedHashtag& hashtag : context.spec().hashtags) {
    for (std::string& text : NostrSpellings(hashtag)) spellings_.push_back(std::move(text));
  }
}

Status NostrPull::Start() {
  if (Status restored = threads_.Restore(); !restored) return restored;
  if (Status restored = coverage_.Restore(context_.cursors()); !restored) return restored;
  relays_.resize(options_.relays.size());
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    Relay& relay = relays_[i];
    relay.line = std::make_unique<NostrRelay>(
        context_, options_.relays[i],
        [this, i](NostrEvent event) { relays_[i].arrived.push_back(std::move(event)); },
        [this, i](const std::string& why) { Reject(relays_[i], why); });
    relay.name = relay.line->name();
    if (Status restored = RestoreRelay(relay); !restored) return restored;
  }
  covered_until_ = context_.Now();
  for (const Relay& relay : relays_) {
    if (relay.head > 0) covered_until_ = std::min(covered_until_, relay.head);
  }
  return {};
}

Status NostrPull::RestoreRelay(Relay& relay) {
  const Cursors& cursors = context_.cursors();
  if (const auto head = cursors.find(HeadKey(relay.name)); head != cursors.end()) {
    const std::optional<std::int64_t> time = ReadNostrCursor(head->second);
    if (!time) return Corrupt("the cursor \"" + head->first + "\" cannot be read");
    relay.head = *time;
  }
  // What is followed no longer is read from the beginning should it be followed again.
  const std::string begin = HistoryKey(relay.name, "");
  for (auto cursor = cursors.lower_bound(begin);
       cursor != cursors.end() && cursor->first.starts_with(begin); ++cursor) {
    const std::string tag = cursor->first.substr(begin.size());
    const auto& followed = context_.spec().hashtags;
    const bool still = std::any_of(followed.begin(), followed.end(),
                                   [&tag](const auto& hashtag) { return hashtag.hashtag == tag; });
    if (still) continue;
    if (Status gone = batch_.DeleteCursor(cursor->first); !gone) return gone;
  }
  if (options_.requests_a_day == 0) return {};
  relay.budget.emplace(relay.line->url().Authority(), "", options_.requests_a_day);
  return relay.budget->Start(context_.http(), cursors, context_.Now());
}

void NostrPull::Connect(Relay& relay) {
  const TimeMs now = context_.Now();
  if (relay.down_since == 0) relay.down_since = now;
  if (Status connected = relay.line->Connect(); !connected) {
    return Judge(relay, connected.error());
  }
  spdlog::debug("source {}: connected to {}", context_.spec().name, relay.name);
  relay.connected_at = now;
  relay.caught_up = false;
  relay.listened_at = 0;
  relay.listened_version = 0;
  relay.listened_roots.clear();
  relay.listened_roots_at.clear();
  if (!options_.stream || context_.spec().once) return;
  std::vector<NostrFilter> filters;
  for (const auto& part : InParts(spellings_)) {
    NostrFilter filter = TaggedFilter(part);
    filter.limit = 1;  // what is stored is asked for by itself
    filters.push_back(std::move(filter));
  }
  if (Status listens = Subscribe(relay, kTagged, filters); !listens) {
    Judge(relay, listens.error());
  }
}

void NostrPull::Judge(Relay& relay, const Error& error) {
  if (context_.stopped()) return;
  const TimeMs now = context_.Now();
  if (relay.down_since == 0) relay.down_since = now;
  last_error_ = error.message;
  ++relay.failures;
  if (error.code == ErrorCode::kRetryLater && relay.line->is_connected()) {
    relay.retry_at = now + error.retry_after.count();  // it wants to be asked less
    if (context_.spec().once && relay.failures >= kOnceAttempts) relay.given_up = true;
    return;
  }
  relay.line->Disconnect();
  relay.caught_up = false;
  if (error.code != ErrorCode::kRetryLater) {
    if (relay.refused.empty()) {
      spdlog::warn("source {}: {}", context_.spec().name, error.message);
    }
    relay.refused = relay.line->host() + " cannot be read: it wants a login, or is no relay";
    relay.retry_at = now + kRefusedMs;
    return;
  }
  if (relay.failures == 1) spdlog::info("source {}: {}", context_.spec().name, error.message);
  // A connection that has stood for a while was a good one.
  if (relay.connected_at > 0 && now - relay.connected_at >= kStableMs) relay.failures = 1;
  const std::int64_t grown =
      std::min(kRetryFirstMs << std::min(relay.failures - 1, 10), kRetryMostMs);
  relay.retry_at = now + std::max<std::int64_t>(grown, error.retry_after.count());
  if (context_.spec().once && relay.failures >= kOnceAttempts) relay.given_up = true;
}

bool NostrPull::MayAsk(Relay& relay) const {
  if (!relay.line->is_connected() || context_.Now() < relay.retry_at) return false;
  return !relay.budget || !relay.budget->IsSpent(context_.Now());
}

// A subscription is a question, too.
Status NostrPull::Subscribe(Relay& relay, const std::string& name,
                            const std::vector<NostrFilter>& filters) {
  Status subscribed = relay.line->Subscribe(name, filters);
  if (relay.budget) static_cast<void>(relay.budget->Count(batch_, 1, context_.Now()));
  return subscribed;
}

std::optional<std::vector<NostrEvent>> NostrPull::Ask(Relay& relay, const NostrFilter& filter) {
  Result<std::vector<NostrEvent>> events = relay.line->Ask({filter});
  if (relay.budget) static_cast<void>(relay.budget->Count(batch_, 1, context_.Now()));
  if (!events) {
    Judge(relay, events.error());
    return std::nullopt;
  }
  if (relay.refused.empty() && relay.line->is_connected()) relay.failures = 0;
  return std::move(*events);
}

// What has come by subscriptions, and whether they are still what they should be.
Result<bool> NostrPull::Listen(Relay& relay) {
  if (!relay.line->is_connected()) return false;
  const TimeMs now = context_.Now();
  Result<bool> came = relay.line->Poll();
  if (!came) Judge(relay, came.error());
  const std::vector<NostrEvent> arrived = std::exchange(relay.arrived, {});
  if (!arrived.empty()) {
    if (Status taken = Take(relay, arrived); !taken) return taken.error();
  }
  if (!relay.line->is_connected() || !options_.stream || context_.spec().once) {
    return !arrived.empty();
  }
  if (relay.line->HasEnded(kTagged)) {
    relay.line->Disconnect();
    Error error = RetryLater(relay.name + " has ended the subscription");
    error.retry_after = kEndedWait;
    Judge(relay, error);
    return true;
  }
  if (relay.caught_up) relay.head = now;
  const bool replies = ListenToReplies(relay);
  const bool roots = ListenToRoots(relay);
  return !arrived.empty() || replies || roots;
}

// Replies to what has come last, and deletions of it.
bool NostrPull::ListenToReplies(Relay& relay) {
  const TimeMs now = context_.Now();
  const bool changed = relay.listened_version != threads_.recent_version();
  if (!changed || now < relay.listened_at + kListenAgainMs || !MayAsk(relay)) return false;
  // Visits find them, too.
  if (relay.line->HasEnded(kReplies) && now < relay.listened_at + kEndedWait.count()) return false;
  std::vector<std::string> ids(threads_.recent().begin(), threads_.recent().end());
  std::vector<NostrFilter> filters;
  for (const auto& part : InParts(ids)) {
    NostrFilter filter = RepliesFilter('e', part);
    filter.limit = kListenStored;  // no `since`: the clocks of authors may be behind
    filters.push_back(std::move(filter));
  }
  relay.listened_at = now;
  relay.listened_version = threads_.recent_version();
  if (Status listens = Subscribe(relay, kReplies, filters); !listens) {
    Judge(relay, listens.error());
  }
  return true;
}

// Replies to conversations, however long ago they began: each states the root that it belongs to.
bool NostrPull::ListenToRoots(Relay& relay) {
  const auto& groups = threads_.root_groups();
  relay.listened_roots.resize(groups.size());
  relay.listened_roots_at.resize(groups.size());
  bool any = false;
  for (std::size_t i = 0; i < groups.size() && MayAsk(relay); ++i) {
    const TimeMs now = context_.Now();
    const std::string name = kRoots + std::to_string(i);
    TimeMs& listened_at = relay.listened_roots_at[i];
    if (relay.listened_roots[i] == groups[i] || now < listened_at + kListenAgainMs) continue;
    if (relay.line->HasEnded(name) && now < listened_at + kEndedWait.count()) continue;
    std::vector<NostrFilter> filters;
    for (const auto& part : InParts(groups[i])) {
      for (const char letter : {'e', 'E'}) {
        NostrFilter filter = RepliesFilter(letter, part);
        filter.limit = 1;  // what is stored is asked for by itself
        filters.push_back(std::move(filter));
      }
    }
    relay.listened_roots[i] = groups[i];
    listened_at = now;
    any = true;
    if (Status listens = Subscribe(relay, name, filters); !listens) {
      Judge(relay, listens.error());
    }
  }
  return any;
}

// What came to the relay while nobody listened.
Status NostrPull::CatchUp(Relay& relay) {
  const TimeMs now = context_.Now();
  TimeMs since = relay.head - kLookBack.count();
  const bool is_first = relay.head == 0;
  if (relay.caught_up) since = std::min(since, now - kSweepBack.count());
  if (!is_first) {
    for (const auto& part : InParts(spellings_)) {
      if (Status read = CatchUpWith(relay, TaggedFilter(part), since); !read) return read;
    }
    if (Status read = CatchUpReplies(relay, since); !read) return read;
    if (!relay.line->is_connected() || now < relay.retry_at) return {};
  }
  if (!is_first) covered_until_ = std::min(covered_until_, relay.head);
  const bool stream = options_.stream && !context_.spec().once;
  relay.sweep_at = now + (stream ? kSweepEvery.count() : kPollEveryMs);
  relay.caught_up = true;
  relay.refused.clear();
  relay.failures = 0;
  relay.down_since = 0;
  relay.head = now;
  cover_at_ = 0;
  if (Status moved = batch_.MoveCursor(HeadKey(relay.name), WriteNostrCursor(now)); !moved) {
    return moved;
  }
  return threads_.Write(batch_);
}

Status NostrPull::CatchUpReplies(Relay& relay, TimeMs since) {
  // Of what has come last, further: it is little, and clocks differ.
  const TimeMs further = std::min(since, context_.Now() - kSweepBack.count());
  const std::vector<std::string> ids(threads_.recent().begin(), threads_.recent().end());
  for (const auto& part : InParts(ids)) {
    if (Status read = CatchUpWith(relay, RepliesFilter('e', part), further); !read) return read;
  }
  const std::vector<std::vector<std::string>> groups = threads_.root_groups();
  for (const auto& group : groups) {
    for (const auto& part : InParts(group)) {
      for (const char letter : {'e', 'E'}) {
        if (Status read = CatchUpWith(relay, RepliesFilter(letter, part), since); !read) {
          return read;
        }
      }
    }
  }
  return {};
}

Status NostrPull::CatchUpWith(Relay& relay, const NostrFilter& filter, TimeMs since) {
  NostrPager pager(since / 1000, TopOf(context_.Now()));
  while (!pager.done() && MayAsk(relay)) {
    std::optional<std::vector<NostrEvent>> events = Ask(relay, pager.Next(filter));
    if (!events) return {};
    pager.Took(*events);
    if (Status taken = Take(relay, *events); !taken) return taken;
  }
  // Not to the end: it has not caught up, and the next connection begins anew.
  if (!pager.done() && relay.retry_at <= context_.Now()) relay.retry_at = context_.Now() + 1;
  return {};
}

Result<bool> NostrPull::Round() {
  bool worked = false;
  for (Relay& relay : relays_) {
    if (context_.stopped()) return false;
    if (relay.given_up) continue;
    if (!relay.line->is_connected()) {
      if (context_.Now() < relay.retry_at) continue;
      Connect(relay);
      worked = true;
    }
    const Result<bool> heard = Listen(relay);
    if (!heard) return heard;
    worked = worked || *heard;
    if (MayAsk(relay) && (!relay.caught_up || context_.Now() >= relay.sweep_at)) {
      if (Status caught_up = CatchUp(relay); !caught_up) return caught_up.error();
      worked = true;
    }
    const Result<bool> read = ReadHistory(relay);
    if (!read) return read;
    worked = worked || *read;
  }
  const Result<bool> visited = VisitDue();
  if (!visited) return visited;
  const Result<bool> covered = Cover(false);
  if (!covered) return covered;
  return worked || *visited;
}

bool NostrPull::IsDone() const {
  for (const Relay& relay : relays_) {
    if (!IsRead(relay)) continue;
    if (!relay.caught_up) return false;
    for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
      if (!IsHistoryDone(relay, hashtag.hashtag)) return false;
    }
  }
  const bool any = std::any_of(relays_.begin(), relays_.end(),
                               [this](const Relay& relay) { return IsRead(relay); });
  return !any || !threads_.revisits().Due(context_.Now());
}

Status NostrPull::Finish() {
  const bool any = std::any_of(relays_.begin(), relays_.end(),
                               [this](const Relay& relay) { return IsRead(relay); });
  if (context_.spec().once && !any) return RetryLater(last_error_);
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    if (Status said = CoverHistory(hashtag.hashtag); !said) return said;
  }
  const Result<bool> covered = Cover(true);
  return covered ? Status() : Status(covered.error());
}

}  // namespace latecomer
