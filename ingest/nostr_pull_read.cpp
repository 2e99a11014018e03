// Reading: history, and what becomes of each event; and what is covered.
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "ingest/nostr_event.h"
#include "ingest/nostr_pull.h"
#include "ingest/nostr_pull_parts.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kValuesMax = 100;
constexpr std::size_t kProfilesMax = 20'000;
constexpr std::int64_t kCoverEveryMs = 60'000;
constexpr std::int64_t kDownMs = 10 * 60'000;
// The first events of Nostr.
constexpr TimeMs kNostrBegan = 1'604'707'200'000;

}  // namespace

std::string WriteNostrCursor(std::int64_t number, bool done) {
  return (done ? "v1 done " : "v1 ") + std::to_string(number);
}

std::optional<std::int64_t> ReadNostrCursor(std::string_view text, bool done) {
  const std::string_view before = done ? "v1 done " : "v1 ";
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(before.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::vector<std::string>> InParts(const std::vector<std::string>& values) {
  std::vector<std::vector<std::string>> parts;
  for (const std::string& value : values) {
    if (parts.empty() || parts.back().size() == kValuesMax) parts.emplace_back();
    parts.back().push_back(value);
  }
  return parts;
}

NostrFilter TaggedFilter(std::vector<std::string> spellings) {
  NostrFilter filter;
  filter.kinds = {kNostrNote, kNostrComment};
  filter.tags['t'] = std::move(spellings);
  return filter;
}

NostrFilter RepliesFilter(char letter, std::vector<std::string> ids) {
  NostrFilter filter;
  filter.kinds = letter == 'E' ? std::vector<int>{kNostrComment}
                               : std::vector<int>{kNostrNote, kNostrDeletion, kNostrRepost,
                                                  kNostrGenericRepost, kNostrComment};
  filter.tags[letter] = std::move(ids);
  return filter;
}

void NostrPull::Reject(Relay& relay, const std::string& why) {
  batch_.AddReject({relay.name, why, 0, ""});
}

bool NostrPull::IsTrue(Relay& relay, const NostrEvent& event) {
  switch (CheckNostrEvent(event)) {
    case NostrTruth::kTrue:
      return true;
    case NostrTruth::kWrongId:
      relay.line->CountReject("an event whose id is not its hash");
      return false;
    case NostrTruth::kWrongSignature:
      relay.line->CountReject("an event that its author has not signed");
      return false;
  }
  return false;
}

Status NostrPull::Take(Relay& relay, const std::vector<NostrEvent>& events, const Belonging& of) {
  std::vector<NostrEvent> ours;
  for (const NostrEvent& event : events) {
    if (!of.contains(event.id) && !threads_.Concerns(event)) continue;
    if (threads_.IsKnown(event)) {
      ++context_.counters().duplicates;
    } else if (IsTrue(relay, event)) {
      ours.push_back(event);
    }
  }
  FetchProfiles(relay, ours);
  // The oldest first: what answers finds what it answers.
  std::stable_sort(ours.begin(), ours.end(), [](const NostrEvent& a, const NostrEvent& b) {
    return a.created_at < b.created_at;
  });
  for (const NostrEvent& event : ours) {
    const auto belongs = of.find(event.id);
    const Result<bool> taken =
        threads_.Take(batch_, event, ProfileOf(event.pubkey), relay.line->host(),
                      belongs == of.end() ? "" : belongs->second);
    if (!taken) return taken.error();
    if (Status written = threads_.WriteIfFull(batch_); !written) return written;
  }
  return threads_.Write(batch_);
}

// The names of authors. Where they cannot be had, posts do without.
void NostrPull::FetchProfiles(Relay& relay, const std::vector<NostrEvent>& events) {
  if (profiles_.size() > kProfilesMax) profiles_.clear();
  std::set<std::string> unknown;
  for (const NostrEvent& event : events) {
    if (event.kind != kNostrDeletion && !profiles_.contains(event.pubkey)) {
      unknown.insert(event.pubkey);
    }
  }
  for (const auto& part : InParts({unknown.begin(), unknown.end()})) {
    if (!MayAsk(relay)) return;
    NostrFilter filter;
    filter.kinds = {kNostrProfile};
    filter.authors = part;
    const auto found = Ask(relay, filter);
    if (!found) return;
    std::map<std::string, std::int64_t> newest;
    for (const std::string& pubkey : part) profiles_[pubkey];
    for (const NostrEvent& event : *found) {
      const auto profile = profiles_.find(event.pubkey);
      if (event.kind != kNostrProfile || profile == profiles_.end() ||
          !unknown.contains(event.pubkey))
        continue;
      const auto before = newest.find(event.pubkey);
      if (before != newest.end() && before->second >= event.created_at) continue;
      if (!IsTrue(relay, event)) continue;
      newest[event.pubkey] = event.created_at;
      profile->second = ReadNostrProfile(event.content);
    }
  }
}

const NostrProfile* NostrPull::ProfileOf(const std::string& pubkey) const {
  const auto found = profiles_.find(pubkey);
  return found == profiles_.end() ? nullptr : &found->second;
}

bool NostrPull::IsHistoryDone(const Relay& relay, const std::string& hashtag) const {
  const auto cursor = context_.cursors().find(HistoryKey(relay.name, hashtag));
  if (cursor == context_.cursors().end()) return false;
  const std::optional<std::int64_t> done = ReadNostrCursor(cursor->second, true);
  return done && context_.Now() - *done < kReadAgain.count();
}

// One page of the first hashtag whose history there has not been read.
Result<bool> NostrPull::ReadHistory(Relay& relay) {
  if (!relay.caught_up || !MayAsk(relay)) return false;
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    if (IsHistoryDone(relay, hashtag.hashtag)) continue;
    const std::string key = HistoryKey(relay.name, hashtag.hashtag);
    if (!relay.walks.contains(hashtag.hashtag)) {
      const auto cursor = context_.cursors().find(key);
      std::optional<std::int64_t> until;
      if (cursor != context_.cursors().end()) until = ReadNostrCursor(cursor->second);
      std::optional<std::int64_t> since;
      if (options_.since) since = *options_.since / 1000;
      relay.walks.emplace(hashtag.hashtag,
                          NostrPager(since, until.value_or(TopOf(context_.Now()))));
    }
    NostrPager& walk = relay.walks.at(hashtag.hashtag);
    if (!walk.done()) {
      auto events = Ask(relay, walk.Next(TaggedFilter(NostrSpellings(hashtag))));
      if (!events) return true;
      walk.Took(*events);
      if (Status taken = Take(relay, *events); !taken) return taken.error();
    }
    if (walk.done()) {
      if (Status ended = EndHistory(relay, hashtag.hashtag, walk); !ended) return ended.error();
    } else if (Status moved = batch_.MoveCursor(key, WriteNostrCursor(walk.until())); !moved) {
      return moved.error();
    }
    if (Status written = threads_.Write(batch_); !written) return written.error();
    return true;
  }
  return false;
}

Status NostrPull::EndHistory(Relay& relay, const std::string& hashtag, const NostrPager& walk) {
  for (const std::int64_t second : walk.gaps()) {
    const std::string why = "more in one second than " + relay.line->host() + " gives at once";
    if (Status said = coverage_.Missing(batch_, hashtag, second * 1000, second * 1000 + 1000, why);
        !said) {
      return said;
    }
  }
  if (walk.is_stuck()) {
    const std::string why = relay.line->host() + " gives only what is newest";
    if (Status said = coverage_.Missing(batch_, hashtag, options_.since.value_or(kNostrBegan),
                                        walk.until() * 1000, why);
        !said) {
      return said;
    }
  }
  const bool stuck = walk.is_stuck();
  relay.walks.erase(hashtag);
  if (Status moved = batch_.MoveCursor(HistoryKey(relay.name, hashtag),
                                       WriteNostrCursor(context_.Now(), true));
      !moved) {
    return moved;
  }
  if (Status written = threads_.Write(batch_); !written) return written;
  return stuck ? Status() : CoverHistory(hashtag);
}

// All relays that can be read have given their history.
Status NostrPull::CoverHistory(const std::string& hashtag) {
  TimeMs until = context_.Now();
  std::string why;
  for (const Relay& relay : relays_) {
    if (!IsRead(relay)) {
      why = WhyNotRead(relay);
    } else if (!IsHistoryDone(relay, hashtag)) {
      return {};
    } else {
      until = std::min(until, relay.head);
    }
  }
  const TimeMs from = options_.since.value_or(kNostrBegan);
  return why.empty() ? coverage_.Whole(batch_, hashtag, from, until)
                     : coverage_.Missing(batch_, hashtag, from, until, why);
}

std::string NostrPull::WhyNotRead(const Relay& relay) {
  return relay.refused.empty() ? relay.line->host() + " did not answer" : relay.refused;
}

// What has been read since it was said last.
Status NostrPull::CoverForward(TimeMs now) {
  TimeMs low = now;
  std::string why;
  for (const Relay& relay : relays_) {
    if (!IsRead(relay)) {
      why = WhyNotRead(relay);
    } else if (relay.caught_up) {
      low = std::min(low, relay.head);
    } else if (relay.down_since > 0 && now - relay.down_since >= kDownMs) {
      why = WhyNotRead(relay);
    } else {
      low = std::min(low, std::max(relay.head, covered_until_));
    }
  }
  context_.counters().read_until = low;
  if (low <= covered_until_) return {};
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    const Status said = why.empty()
                            ? coverage_.Whole(batch_, hashtag.hashtag, covered_until_, low)
                            : coverage_.Missing(batch_, hashtag.hashtag, covered_until_, low, why);
    if (!said) return said;
  }
  covered_until_ = low;
  return {};
}

Result<bool> NostrPull::Cover(bool at_once) {
  const TimeMs now = context_.Now();
  if (!at_once && now < cover_at_) return false;
  cover_at_ = now + kCoverEveryMs;
  if (Status said = CoverForward(now); !said) return said.error();
  for (Relay& relay : relays_) {
    if (!relay.caught_up) continue;
    const std::string key = HeadKey(relay.name);
    if (Status moved = batch_.MoveCursor(key, WriteNostrCursor(relay.head)); !moved) {
      return moved.error();
    }
    if (!relay.budget) continue;
    if (Status counted = relay.budget->Count(batch_, 0, now); !counted) return counted.error();
  }
  if (at_once) {
    if (Status flushed = coverage_.Flush(batch_); !flushed) return flushed.error();
  }
  if (Status written = threads_.Write(batch_); !written) return written.error();
  return true;
}

}  // namespace latecomer
