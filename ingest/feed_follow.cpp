#include "ingest/feed_follow.h"

#include <algorithm>

#include "base/log.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kFeedsMax = 64;
constexpr std::size_t kVisitsAtOnce = 50;
constexpr std::int64_t kFullEveryMs = 86'400'000;
constexpr std::int64_t kFailedMostMs = 86'400'000;
constexpr char kRoundOpen[] = "v1 open";
constexpr char kRoundDone[] = "v1 done";
constexpr char kNewestOnly[] = "the feed holds only its newest items";
constexpr char kDropped[] = "the feed had dropped items before they were read";

std::set<std::string, std::less<>> IdsOf(const FeedDocument& document) {
  std::set<std::string, std::less<>> ids;
  for (const FeedItem& item : document.items) {
    ids.insert(ShortId(std::get<Post>(item.post.value).id));
  }
  return ids;
}

bool Meet(const std::set<std::string, std::less<>>& a,
          const std::set<std::string, std::less<>>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& one) { return b.contains(one); });
}

// When the earliest (or latest) of the items was published; nothing where there are none.
std::optional<TimeMs> EndOf(const FeedDocument& document, bool latest) {
  std::optional<TimeMs> end;
  for (const FeedItem& item : document.items) {
    const std::optional<TimeMs>& at = std::get<Post>(item.post.value).published;
    if (at && item.is_dated && (!end || (latest ? *at > *end : *at < *end))) end = at;
  }
  return end;
}

}  // namespace

FeedFollow::FeedFollow(SourceContext& context, SourceHttp& http, FeedFollowSettings settings)
    : context_(context),
      http_(http),
      settings_(std::move(settings)),
      items_(context, http, settings_.policy, settings_.since),
      coverage_(context.spec().name),
      feeds_(settings_.urls) {}

Status FeedFollow::Start() {
  if (Status s = items_.Restore(); !s) return s;
  if (Status s = coverage_.Restore(context_.cursors()); !s) return s;
  counted_ = context_.counters().requests;
  if (!context_.spec().once) return {};
  const auto round = context_.cursors().find("round");
  if (round != context_.cursors().end() && round->second == kRoundOpen) return {};
  PostBatch batch(context_.spec().name);
  if (Status s = items_.ExpectAll(batch); !s) return s;
  if (Status s = batch.MoveCursor("round", kRoundOpen); !s) return s;
  return Commit(batch);
}

Status FeedFollow::StartBudget(const std::string& url) {
  const Result<Url> parsed = ParseUrl(url);
  if (!parsed) return parsed.error();
  host_ = parsed->Authority();
  if (settings_.requests_a_day == 0 || budgets_.contains(host_)) return {};
  const auto [budget, is_new] = budgets_.try_emplace(host_, host_, "", settings_.requests_a_day);
  return budget->second.Start(http_.client(), context_.cursors(), context_.Now());
}

Status FeedFollow::Run(std::optional<TimeMs> until) {
  if (Status s = Start(); !s) return s;
  while (!context_.stopped() && (!until || context_.Now() < *until)) {
    if (Status s = PollDue(); !s || context_.stopped()) return context_.stopped() ? Status() : s;
    if (Status s = items_.VisitDue(kVisitsAtOnce); !s) return context_.stopped() ? Status() : s;
    if (Status s = Cover(); !s) return s;
    const bool all_failed =
        std::all_of(feeds_.begin(), feeds_.end(), [this](const std::string& url) {
          const auto polled = polled_.find(url);
          return polled != polled_.end() && polled->second == 0;
        });
    if (all_failed && last_error_) return *last_error_;
    if (context_.spec().once && IsDone()) {
      PostBatch batch(context_.spec().name);
      if (Status s = coverage_.Flush(batch); !s) return s;
      if (Status s = batch.MoveCursor("round", kRoundDone); !s) return s;
      context_.counters().left = 0;
      return Commit(batch);
    }
    context_.WaitFor(UntilNext());
  }
  return {};
}

bool FeedFollow::IsDone() const {
  return polled_.size() >= feeds_.size() && items_.revisits().CountDue(context_.Now()) == 0;
}

milliseconds FeedFollow::UntilNext() const {
  TimeMs next = context_.Now() + milliseconds(kPollEveryLeast).count();
  if (!context_.spec().once) {
    for (const std::string& url : feeds_) next = std::min(next, ReadState(url).due);
  }
  if (const std::optional<TimeMs> due = items_.revisits().NextDue()) next = std::min(next, *due);
  return milliseconds(std::max<TimeMs>(next - context_.Now(), 1));
}

Status FeedFollow::PollDue() {
  for (std::size_t i = 0; i < feeds_.size() && !context_.stopped(); ++i) {
    const std::string url = feeds_[i];
    const bool is_due =
        context_.spec().once ? !polled_.contains(url) : ReadState(url).due <= context_.Now();
    if (!is_due) continue;
    if (Status s = StartBudget(url); !s) return s;
    const Status polled = Poll(url);
    if (context_.stopped()) return {};
    if (polled) continue;
    const ErrorCode code = polled.error().code;
    if (write_failed_ || code == ErrorCode::kConflict || code == ErrorCode::kCorrupt) return polled;
    if (Status s = Failed(url, polled.error()); !s) return s;
  }
  return {};
}

// Other feeds are read all the same.
Status FeedFollow::Failed(const std::string& url, const Error& error) {
  spdlog::warn("source {}: {}", context_.spec().name, error.message);
  last_error_ = error;
  polled_[url] = 0;
  FeedState state = ReadState(url);
  state.pause_ms = std::clamp<std::int64_t>(state.pause_ms * 2,
                                            milliseconds(kPollEveryLeast).count(), kFailedMostMs);
  state.due = context_.Now() + std::max<std::int64_t>(state.pause_ms, error.retry_after.count());
  PostBatch batch(context_.spec().name);
  if (Status s = SaveState(batch, url, state); !s) return s;
  return WriteAll(batch);
}

Result<FeedAnswer> FeedFollow::Fetch(const std::string& url, FeedState& state) {
  const bool is_full = context_.spec().once || context_.Now() - state.full_at >= kFullEveryMs;
  const FeedValidators validators = is_full ? FeedValidators() : state.validators;
  if (is_full) state.full_at = context_.Now();
  if (!state.moved_to.empty()) {
    Result<FeedAnswer> answer = FetchFeed(http_, state.moved_to, validators, context_.Now());
    if (answer || answer.error().code == ErrorCode::kRetryLater) return answer;
    // It has gone from where it had moved to: what the settings say holds again.
    state.moved_to.clear();
    return FetchFeed(http_, url, {}, context_.Now());
  }
  Result<FeedAnswer> answer = FetchFeed(http_, url, validators, context_.Now());
  if (answer && answer->has_moved && answer->offered.empty()) state.moved_to = answer->url;
  return answer;
}

Status FeedFollow::Poll(const std::string& url) {
  FeedState state = ReadState(url);
  Result<FeedAnswer> answer = Fetch(url, state);
  if (!answer) return answer.error();
  if (!answer->offered.empty()) {
    // A page: what it offers is followed in its place.
    std::erase(feeds_, url);
    for (const std::string& offered : answer->offered) {
      const bool is_known = std::find(feeds_.begin(), feeds_.end(), offered) != feeds_.end();
      if (!is_known && feeds_.size() < kFeedsMax) feeds_.push_back(offered);
    }
    return feeds_.empty() ? Status(Invalid("the page offers no feed")) : PollDue();
  }
  if (!answer->is_same) return ReadNewest(url, state, *answer);
  state.read_until = polled_[url] = context_.Now();
  Plan(state, *answer, false);
  PostBatch batch(context_.spec().name);
  if (Status s = SaveState(batch, url, state); !s) return s;
  return WriteAll(batch);
}

Status FeedFollow::ReadNewest(const std::string& url, FeedState& state, FeedAnswer& answer) {
  FeedDocument& document = answer.document;
  const TimeMs now = context_.Now();
  const std::set<std::string, std::less<>> ids = IdsOf(document);
  const std::set<std::string, std::less<>> before = std::move(state.newest);
  const TimeMs read_until = state.read_until;
  const bool is_first = read_until == 0;
  bool has_met = is_first || before.empty() || Meet(ids, before);
  const bool is_back = state.is_back;
  const std::string back_from = BeforeIt(document, answer.url);
  const std::optional<TimeMs> oldest = EndOf(document, false);

  PostBatch batch(context_.spec().name);
  if (Status s = TakeAll(batch, document); !s) return s;
  // Broken XML is asked for again, whole.
  state.validators = document.broken.empty() ? answer.validators : FeedValidators();
  state.newest = ids.empty() ? before : ids;
  state.read_until = now;
  if (is_first) state.before = back_from;
  Plan(state, answer,
       !is_first && !std::includes(before.begin(), before.end(), ids.begin(), ids.end()));
  if (Status s = SaveState(batch, url, state); !s) return s;
  if (Status s = WriteAll(batch); !s) return s;
  if (!document.broken.empty()) Missing(read_until, now, "the feed is broken");

  if (!has_met && !back_from.empty()) {
    FeedState gap = state;
    if (Status s = ReadBack("", gap, back_from, before, &has_met); !s) return s;
  }
  // Dated before the last poll, they tell nothing of when the missing ones were published.
  if (!has_met) Missing(read_until, oldest.value_or(0) > read_until ? *oldest : now, kDropped);
  if (!is_back) {
    if (!state.before.empty()) {
      if (Status s = ReadBack(url, state, state.before, {}, nullptr); !s) return s;
    } else {
      Missing(settings_.since.value_or(0), oldest.value_or(now), kNewestOnly);
      state.is_back = true;
      PostBatch last(context_.spec().name);
      if (Status s = SaveState(last, url, state); !s) return s;
      if (Status s = WriteAll(last); !s) return s;
    }
  }
  polled_[url] = now;
  return {};
}

// Older pages, one after another: to their end, to `since`, or to one that holds any of
// `until_any`. With a `url` where it stands is kept in that feed's cursor.
Status FeedFollow::ReadBack(const std::string& url, FeedState& state, std::string page,
                            const std::set<std::string, std::less<>>& until_any, bool* has_met) {
  std::set<std::string, std::less<>> seen_pages;
  std::set<std::string, std::less<>> seen = state.newest;
  const int most = url.empty() ? kGapPagesMax : kPagesMax;
  for (int pages = 0; !page.empty() && pages < most && !context_.stopped(); ++pages) {
    if (!seen_pages.insert(page).second) break;
    Result<FeedAnswer> answer = FetchFeed(http_, page, {}, context_.Now());
    if (!answer && answer.error().code == ErrorCode::kRetryLater) return answer.error();
    // The end of WordPress's pages is one that is not there.
    if (!answer || !answer->offered.empty()) break;
    const std::set<std::string, std::less<>> ids = IdsOf(answer->document);
    const bool is_new = !std::includes(seen.begin(), seen.end(), ids.begin(), ids.end());
    seen.insert(ids.begin(), ids.end());
    const std::optional<TimeMs> latest = EndOf(answer->document, true);
    const bool is_old = settings_.since && latest && *latest < *settings_.since;
    PostBatch batch(context_.spec().name);
    const std::string next = BeforeIt(answer->document, page);
    if (Status s = TakeAll(batch, answer->document); !s) return s;
    page = is_new && !is_old ? next : "";
    if (!url.empty()) {
      state.before = page;
      if (Status s = SaveState(batch, url, state); !s) return s;
    }
    if (Status s = WriteAll(batch); !s) return s;
    if (has_met != nullptr && Meet(ids, until_any)) {
      *has_met = true;
      return {};
    }
  }
  if (context_.stopped() || url.empty()) return {};
  state.is_back = true;
  state.before.clear();
  PostBatch batch(context_.spec().name);
  if (Status s = SaveState(batch, url, state); !s) return s;
  return WriteAll(batch);
}

Status FeedFollow::TakeAll(PostBatch& batch, FeedDocument& document) {
  for (const Reject& reject : document.rejects) batch.AddReject(reject);
  const bool is_wordpress = document.IsWordPress();
  // Oldest first: an item before the comments on it.
  for (auto item = document.items.rbegin(); item != document.items.rend(); ++item) {
    if (Status s = items_.Take(batch, *item, is_wordpress); !s) return s;
    if (!batch.IsFull()) continue;
    if (Status s = Commit(batch); !s) return s;
  }
  return {};
}

void FeedFollow::Plan(FeedState& state, const FeedAnswer& answer, bool has_new) const {
  const std::int64_t least = milliseconds(kPollEveryLeast).count();
  const std::int64_t most = milliseconds(kPollEveryMost).count();
  state.pause_ms = has_new || state.pause_ms == 0 ? least : state.pause_ms + state.pause_ms / 2;
  std::int64_t asked = 0;
  if (answer.document.head.ttl_minutes) {
    asked = std::min<std::int64_t>(*answer.document.head.ttl_minutes, 60) * 60'000;
  }
  if (answer.max_age) asked = std::max(asked, milliseconds(*answer.max_age).count());
  state.pause_ms = std::clamp(std::max(state.pause_ms, asked), least, most);
  state.due = context_.Now() + state.pause_ms;
}

void FeedFollow::Missing(TimeMs from, TimeMs to, const std::string& why) {
  if (from < to) gaps_.push_back({from, to, why});
}

// The stretch up to the last poll of all feeds is whole, but for the gaps.
Status FeedFollow::Cover() {
  TimeMs until = context_.Now();
  bool is_whole = true;
  for (const std::string& url : feeds_) {
    const FeedState state = ReadState(url);
    const auto polled = polled_.find(url);
    is_whole &= state.read_until != 0 && (polled == polled_.end() || polled->second != 0);
    if (state.read_until != 0) until = std::min(until, state.read_until);
  }
  const std::map<std::string, std::string> missing = items_.TakeMissing();
  PostBatch batch(context_.spec().name);
  TimeMs from = settings_.since.value_or(0);
  const auto cursor = context_.cursors().find("covered");
  if (cursor != context_.cursors().end()) from = std::stoll("0" + cursor->second);
  for (const Gap& gap : gaps_) from = std::max(from, std::min(gap.to, until));
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    const std::string& key = hashtag.hashtag;
    for (const Gap& gap : gaps_) {
      if (Status s = coverage_.Missing(batch, key, gap.from, gap.to, gap.why); !s) return s;
    }
    if (until <= from) continue;
    const auto comments = missing.find(key);
    std::string why = settings_.partial;
    if (comments != missing.end()) why = comments->second;
    if (!is_whole) why = "some feeds cannot be read";
    Status said = why.empty() ? coverage_.Whole(batch, key, from, until)
                              : coverage_.Missing(batch, key, from, until, why);
    if (!said) return said;
  }
  gaps_.clear();
  if (until > from) {
    if (Status s = batch.MoveCursor("covered", std::to_string(until)); !s) return s;
    if (is_whole) context_.counters().read_until = until;
  }
  return Commit(batch);
}

// With the count of requests.
Status FeedFollow::WriteAll(PostBatch& batch) {
  const std::uint64_t requests = context_.counters().requests;
  const auto budget = budgets_.find(host_);
  if (budget != budgets_.end()) {
    if (Status s = budget->second.Count(batch, requests - counted_, context_.Now()); !s) return s;
  }
  counted_ = requests;
  return Commit(batch);
}

Status FeedFollow::Commit(PostBatch& batch) {
  Status written = context_.Write(batch);
  write_failed_ |= !written;
  return written;
}

FeedState FeedFollow::ReadState(const std::string& url) const {
  const auto cursor = context_.cursors().find("feed " + url);
  if (cursor == context_.cursors().end()) return {};
  return FeedState::Parse(cursor->second).value_or(FeedState());
}

Status FeedFollow::SaveState(PostBatch& batch, const std::string& url,
                             const FeedState& state) const {
  return batch.MoveCursor("feed " + url, state.Format());
}

}  // namespace latecomer
