#include "ingest/source_bluesky.h"

#include <algorithm>

#include "ingest/bluesky_api.h"
#include "ingest/bluesky_conversations.h"
#include "ingest/bluesky_finder.h"
#include "ingest/bluesky_json.h"
#include "ingest/bluesky_origin.h"
#include "ingest/bluesky_threads.h"
#include "ingest/network_options.h"
#include "ingest/request_budget.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr char kDefaultBase[] = "https://bsky.social";
constexpr char kDefaultDirectory[] = "https://plc.directory";
constexpr milliseconds kPollEvery{60'000};
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::uint32_t kRequestsADayLeast = 24;  // one an hour
// Of a ceiling a day, what polling may use; the rest is for conversations and history.
constexpr std::int64_t kPollShare = 3;
constexpr std::size_t kCheckedMax = 10;

struct BlueskyOptions {
  Url base;
  Url directory;
  BlueskyAccount account;
  std::optional<TimeMs> since;
  std::int64_t requests_a_day = 0;  // 0: no ceiling
  RevisitPolicy policy;
  bool once = false;
};

// What works together, for as long as Run or Check runs.
struct Parts {
  Parts(SourceContext& context, const BlueskyOptions& options)
      : http(context.http(), context),
        xrpc(http),
        api(xrpc, options.base, options.account),
        origin(xrpc, options.directory),
        conversations(context, {options.base.host, options.policy}),
        threads(context, api, origin, conversations),
        finder(context, api, conversations, options.since) {}

  SourceHttp http;
  XrpcClient xrpc;
  BlueskyApi api;
  BlueskyOrigin origin;
  BlueskyConversations conversations;
  BlueskyThreads threads;
  BlueskyFinder finder;
};

class BlueskySource final : public Source {
 public:
  explicit BlueskySource(BlueskyOptions options) : options_(std::move(options)) {}

  bool IsFinite() const override { return options_.once; }
  Status Run(SourceContext& context) override;
  std::vector<SourceFinding> Check(SourceContext& context) override;

 private:
  Status Start(SourceContext& context, Parts& parts, PostBatch& batch);
  Status Work(SourceContext& context, Parts& parts, PostBatch& batch);
  Result<bool> Step(SourceContext& context, Parts& parts, PostBatch& batch);
  Status CountRequests(SourceContext& context, PostBatch& batch);
  milliseconds PollEvery(const Parts& parts) const;
  static bool IsLimit(const Error& error, const Parts& parts);

  const BlueskyOptions options_;
  std::optional<RequestBudget> budget_;
  std::uint64_t counted_ = 0;
  bool history_next_ = false;
};

Status BlueskySource::Start(SourceContext& context, Parts& parts, PostBatch& batch) {
  parts.api.Start();
  counted_ = context.counters().requests;
  if (Status signed_in = parts.api.SignIn(); !signed_in) return signed_in;
  if (options_.requests_a_day > 0) {
    budget_.emplace(parts.api.host().Authority(), "",
                    static_cast<std::uint32_t>(options_.requests_a_day));
    const Status begun = budget_->Start(context.http(), context.cursors(), context.Now());
    if (!begun) return begun;
  }
  if (Status restored = parts.conversations.Restore(); !restored) return restored;
  if (Status restored = parts.finder.Restore(batch); !restored) return restored;
  return parts.conversations.Write(batch);
}

Status BlueskySource::CountRequests(SourceContext& context, PostBatch& batch) {
  const std::uint64_t sent = context.counters().requests;
  const std::uint64_t since = sent - std::exchange(counted_, sent);
  return budget_ ? budget_->Count(batch, since, context.Now()) : Status();
}

// Under a ceiling fewer polls, so that something is left.
milliseconds BlueskySource::PollEvery(const Parts& parts) const {
  if (options_.requests_a_day == 0) return kPollEvery;
  const auto names = static_cast<std::int64_t>(std::max<std::size_t>(parts.finder.names(), 1));
  return std::max(kPollEvery, milliseconds(kDayMs * names * kPollShare / options_.requests_a_day));
}

Status BlueskySource::Run(SourceContext& context) {
  Parts parts(context, options_);
  PostBatch batch(context.spec().name);
  Status done = Start(context, parts, batch);
  if (done) done = Work(context, parts, batch);
  // A stop makes errors of what it cuts short.
  if (context.stopped()) return {};
  return done;
}

Status BlueskySource::Work(SourceContext& context, Parts& parts, PostBatch& batch) {
  TimeMs next_poll = context.Now();
  TimeMs next_step = 0;
  while (!context.stopped()) {
    if (context.Now() >= next_poll) {
      const TimeMs begun = context.Now();
      parts.api.set_urgent(true);
      if (Status polled = parts.finder.Poll(batch); !polled) return polled;
      next_poll = begun + PollEvery(parts).count();
      continue;
    }
    bool worked = false;
    if (context.Now() >= next_step) {
      parts.api.set_urgent(false);
      const Result<bool> step = Step(context, parts, batch);
      if (!step && !IsLimit(step.error(), parts)) return step.error();
      // Polling goes on while history and conversations have to wait.
      if (!step) next_step = context.Now() + step.error().retry_after.count();
      worked = step && *step;
      if (Status counted = CountRequests(context, batch); !counted) return counted;
      if (Status written = parts.conversations.Write(batch); !written) return written;
    }
    if (worked) continue;
    if (options_.once && context.Now() >= next_step) {
      if (Status flushed = parts.finder.Flush(batch); !flushed) return flushed;
      return parts.conversations.Write(batch);
    }
    TimeMs until = next_poll;
    if (next_step > context.Now()) {
      until = std::min(until, next_step);
    } else if (const auto due = parts.conversations.revisits().NextDue()) {
      until = std::min(until, *due);
    }
    context.WaitFor(milliseconds(std::max<std::int64_t>(until - context.Now(), 1)));
  }
  return {};
}

bool BlueskySource::IsLimit(const Error& error, const Parts& parts) {
  return error.code == ErrorCode::kRetryLater && error.retry_after > milliseconds(0) &&
         !parts.conversations.write_failed();
}

// One conversation, or one page of history, in turns.
Result<bool> BlueskySource::Step(SourceContext& context, Parts& parts, PostBatch& batch) {
  const TimeMs now = context.Now();
  const std::size_t due = parts.conversations.revisits().CountDue(now);
  context.counters().left = due + parts.finder.histories_left();
  history_next_ = !history_next_;
  if (history_next_ || due == 0) {
    const Result<bool> read = parts.finder.ReadHistory(batch);
    if (!read || *read) return read;
  }
  const std::optional<std::string> root = parts.conversations.revisits().Due(now);
  if (!root) return false;
  if (Status visited = parts.threads.Visit(batch, *root); !visited) return visited.error();
  return true;
}

std::vector<SourceFinding> BlueskySource::Check(SourceContext& context) {
  using Level = SourceFinding::Level;
  std::vector<SourceFinding> findings;
  Parts parts(context, options_);
  parts.api.Start();
  if (Status signed_in = parts.api.SignIn(); !signed_in) {
    return {{Level::kFailure, signed_in.error().message}};
  }
  const std::string& host = parts.api.host().host;
  if (parts.api.has_account()) {
    findings.push_back({Level::kOk, "signed in, by the account's server " + host});
  } else {
    findings.push_back({Level::kOk, "asks " + host + " without an account"});
  }
  std::optional<std::int64_t> left;
  std::size_t checked = 0;
  for (const FollowedHashtag& followed : context.spec().hashtags) {
    if (++checked > kCheckedMax) break;
    BlueskyApi::Search search;
    search.query = BlueskyFinder::QueriesOf(followed).front();
    const Result<XrpcAnswer> answer = parts.api.SearchPosts(search);
    if (!answer) {
      findings.push_back({Level::kFailure, answer.error().message});
      return findings;
    }
    left = answer->limit_left;
    bool found = false;
    for (JsonValue post : answer->root["posts"]) found = found || post["uri"].is_string();
    if (found) {
      findings.push_back({Level::kOk, "#" + followed.hashtag + " has posts there"});
    } else {
      findings.push_back({Level::kWarning, "#" + followed.hashtag + " has no posts there yet"});
    }
  }
  if (left) {
    findings.push_back({Level::kOk, std::to_string(*left) + " requests left of the host's limit"});
  }
  findings.push_back(
      {Level::kWarning, "missing will be: reposts, and replies that the host hides from " +
                            std::string(parts.api.has_account() ? "this account" : "everybody") +
                            " (blocks, thread gates, moderation)"});
  return findings;
}

Status ReadBase(const SourceSpec& spec, BlueskyOptions& options) {
  const std::vector<std::string> base = spec.OptionList("base");
  if (base.size() > 2) {
    return Invalid("`base` names more than a server and a DID directory");
  }
  Result<Url> server = ParseUrl(base.empty() ? kDefaultBase : base[0]);
  if (!server) return Invalid("`base`: " + server.error().message);
  Result<Url> directory = ParseUrl(base.size() < 2 ? kDefaultDirectory : base[1]);
  if (!directory) return Invalid("`base`: " + directory.error().message);
  options.base = std::move(*server);
  options.directory = std::move(*directory);
  return {};
}

Status ReadAccount(const SourceSpec& spec, BlueskyOptions& options) {
  options.account = {spec.Option("handle"), spec.Option("token_file")};
  if (options.account.handle.starts_with('@')) options.account.handle.erase(0, 1);
  if (!options.account.handle.empty() && options.account.token_file.empty()) {
    return Invalid("`handle` without `token_file`: the file with an app password of that account");
  }
  if (options.account.handle.empty() && !options.account.token_file.empty()) {
    return Invalid("`token_file` without `handle`: the account whose app password it holds");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Source>> MakeBlueskySource(const SourceSpec& spec) {
  const Status known = CheckOptions(
      spec, {"base", "handle", "token_file", "since", "requests_a_day", "revisit_for"});
  if (!known) return known.error();
  const Result<NetworkOptions> network =
      ReadNetworkOptions(spec, kRequestsADay, kRequestsADayLeast);
  if (!network) return network.error();
  BlueskyOptions options;
  options.once = spec.once;
  if (Status base = ReadBase(spec, options); !base) return base.error();
  if (Status account = ReadAccount(spec, options); !account) return account.error();
  options.since = network->since;
  options.requests_a_day = network->requests_a_day;
  options.policy = network->revisits;
  return std::unique_ptr<Source>(std::make_unique<BlueskySource>(std::move(options)));
}

}  // namespace latecomer
