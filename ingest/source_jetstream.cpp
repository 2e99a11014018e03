#include "ingest/source_jetstream.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <random>
#include <unordered_set>

#include "base/log.h"
#include "ingest/bluesky_api.h"
#include "ingest/bluesky_conversations.h"
#include "ingest/bluesky_names.h"
#include "ingest/bluesky_origin.h"
#include "ingest/bluesky_threads.h"
#include "ingest/bluesky_uri.h"
#include "ingest/jetstream_check.h"
#include "ingest/jetstream_options.h"
#include "ingest/jetstream_stream.h"
#include "ingest/request_budget.h"
#include "ingest/source_coverage.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using How = BlueskyConversations::How;

// What Jetstreams keep (their documentation), less a bit that passes while it is asked for.
constexpr TimeMs kLookBackMs = 36 * 3'600'000 - 300'000;
constexpr std::int64_t kWriteEveryMs = 1'000;
constexpr std::int64_t kCoverEveryMs = 60'000;
constexpr std::int64_t kVisitEveryMs = 1'000;
// A first event so much later than asked for is taken for a gap where the host does not say so.
constexpr std::int64_t kGapUs = 60'000'000;
constexpr std::int64_t kIdleMs = 5'000;  // nothing for so long: caught up
constexpr milliseconds kPauseFirst{1'000};
constexpr milliseconds kPauseMost{60'000};
constexpr int kRoundsMax = 20;  // of all hosts, in vain
constexpr std::size_t kChangesMax = 10'000;
constexpr char kPositionKey[] = "stream";
constexpr char kWhere[] = "an event of the stream";
constexpr char kNotSoFar[] = "the stream does not go back so far";

// What works together, for as long as Run runs.
struct Parts {
  Parts(SourceContext& context, const JetstreamOptions& options)
      : http(context.http(), context),
        stream(http, options.hosts),
        xrpc(http),
        api(xrpc, options.app_view.value_or(Url()), {}),
        origin(xrpc, options.directory),
        conversations(context, {options.hosts.front().url.host, options.policy,
                                options.app_view.has_value(), false, true}),
        threads(context, api, origin, conversations),
        names(api),
        coverage(context.spec().name) {}

  SourceHttp http;
  JetstreamStream stream;
  XrpcClient xrpc;
  BlueskyApi api;
  BlueskyOrigin origin;
  BlueskyConversations conversations;
  BlueskyThreads threads;
  BlueskyNames names;
  SourceCoverage coverage;
};

class JetstreamSource final : public Source {
 public:
  explicit JetstreamSource(JetstreamOptions options) : options_(std::move(options)) {}

  bool IsFinite() const override { return options_.once; }
  Status Run(SourceContext& context) override;
  std::vector<SourceFinding> Check(SourceContext& context) override {
    return CheckJetstream(context, options_);
  }

 private:
  Status Start(SourceContext& context, Parts& parts);
  Status Work(SourceContext& context, Parts& parts, PostBatch& batch);
  Status Connect(SourceContext& context, Parts& parts);
  // Reads until the connection ends (true), or all is read that was asked for (false).
  Result<bool> ReadStream(SourceContext& context, Parts& parts, PostBatch& batch);
  Status Begin(SourceContext& context, Parts& parts, PostBatch& batch, std::int64_t first_us);
  Status TakeEvent(SourceContext& context, Parts& parts, PostBatch& batch,
                   const JetstreamEvent& event);
  Status TakePost(SourceContext& context, Parts& parts, PostBatch& batch,
                  const JetstreamEvent& event);
  Status Save(SourceContext& context, Parts& parts, PostBatch& batch, bool cover);
  Status Visit(SourceContext& context, Parts& parts, PostBatch& batch);
  std::int64_t AskFrom(const Parts& parts) const;
  // Of a change, whether it has not been dealt with lately.
  bool IsFirst(const std::string& change);

  const JetstreamOptions options_;
  std::optional<RequestBudget> budget_;
  std::uint64_t counted_ = 0;
  std::int64_t position_us_ = 0;  // all up to here is dealt with
  std::int64_t saved_us_ = 0;
  std::int64_t asked_us_ = 0;
  bool is_first_ = true;      // event of a connection
  bool is_outdated_ = false;  // the host has said that it begins later
  TimeMs covered_to_ = 0;     // 0: nothing yet
  TimeMs written_at_ = 0;
  TimeMs covered_at_ = 0;
  TimeMs visit_at_ = 0;
  TimeMs present_ = 0;  // when Run began
  milliseconds pause_ = kPauseFirst;
  int rounds_ = 0;
  std::minstd_rand random_{std::random_device()()};
  std::unordered_set<std::string> changes_;  // the last ones
  std::deque<std::string> order_;
  BlueskyPost post_;
};

Status JetstreamSource::Start(SourceContext& context, Parts& parts) {
  present_ = context.Now();
  counted_ = context.counters().requests;
  if (Status restored = parts.conversations.Restore(); !restored) return restored;
  if (Status restored = parts.coverage.Restore(context.cursors()); !restored) return restored;
  const auto stored = context.cursors().find(kPositionKey);
  if (stored != context.cursors().end()) {
    const std::string& text = stored->second;
    const char* end = text.data() + text.size();
    if (!text.starts_with("v1 ") ||
        std::from_chars(text.data() + 3, end, position_us_).ptr != end || position_us_ <= 0) {
      return Corrupt("the cursor \"stream\" cannot be read");
    }
    saved_us_ = position_us_;
    covered_to_ = position_us_ / 1'000;
  }
  if (!options_.app_view) return {};
  parts.api.Start();
  parts.api.set_urgent(false);
  if (options_.requests_a_day == 0) return {};
  budget_.emplace(options_.app_view->Authority(), "",
                  static_cast<std::uint32_t>(options_.requests_a_day));
  return budget_->Start(context.http(), context.cursors(), context.Now());
}

Status JetstreamSource::Run(SourceContext& context) {
  Parts parts(context, options_);
  PostBatch batch(context.spec().name);
  Status done = Start(context, parts);
  if (done) done = Work(context, parts, batch);
  // A stop makes errors of what it cuts short; what was read by then is kept.
  if (!context.stopped()) return done;
  if (parts.conversations.write_failed()) return {};
  const Status ignored = Save(context, parts, batch, true);
  return ignored ? Status() : ignored;
}

// From where the stream is asked for.
std::int64_t JetstreamSource::AskFrom(const Parts& parts) const {
  if (position_us_ > 0) return position_us_ - parts.stream.overlap_us();
  const TimeMs oldest = present_ - kLookBackMs;
  return std::max(options_.since.value_or(oldest), oldest) * 1'000;
}

Status JetstreamSource::Connect(SourceContext& context, Parts& parts) {
  for (;;) {
    asked_us_ = AskFrom(parts);
    is_first_ = true;
    is_outdated_ = false;
    const Status opened = parts.stream.Open(asked_us_);
    if (opened || context.stopped()) return opened;
    spdlog::info("source {}: {}", context.spec().name, opened.error().message);
    if (parts.stream.Next()) continue;
    if (++rounds_ > kRoundsMax) return RetryLater(opened.error().message);
    const milliseconds wait = std::max(pause_, opened.error().retry_after);
    pause_ = std::min(pause_ * 2, kPauseMost);
    const auto more = std::uniform_int_distribution<std::int64_t>(0, wait.count() / 4)(random_);
    ++context.counters().waits;
    context.counters().wait_ms += static_cast<std::uint64_t>(wait.count() + more);
    if (!context.WaitFor(wait + milliseconds(more))) return RetryLater("stopped");
  }
}

Status JetstreamSource::Work(SourceContext& context, Parts& parts, PostBatch& batch) {
  while (!context.stopped()) {
    if (Status connected = Connect(context, parts); !connected) return connected;
    const Result<bool> ended = ReadStream(context, parts, batch);
    if (Status saved = ended ? Save(context, parts, batch, true) : Status(); !saved) return saved;
    if (!ended) return ended.error();
    if (!*ended) {
      if (Status flushed = parts.coverage.Flush(batch); !flushed) return flushed;
      return parts.conversations.Write(batch);
    }
    // One that ends at once is left alone for a while; so is one that has nobody to step in.
    parts.stream.Next();
    if (is_first_) pause_ = std::min(pause_ * 2, kPauseMost);
    if (!context.WaitFor(pause_)) return {};
  }
  return {};
}

Result<bool> JetstreamSource::ReadStream(SourceContext& context, Parts& parts, PostBatch& batch) {
  TimeMs heard_at = context.Now();
  int silent = 0;
  while (!context.stopped()) {
    const auto event = parts.stream.Read(context.stop());
    if (!event) {
      if (!context.stopped()) {
        spdlog::info("source {}: {}", context.spec().name, event.error().message);
      }
      return true;
    }
    if (*event) {
      silent = 0;
      heard_at = context.Now();
      if (Status taken = TakeEvent(context, parts, batch, **event); !taken) return taken.error();
    } else {
      ++silent;
    }
    const TimeMs now = context.Now();
    const bool cover = now - covered_at_ >= kCoverEveryMs;
    if (batch.IsFull() || !*event || now - written_at_ >= kWriteEveryMs) {
      if (Status saved = Save(context, parts, batch, cover); !saved) return saved.error();
      if (Status visited = Visit(context, parts, batch); !visited) return visited.error();
    }
    // Each read waits half a second: the count holds where the clock is a test's.
    const bool idle = now - heard_at >= kIdleMs || silent * 500 >= kIdleMs;
    const bool caught_up = position_us_ >= present_ * 1'000 || idle;
    const bool due = parts.conversations.revisits().Due(now).has_value() && options_.app_view;
    if (options_.once && caught_up && !due) return false;
  }
  return true;
}

// The first event of a connection: whether it is as old as was asked for.
Status JetstreamSource::Begin(SourceContext& context, Parts& parts, PostBatch& batch,
                              std::int64_t first_us) {
  is_first_ = false;
  rounds_ = 0;
  pause_ = kPauseFirst;
  const TimeMs first = first_us / 1'000;
  // What was asked for was known, or what the settings want.
  const bool wanted = position_us_ > 0 || options_.since;
  const TimeMs from =
      position_us_ > 0 ? position_us_ / 1'000 : options_.since.value_or(asked_us_ / 1'000);
  const bool late = parts.stream.is_v2() ? is_outdated_ : first_us > asked_us_ + kGapUs;
  const bool before_all = position_us_ == 0 && options_.since && from * 1'000 < asked_us_ - kGapUs;
  if (wanted && (late || before_all) && first > from) {
    spdlog::warn("source {}: the stream begins {} s later than was asked for", context.spec().name,
                 (first - from) / 1'000);
    for (const FollowedHashtag& followed : context.spec().hashtags) {
      const Status s = parts.coverage.Missing(batch, followed.hashtag, from, first, kNotSoFar);
      if (!s) return s;
    }
    covered_to_ = first;
  } else if (covered_to_ == 0) {
    covered_to_ = late ? first : std::min(first, asked_us_ / 1'000);
  }
  return {};
}

Status JetstreamSource::TakeEvent(SourceContext& context, Parts& parts, PostBatch& batch,
                                  const JetstreamEvent& event) {
  using Kind = JetstreamEvent::Kind;
  if (event.kind == Kind::kOutdated) is_outdated_ = true;
  if (event.kind == Kind::kMalformed) {
    batch.AddReject({kWhere, "it cannot be read", 0, ""});
  }
  if (event.time_us <= 0) return {};
  // A host whose clock runs ahead must not make us leave out what others send.
  const std::int64_t time_us = std::min(event.time_us, context.Now() * 1'000);
  if (is_first_) {
    if (Status begun = Begin(context, parts, batch, time_us); !begun) return begun;
  }
  Status taken;
  if (event.kind == Kind::kWritten) taken = TakePost(context, parts, batch, event);
  if (event.kind == Kind::kDeleted) {
    const std::string id = std::string(event.did) + "/" + std::string(event.rkey);
    const std::optional<std::string> root = parts.conversations.RootOf(id);
    if (root) taken = parts.conversations.Delete(batch, *root, id);
  }
  if (event.kind == Kind::kAccountGone) {
    for (const std::string& id : parts.conversations.PostsOf(std::string(event.did))) {
      const std::optional<std::string> root = parts.conversations.RootOf(id);
      if (taken && root) taken = parts.conversations.Delete(batch, *root, id);
    }
  }
  position_us_ = std::max(position_us_, time_us);
  return taken;
}

Status JetstreamSource::TakePost(SourceContext& context, Parts& parts, PostBatch& batch,
                                 const JetstreamEvent& event) {
  const TimeMs time = event.time_us / 1'000;
  BlueskyRecord record{event.did, event.rkey, event.cid, event.record, time, std::nullopt};
  if (event.is_update) record.updated = time;
  BlueskyAuthor author;
  author.did = event.did;
  const std::string& host = parts.stream.host();
  if (!MakeBlueskyPost(record, author, host, context.Now(), post_)) {
    return {};  // of the whole network: most of them are nobody's loss here
  }
  if (!parts.conversations.Wants(batch, post_)) return {};
  // What is sent again after a connection is lost: a first version that another has replaced since,
  // and changes in the midst of others.
  if (!event.is_update && parts.conversations.IsKnown(batch, post_)) return {};
  if (event.is_update && !IsFirst(post_.short_id + " " + std::string(event.rev))) {
    ++context.counters().duplicates;
    return {};
  }
  if (options_.app_view) {
    SetBlueskyAuthor(parts.names.Of(author.did, context.Now()), std::get<Post>(post_.post.value));
  }
  const Result<bool> taken = parts.conversations.Take(batch, post_, How::kAlone, kWhere);
  return taken ? Status() : taken.error();
}

Status JetstreamSource::Save(SourceContext& context, Parts& parts, PostBatch& batch, bool cover) {
  const TimeMs to = position_us_ / 1'000;
  if (cover && covered_to_ > 0) {
    for (const FollowedHashtag& followed : context.spec().hashtags) {
      if (to <= covered_to_) break;
      const Status s = parts.coverage.Whole(batch, followed.hashtag, covered_to_, to);
      if (!s) return s;
    }
    covered_to_ = std::max(covered_to_, to);
    covered_at_ = context.Now();
  }
  if (position_us_ > saved_us_) {
    if (Status s = batch.MoveCursor(kPositionKey, "v1 " + std::to_string(position_us_)); !s) {
      return s;
    }
  }
  const std::uint64_t sent = context.counters().requests;
  const std::uint64_t since = sent - std::exchange(counted_, sent);
  if (budget_) {
    if (Status counted = budget_->Count(batch, since, context.Now()); !counted) return counted;
  }
  written_at_ = context.Now();
  if (Status written = parts.conversations.Write(batch); !written) return written;
  saved_us_ = position_us_;
  if (to > 0) context.counters().read_until = to;
  return {};
}

// One conversation that is due, at most one a second: the stream goes on.
Status JetstreamSource::Visit(SourceContext& context, Parts& parts, PostBatch& batch) {
  const TimeMs now = context.Now();
  if (!options_.app_view || now < visit_at_) return {};
  const std::optional<std::string> root = parts.conversations.revisits().Due(now);
  context.counters().left = parts.conversations.revisits().CountDue(now);
  if (!root) return {};
  visit_at_ = now + (options_.once ? 0 : kVisitEveryMs);
  const Status visited = parts.threads.Visit(batch, *root);
  if (visited || parts.conversations.write_failed() || context.stopped()) return visited;
  // The AppView is not what this source lives from.
  visit_at_ = now + std::max<std::int64_t>(visited.error().retry_after.count(), 60'000);
  spdlog::warn("source {}: {}", context.spec().name, visited.error().message);
  return {};
}

bool JetstreamSource::IsFirst(const std::string& change) {
  if (!changes_.insert(change).second) return false;
  order_.push_back(change);
  if (order_.size() > kChangesMax) {
    changes_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<Source>> MakeJetstreamSource(const SourceSpec& spec) {
  Result<JetstreamOptions> options = ReadJetstreamOptions(spec);
  if (!options) return options.error();
  return std::unique_ptr<Source>(std::make_unique<JetstreamSource>(std::move(*options)));
}

}  // namespace latecomer
