#include "ingest/x_api_run.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::int64_t kPollEveryMs = 60'000;
constexpr std::int64_t kPollBesideStreamMs = 3'600'000;  // nobody promises that a stream is whole
// A post may be in neither if the stream began after it and the index is behind.
constexpr std::int64_t kFillAfterMs = 30'000;
constexpr std::int64_t kStreamBehindMs = 60'000;  // what a stream has not brought by then
constexpr std::int64_t kStreamSavedMs = 30'000;
constexpr std::int64_t kStreamAgainMs = 3'600'000;  // after it was refused
constexpr milliseconds kListenEvery = 1s;
constexpr std::int64_t kWaitMostMs = 60'000;
constexpr std::int64_t kWaitLeastMs = 1'000;
constexpr std::size_t kVisitRequests = 3;

const std::string& Cap() {
  static const std::string kText = "the cap of posts a month of the X account is used up";
  return kText;
}

}  // namespace

bool XListeningContext::WaitFor(milliseconds time) {
  const TimeMs end = inner_.Now() + time.count();
  while (listen && listen() && inner_.Now() < end && !stopped()) {
    const milliseconds left(end - inner_.Now());
    if (!inner_.WaitFor(std::min(left, kListenEvery))) return false;
  }
  const milliseconds left(end - inner_.Now());
  return left <= 0ms ? !stopped() : inner_.WaitFor(left);
}

XRun::XRun(SourceContext& context, const XSourceSettings& settings)
    : settings_(settings),
      context_(context),
      api_(context_, settings_.api, &edits_),
      conversations_(settings_.revisits),
      collector_(context_, conversations_),
      coverage_(context.spec().name),
      budget_(settings_.api.base.Authority(), XApi::kDayKey, settings_.requests_a_day),
      tail_(context_, api_, collector_, coverage_, settings_.since),
      visits_(context_, api_, collector_, conversations_),
      stream_(context_, api_, XHashtagQueries(context.spec().hashtags, kXQueryMax)) {
  context_.listen = [this] { return Listen(); };
  collector_.before_write = [this](PostBatch& batch) {
    const std::uint64_t all = context_.counters().requests;
    return budget_.Count(batch, all - std::exchange(counted_, all), context_.Now());
  };
}

Status XRun::Restore() {
  if (Status restored = conversations_.Restore(context_.cursors(), edits_); !restored) {
    return restored;
  }
  if (Status restored = coverage_.Restore(context_.cursors()); !restored) return restored;
  counted_ = context_.counters().requests;
  if (settings_.requests_a_day > 0) {
    Status told = budget_.Start(context_.http(), context_.cursors(), context_.Now());
    if (!told) return told;
  }
  return tail_.Restore();
}

Status XRun::Run() {
  if (Status restored = Restore(); !restored) return restored;
  while (!context_.stopped()) {
    Status step = Step();
    if (step) step = std::exchange(stream_status_, {});
    if (context_.stopped()) break;
    if (!step && api_.IsCapped()) {
      spdlog::warn("source {}: {}", context_.spec().name, step.error().message);
      if (Status said = tail_.Missing(Cap()); !said) return said;
    }
    if (!step) return step;
    CountLeft();
    if (context_.spec().once && IsDone()) {
      if (Status flushed = coverage_.Flush(collector_.batch()); !flushed) return flushed;
      return collector_.Write();
    }
    const TimeMs now = context_.Now();
    const TimeMs wait = std::clamp(NextDue() - now, TimeMs{0}, kWaitMostMs);
    if (wait > 0) context_.WaitFor(milliseconds(wait));
  }
  return {};
}

Status XRun::Step() {
  const TimeMs now = context_.Now();
  if (settings_.stream && !context_.spec().once && !stream_.IsOpen() && now >= stream_.next_try()) {
    if (Status opened = OpenStream(); !opened) return opened;
  }
  Listen();
  if (!stream_status_) return {};
  if (now >= next_poll_) {
    if (Status polled = tail_.Poll(); !polled) return polled;
    has_polled_ = true;
    filled_ = stream_.IsOpen() && now >= stream_.opened_at() + kFillAfterMs;
    next_poll_ = now + (filled_ ? kPollBesideStreamMs : kPollEveryMs);
    if (stream_.IsOpen() && !filled_) next_poll_ = stream_.opened_at() + kFillAfterMs;
    context_.counters().read_until = now;
  }
  if (tail_.HasGap() && now >= not_before_gap_) {
    Status pulled = Patiently(not_before_gap_, [this] { return tail_.PullGap(); });
    if (!pulled) return pulled;
  }
  if (visits_.HasWork() && now >= not_before_visit_) {
    Status visited = Patiently(not_before_visit_, [this] { return visits_.Step(); });
    if (!visited) return visited;
  }
  return {};
}

Status XRun::Patiently(TimeMs& not_before, const std::function<Status()>& work) {
  Status done = work();
  if (done || done.error().code != ErrorCode::kRetryLater || !api_.HasToWait()) return done;
  const std::int64_t wait = std::max(done.error().retry_after.count(), kWaitLeastMs);
  ++context_.counters().waits;
  context_.counters().wait_ms += static_cast<std::uint64_t>(wait);
  not_before = context_.Now() + wait;
  return {};
}

Status XRun::OpenStream() {
  Status opened = stream_.Open();
  if (stream_.IsOpen()) {
    // What was missed meanwhile is searched for, once the index has it.
    stream_refused_ = false;
    filled_ = false;
    next_poll_ = std::min(next_poll_, stream_.opened_at() + kFillAfterMs);
    return {};
  }
  next_poll_ = std::min(next_poll_, context_.Now() + kPollEveryMs);
  if (opened || opened.error().code == ErrorCode::kRetryLater) return {};
  // Without the stream nothing is missed: it is polled.
  if (!std::exchange(stream_refused_, true)) {
    spdlog::warn("source {}: polled instead of streamed: {}", context_.spec().name,
                 opened.error().message);
  }
  stream_.Refused(milliseconds(kStreamAgainMs));
  return {};
}

bool XRun::Listen() {
  if (!stream_.IsOpen() || !stream_status_) return false;
  std::string line;
  bool any = false;
  while (stream_status_ && !context_.stopped() && stream_.Next(line)) {
    any = true;
    stream_status_ = TakeLine(line);
    if (stream_status_ && collector_.batch().IsFull()) stream_status_ = collector_.Write();
  }
  if (stream_status_ && any) stream_status_ = collector_.Write();
  if (stream_status_) stream_status_ = Streamed();
  if (!stream_.IsOpen()) next_poll_ = std::min(next_poll_, context_.Now() + kPollEveryMs);
  return stream_.IsOpen() && static_cast<bool>(stream_status_);
}

Status XRun::TakeLine(std::string& line) {
  Result<XAnswer> answer = api_.ReadLine(line);
  if (!answer) {
    collector_.batch().AddReject(
        {"GET /2/tweets/search/stream", answer.error().message, line.size(), ""});
    return {};
  }
  const bool too_many = answer->Has(XProblem::Kind::kTooManyConnections);
  if (too_many || answer->Has(XProblem::Kind::kDisconnected)) stream_.Lose(too_many);
  return collector_.Take(*answer, "GET /2/tweets/search/stream");
}

// While the stream is open and the gap before it is filled, all up to a little while ago is here.
Status XRun::Streamed() {
  const std::optional<TimeMs> server_now = api_.ServerNow();
  if (!filled_ || !server_now || context_.stopped()) return {};
  const TimeMs upto = stream_.heard_at() + (*server_now - context_.Now()) - kStreamBehindMs;
  if (upto < streamed_ + kStreamSavedMs) return {};
  streamed_ = upto;
  context_.counters().read_until = stream_.heard_at();
  return tail_.StreamedUpTo(upto);
}

bool XRun::IsDone() const { return has_polled_ && !tail_.HasGap() && !visits_.HasWork(); }

TimeMs XRun::NextDue() const {
  TimeMs due = next_poll_;
  if (settings_.stream && !context_.spec().once && !stream_.IsOpen()) {
    due = std::min(due, stream_.next_try());
  }
  if (tail_.HasGap()) due = std::min(due, not_before_gap_);
  if (visits_.HasWork()) {
    due = std::min(due, not_before_visit_);
  } else if (const std::optional<TimeMs> visit = visits_.NextDue()) {
    due = std::min(due, std::max(*visit, not_before_visit_));
  }
  return due;
}

void XRun::CountLeft() {
  const std::size_t due = conversations_.revisits().CountDue(context_.Now());
  context_.counters().left = tail_.CountGaps() + (due > 0 ? due / 10 + kVisitRequests : 0);
}

}  // namespace latecomer
