#include "ingest/x_api_tail.h"

#include <algorithm>
#include <limits>

namespace latecomer {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kOverlapMs = std::chrono::milliseconds(XTail::kOverlap).count();
constexpr std::int64_t kRecentMs = std::chrono::milliseconds(24h * 7).count();
constexpr std::int64_t kRecentMarginMs = 120'000;  // the edge moves while we ask
constexpr std::int64_t kEndMarginMs = 15'000;      // X refuses an end within the last 10 s
constexpr std::chrono::milliseconds kPollPatience{16min};
constexpr double kGapShare = 0.8;  // of a limit; the rest is for what is new
constexpr int kEmptyPagesMax = 20;
constexpr int kStuckMax = 3;

constexpr char kSevenDays[] = "X's recent search gives the last seven days only";
constexpr char kEndless[] = "X's search did not come to an end";

TimeMs SecondAfter(TimeMs time) { return (time / kSecondMs + 1) * kSecondMs; }

TimeMs OldestOf(const XAnswer& answer) {
  TimeMs oldest = kTimeMsMax;
  for (const XFound& found : answer.posts) {
    if (found.is_asked_for) oldest = std::min(oldest, found.created);
  }
  return oldest;
}

}  // namespace

XTail::XTail(SourceContext& context, XApi& api, XCollector& collector, SourceCoverage& coverage,
             std::optional<TimeMs> since)
    : context_(context),
      api_(api),
      collector_(collector),
      coverage_(coverage),
      since_(since),
      query_max_(api.all() ? kXQueryAllMax : kXQueryMax) {}

Status XTail::Restore() {
  if (Status restored = positions_.Restore(context_.spec(), context_.cursors()); !restored) {
    return restored;
  }
  // Wanted from further back than it was begun: that is one more stretch.
  const TimeMs from = std::max(since_.value_or(kXEpoch), kXEpoch);
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    XPosition* position = positions_.Find(hashtag.hashtag);
    if (position == nullptr || from >= position->from) continue;
    const XStretch gap{from, position->from, position->from};
    if (position->gaps.size() >= XPositions::kGapsMax) {
      position->gaps.back().from = from;
    } else {
      position->gaps.push_back(gap);
    }
    position->from = from;
  }
  return {};
}

TimeMs XTail::Oldest() const {
  if (api_.all()) return kXEpoch;
  return api_.ServerNow().value_or(context_.Now()) - kRecentMs + kRecentMarginMs;
}

std::vector<XQuery> XTail::QueriesOf(const std::string& hashtag) const {
  for (const FollowedHashtag& followed : context_.spec().hashtags) {
    if (followed.hashtag == hashtag) return XHashtagQueries({followed}, query_max_);
  }
  return {};
}

Status XTail::Poll() {
  std::vector<FollowedHashtag> begun;
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    if (positions_.Find(hashtag.hashtag) != nullptr) {
      begun.push_back(hashtag);
    } else if (Status new_one = Begin(hashtag); !new_one || context_.stopped()) {
      return new_one;
    }
  }
  const std::vector<XQuery> queries = XHashtagQueries(begun, query_max_);
  for (std::size_t i = 0; i < queries.size() && !context_.stopped(); ++i) {
    // Hashtags of which no later query asks: they are pulled when this one is.
    std::set<std::string> last_of(queries[i].of.begin(), queries[i].of.end());
    if (i + 1 < queries.size()) {
      for (const std::string& hashtag : queries[i + 1].of) last_of.erase(hashtag);
    }
    if (Status polled = PollQuery(queries[i], last_of); !polled) return polled;
  }
  return {};
}

// A hashtag that has never been asked for: X's time is the end of its history.
Status XTail::Begin(const FollowedHashtag& hashtag) {
  const std::vector<XQuery> queries = QueriesOf(hashtag.hashtag);
  if (queries.empty()) return {};  // not one that X can have
  if (!api_.ServerNow()) {
    // Nothing has been asked yet. Whatever this answers, it tells X's time.
    XSearch search;
    search.query = queries[0].text;
    Result<XAnswer> answer = api_.Search(search, {kPollPatience, 1.0});
    if (!answer) return answer.error();
    if (Status taken = collector_.Take(*answer, "GET /2/tweets/search"); !taken) return taken;
  }
  const TimeMs now = api_.ServerNow().value_or(context_.Now());
  XPosition& position = positions_.Begin(hashtag.hashtag);
  position.from = std::min(std::max(since_.value_or(kXEpoch), kXEpoch), now);
  position.upto = now;
  position.gaps = {{position.from, SecondAfter(now), now}};
  if (Status saved = positions_.Save(collector_.batch(), hashtag.hashtag); !saved) return saved;
  return collector_.Write();
}

Status XTail::PollQuery(const XQuery& query, const std::set<std::string>& last_of) {
  TimeMs upto = std::numeric_limits<TimeMs>::max();
  for (const std::string& hashtag : query.of) {
    upto = std::min(upto, positions_.Find(hashtag)->upto);
  }
  XSearch search;
  search.query = query.text;
  const TimeMs from = std::max(upto - kOverlapMs, Oldest());
  search.start = from;
  Result<XAnswer> answer = api_.Search(search, {kPollPatience, 1.0});
  if (!answer) return answer.error();
  const TimeMs now = api_.ServerNow().value_or(context_.Now());
  const bool has_more = !answer->next_token.empty();
  const TimeMs oldest = std::min(SecondAfter(OldestOf(*answer) - 1), SecondAfter(now));
  if (Status taken = collector_.Take(*answer, "GET /2/tweets/search"); !taken) return taken;
  PostBatch& batch = collector_.batch();
  for (const std::string& hashtag : query.of) {
    XPosition& position = *positions_.Find(hashtag);
    if (from > position.upto) {
      Status said = coverage_.Missing(batch, hashtag, position.upto, from, kSevenDays);
      if (!said) return said;
    }
    if (has_more) {
      XPositions::AddGap(position, {from, oldest, now});
      if (walk_ && walk_->hashtag == hashtag) walk_.reset();  // it has another stretch in hand
    } else if (last_of.contains(hashtag)) {
      Status said =
          coverage_.Whole(batch, hashtag, std::max(from, position.upto - kOverlapMs), now);
      if (!said) return said;
    }
    if (last_of.contains(hashtag)) position.upto = std::max(position.upto, now);
    if (Status saved = positions_.Save(batch, hashtag); !saved) return saved;
  }
  return collector_.Write();
}

Status XTail::BeginWalk(const std::string& hashtag) {
  const XStretch gap = positions_.Find(hashtag)->gaps.front();
  Walk& walk = walk_.emplace();
  walk.hashtag = hashtag;
  walk.queries = QueriesOf(hashtag);
  walk.clipped = std::max(gap.from, Oldest());
  if (walk.queries.empty() || gap.to <= walk.clipped) return EndGap("");
  walk.search.query = walk.queries[0].text;
  walk.search.start = walk.clipped;
  Anchor(gap.to);
  return {};
}

// Begins anew before this time. X refuses an end that is too near: then there is none.
void XTail::Anchor(TimeMs end) {
  walk_->search.next_token.clear();
  walk_->search.end = end;
  const TimeMs now = api_.ServerNow().value_or(context_.Now());
  if (end > now - kEndMarginMs) walk_->search.end.reset();
}

Status XTail::PullGap() {
  if (!walk_) {
    const std::string hashtag = positions_.WithGap(walked_);
    if (hashtag.empty()) return {};
    walked_ = hashtag;
    if (Status begun = BeginWalk(hashtag); !begun || !walk_) return begun;
  }
  Result<XAnswer> answer = api_.Search(walk_->search, {0ms, kGapShare});
  if (!answer) {
    const bool has_token = !walk_->search.next_token.empty();
    if (answer.error().code == ErrorCode::kInvalid && has_token && ++walk_->stuck < kStuckMax) {
      walk_.reset();  // the token is no longer good
      return {};
    }
    return answer.error();
  }
  return TakePage(*answer);
}

Status XTail::TakePage(XAnswer& answer) {
  Walk& walk = *walk_;
  const TimeMs oldest = OldestOf(answer);
  const bool is_empty = oldest == kTimeMsMax;
  const std::string token = answer.next_token;
  if (Status taken = collector_.Take(answer, "GET /2/tweets/search"); !taken) return taken;
  XStretch& gap = positions_.Find(walk.hashtag)->gaps.front();
  if (!is_empty && walk.queries.size() == 1 && SecondAfter(oldest) < gap.to) {
    gap.to = SecondAfter(oldest);
    if (Status saved = positions_.Save(collector_.batch(), walk.hashtag); !saved) return saved;
  }
  if (token.empty()) return EndQuery();
  walk.empty = is_empty ? walk.empty + 1 : 0;
  const bool is_repeated = !walk.tokens.insert(token).second;
  if (!is_repeated && walk.empty <= kEmptyPagesMax) {
    walk.search.next_token = token;
    return collector_.Write();
  }
  // Round and round, or on for ever: once more from where we are, then without the rest.
  if (++walk.stuck >= kStuckMax) return EndGap(kEndless);
  walk.tokens.clear();
  walk.empty = 0;
  Anchor(gap.to);
  return collector_.Write();
}

Status XTail::EndQuery() {
  Walk& walk = *walk_;
  if (++walk.at >= walk.queries.size()) return EndGap("");
  walk.search.query = walk.queries[walk.at].text;
  walk.tokens.clear();
  walk.empty = 0;
  Anchor(positions_.Find(walk.hashtag)->gaps.front().to);
  return collector_.Write();
}

Status XTail::EndGap(const std::string& why) {
  const Walk walk = *std::exchange(walk_, std::nullopt);
  XPosition& position = *positions_.Find(walk.hashtag);
  const XStretch gap = position.gaps.front();
  position.gaps.erase(position.gaps.begin());
  PostBatch& batch = collector_.batch();
  Status said;
  const TimeMs whole_from = why.empty() ? walk.clipped : std::max(walk.clipped, gap.to);
  if (walk.clipped > gap.from) {
    said = coverage_.Missing(batch, walk.hashtag, gap.from, std::min(walk.clipped, gap.top),
                             kSevenDays);
  }
  if (said && !why.empty()) {
    said = coverage_.Missing(batch, walk.hashtag, walk.clipped, gap.to, why);
  }
  if (said && whole_from < gap.top) {
    said = coverage_.Whole(batch, walk.hashtag, whole_from, gap.top);
  }
  if (!said) return said;
  if (Status saved = positions_.Save(batch, walk.hashtag); !saved) return saved;
  return collector_.Write();
}

Status XTail::StreamedUpTo(TimeMs time) {
  PostBatch& batch = collector_.batch();
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    XPosition* position = positions_.Find(hashtag.hashtag);
    if (position == nullptr || position->upto >= time) continue;
    Status said = coverage_.Whole(batch, hashtag.hashtag, position->upto, time);
    if (!said) return said;
    position->upto = time;
    if (Status saved = positions_.Save(batch, hashtag.hashtag); !saved) return saved;
  }
  return collector_.Write();
}

Status XTail::Missing(const std::string& why) {
  const TimeMs now = api_.ServerNow().value_or(context_.Now());
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    const XPosition* position = positions_.Find(hashtag.hashtag);
    if (position == nullptr) continue;
    Status said = coverage_.Missing(collector_.batch(), hashtag.hashtag, position->upto, now, why);
    if (!said) return said;
  }
  return collector_.Write();
}

}  // namespace latecomer
