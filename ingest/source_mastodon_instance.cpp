#include "ingest/source_mastodon_instance.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/log.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Software = MastodonInstance::Software;

// Requests in one step: then streams and other instances have their turn.
constexpr int kPiecesMax = 8;
constexpr std::size_t kStreamsMax = 32;
constexpr milliseconds kPauseMin{30'000};
// Paging requests are 300 in 15 minutes: looking for what is new takes no more than half of them.
constexpr milliseconds kPausePerFeed{6'000};
constexpr milliseconds kAwayFirst{5'000};
constexpr milliseconds kAwayMax{600'000};
constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max();

bool IsOfInstance(ErrorCode code) {
  return code == ErrorCode::kRetryLater || code == ErrorCode::kNotFound ||
         code == ErrorCode::kFatal;
}

// wss://HOST as https://HOST. Instances behind a proxy name wss although they are reached over
// http: their own host is asked as the base says.
std::optional<Url> StreamAddress(const Url& base, std::string text) {
  if (text.empty()) return base;
  if (text.starts_with("ws")) text.replace(0, 2, "http");
  Result<Url> url = ParseUrl(text);
  if (!url || url->host == base.host) return base;
  // A token goes nowhere unencrypted that it would not go anyhow.
  if (url->scheme != "https" && base.scheme == "https") return std::nullopt;
  return *url;
}

}  // namespace

MastodonThreads::Bounds MastodonBounds(Software software, bool has_token) {
  MastodonThreads::Bounds bounds;
  if (software == Software::kGoToSocial || software == Software::kPleroma) {
    bounds.ancestors = bounds.descendants = bounds.depth =
        std::numeric_limits<std::uint32_t>::max();
  } else if (!has_token) {
    bounds = {40, 60, 20};
  }
  return bounds;
}

MastodonWorker::MastodonWorker(SourceContext& context, const MastodonOptions& options,
                               std::size_t number, MastodonRecent& recent)
    : context_(context),
      options_(options),
      api_(context, options.bases[number], options.token_file),
      posts_(context, recent, api_.instance(), static_cast<int>(number), options.revisits),
      started_(context.Now()),
      backoff_(kAwayFirst, kAwayMax),
      outage_("source " + context.spec().name + ": " + api_.instance()) {
  if (options.requests_a_day > 0) {
    budget_.emplace(api_.authority(), "", options.requests_a_day);
  }
}

Status MastodonWorker::Restore() {
  if (Status s = posts_.Restore(); !s) return s;
  if (!budget_) return {};
  return budget_->Start(context_.http(), context_.cursors(), context_.Now());
}

Status MastodonWorker::Introduce() {
  if (Status token = api_.Start(); !token) return token;
  Result<MastodonInstance> facts = api_.Instance();
  if (!facts) return facts.error();
  spdlog::info("source {}: {} is {}", context_.spec().name, api_.instance(), facts->version);
  std::optional<TimeMs> horizon;
  if (context_.spec().once) horizon = started_;
  threads_ = std::make_unique<MastodonThreads>(
      context_, api_, posts_, MastodonBounds(facts->software, api_.has_token()), horizon);
  MakeFeeds(*facts);
  for (const auto& feed : feeds_) {
    if (Status s = feed->Restore(context_.cursors()); !s) return s;
  }
  MakeStreams(*facts);
  return {};
}

void MastodonWorker::MakeFeeds(const MastodonInstance& facts) {
  std::set<std::string> hashtags;
  for (const FollowedHashtag& followed : context_.spec().hashtags) {
    hashtags.insert(followed.hashtag);
    hashtags.insert(followed.aliases.begin(), followed.aliases.end());
  }
  const Software software = facts.software;
  for (const std::string& hashtag : hashtags) {
    MastodonFeed::Settings settings;
    settings.hashtag = hashtag;
    settings.since = options_.since;
    settings.knows_min_id = software == Software::kMastodon || software == Software::kGoToSocial ||
                            software == Software::kPleroma;
    settings.short_page_ends = software == Software::kMastodon && !context_.spec().once;
    settings.pause_min =
        std::max(kPauseMin, kPausePerFeed * static_cast<std::int64_t>(hashtags.size()));
    feeds_.push_back(std::make_unique<MastodonFeed>(context_, api_, posts_, std::move(settings)));
  }
}

void MastodonWorker::MakeStreams(const MastodonInstance& facts) {
  const bool possible = facts.software == Software::kMastodon ||
                        (facts.software == Software::kOther && options_.stream.value_or(false));
  if (context_.spec().once || !api_.has_token() || !options_.stream.value_or(true) || !possible) {
    return;
  }
  const std::optional<Url> address = StreamAddress(api_.base(), facts.streaming);
  if (!address) return;
  for (const auto& feed : feeds_) {
    if (streams_.size() >= kStreamsMax) break;
    streams_.push_back(
        std::make_unique<MastodonStream>(context_, api_, posts_, *threads_, *feed, *address));
  }
}

Status MastodonWorker::Write(PostBatch& batch) {
  if (Status s = posts_.Flush(batch); !s) return s;
  if (budget_) {
    if (Status s = budget_->Count(batch, api_.TakeRequests(), context_.Now()); !s) return s;
  }
  return context_.Write(batch);
}

void MastodonWorker::Failed(const Error& error, bool asked) {
  SourceCounters& counters = context_.counters();
  if (error.code == ErrorCode::kFatal) {
    gave_up_ = true;
    failure_ = error;
    return;
  }
  milliseconds wait = error.retry_after;
  if (asked || wait <= 0ms) {
    failure_ = error;
    ++failures_;
    outage_.Failed(error.message);
    wait = backoff_.Next(wait);
    not_before_ = context_.Now() + wait.count();
    return;
  }
  // Nothing is wrong: there is no room within a limit.
  ++counters.waits;
  counters.wait_ms += static_cast<std::uint64_t>(wait.count());
  (was_paging_ ? paging_not_before_ : not_before_) = context_.Now() + wait.count();
}

Status MastodonWorker::ReadStreams() {
  PostBatch batch(context_.spec().name);
  for (const auto& stream : streams_) {
    if (Status s = stream->Step(batch); !s) return s;
    if (batch.IsFull()) {
      if (Status s = Write(batch); !s) return s;
    }
  }
  return Write(batch);
}

Status MastodonWorker::Step() {
  if (gave_up_) return {};
  if (Status s = ReadStreams(); !s) return s;
  for (int i = 0; i < kPiecesMax && !context_.stopped() && context_.Now() >= not_before_; ++i) {
    const std::uint64_t before = context_.counters().requests;
    PostBatch batch(context_.spec().name);
    Status done;
    if (threads_ == nullptr) {
      done = Introduce();
    } else if (!DoOne(batch, done)) {
      return {};
    }
    if (!done && !IsOfInstance(done.error().code)) return done;
    if (Status wrote = Write(batch); !wrote) return wrote;
    if (context_.stopped()) return {};
    if (!done) {
      Failed(done.error(), context_.counters().requests != before);
      continue;
    }
    failures_ = 0;
    backoff_.Reset();
    outage_.Worked();
    failure_.reset();
  }
  return {};
}

// Of what is due the most urgent; false: nothing is.
bool MastodonWorker::DoOne(PostBatch& batch, Status& done) {
  was_paging_ = true;
  if (MastodonFeed* feed = NextNewer()) {
    done = feed->ReadNewer(batch);
    return true;
  }
  was_paging_ = false;
  if (threads_->has_deletions()) {
    done = threads_->CheckDeletion(batch);
    return true;
  }
  // The others by turns, so that the past does not wait for conversations, nor they for it.
  for (int i = 0; i < kKinds; ++i) {
    turn_ = (turn_ + 1) % kKinds;
    if (DoKind(static_cast<Kind>(turn_), batch, done)) return true;
  }
  return false;
}

bool MastodonWorker::DoKind(Kind kind, PostBatch& batch, Status& done) {
  const TimeMs now = context_.Now();
  was_paging_ = kind != Kind::kVisit;
  if (was_paging_ && now < paging_not_before_) return false;
  switch (kind) {
    case Kind::kVisit: {
      const std::optional<TimeMs> due = threads_->NextDue();
      if (!due || *due > now) return false;
      done = threads_->Visit(batch);
      return true;
    }
    case Kind::kAgain: {
      MastodonFeed* feed = NextAgain();
      if (feed == nullptr || feed->again_due() > now) return false;
      done = feed->ReadAgain(batch);
      return true;
    }
    case Kind::kOlder: {
      MastodonFeed* feed = NextOlder();
      if (feed == nullptr) return false;
      done = feed->ReadOlder(batch);
      return true;
    }
  }
  return false;
}

MastodonFeed* MastodonWorker::NextNewer() const {
  const TimeMs now = context_.Now();
  if (now < paging_not_before_) return nullptr;
  MastodonFeed* next = nullptr;
  for (const auto& feed : feeds_) {
    if (context_.spec().once && feed->is_caught_up()) continue;
    if (feed->newer_due() > now) continue;
    if (next == nullptr || feed->newer_due() < next->newer_due()) next = feed.get();
  }
  return next;
}

MastodonFeed* MastodonWorker::NextAgain() const {
  if (context_.spec().once) return nullptr;
  const auto next = std::min_element(
      feeds_.begin(), feeds_.end(),
      [](const auto& a, const auto& b) { return a->again_due() < b->again_due(); });
  return next == feeds_.end() ? nullptr : next->get();
}

MastodonFeed* MastodonWorker::NextOlder() const {
  const auto next = std::find_if(feeds_.begin(), feeds_.end(),
                                 [](const auto& feed) { return feed->has_holes(); });
  return next == feeds_.end() ? nullptr : next->get();
}

bool MastodonWorker::has_streams() const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return stream->is_open(); });
}

TimeMs MastodonWorker::Due() const {
  if (gave_up_) return kNever;
  if (threads_ == nullptr) return not_before_;
  TimeMs due = kNever;
  for (const auto& feed : feeds_) {
    if (feed->has_holes()) due = 0;
    if (context_.spec().once && feed->is_caught_up()) continue;
    due = std::min(due, feed->newer_due());
    if (!context_.spec().once) due = std::min(due, feed->again_due());
  }
  due = std::max(due, paging_not_before_);
  if (threads_->has_deletions()) due = 0;
  if (const std::optional<TimeMs> visit = threads_->NextDue()) due = std::min(due, *visit);
  due = std::max(due, not_before_);
  for (const auto& stream : streams_) {
    if (!stream->is_open() && !stream->is_refused()) due = std::min(due, stream->due());
  }
  return due;
}

bool MastodonWorker::IsDone() const {
  if (threads_ == nullptr) return false;
  const bool read = std::all_of(feeds_.begin(), feeds_.end(), [](const auto& feed) {
    return feed->is_caught_up() && !feed->has_holes();
  });
  return read && !threads_->NextDue() && !threads_->has_deletions();
}

std::uint64_t MastodonWorker::Left() const {
  if (threads_ == nullptr) return 1;
  std::uint64_t left = threads_->CountDue();
  for (const auto& feed : feeds_)
    left += (feed->has_holes() ? 1 : 0) + (feed->is_caught_up() ? 0 : 1);
  return left;
}

}  // namespace latecomer
