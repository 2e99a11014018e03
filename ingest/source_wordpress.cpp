#include "ingest/source_wordpress.h"

#include <algorithm>

#include "base/log.h"
#include "ingest/feed_follow.h"
#include "ingest/http_check.h"
#include "ingest/network_options.h"
#include "ingest/request_budget.h"
#include "ingest/source_coverage.h"
#include "ingest/wordpress_lists.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kBlogRequestsADay = 10'000;
constexpr std::size_t kVisitsAtOnce = 200;
constexpr milliseconds kSpacing{100};
constexpr std::chrono::hours kTermsEvery{1};
// A blog whose API is closed may open it.
constexpr std::chrono::hours kFeedsFor{24};
constexpr char kRoundOpen[] = "v1 open";
constexpr char kRoundDone[] = "v1 done";
constexpr char kTooMuch[] = "the blog published more than could be read at once";
constexpr char kFeedsOnly[] = "the blog's REST API is closed, and feeds hold only the newest";

struct WordPressOptions {
  Url base;
  std::string user;
  std::string token_file;
  std::optional<TimeMs> since;
  RevisitPolicy policy;
  std::uint32_t requests_a_day = 0;
};

bool IsClosed(const Status& status) {
  return !status &&
         (status.error().code == ErrorCode::kNotFound || status.error().code == ErrorCode::kFatal);
}

// One run over the REST API.
class RestRun {
 public:
  RestRun(SourceContext& context, SourceHttp& http, WpApi& api, const WordPressOptions& options)
      : context_(context),
        http_(http),
        since_(options.since),
        visits_(context, api, options.policy, terms_),
        lists_(context, api, visits_, terms_, options.since),
        coverage_(context.spec().name),
        budget_(options.base.Authority(), "", options.requests_a_day) {}

  // kNotFound: the API gives no posts.
  Status Run();

 private:
  Status Start();
  Status Sweep();
  Status Between();
  Status ReadTail();
  Status Cover(TimeMs from, TimeMs to, bool is_whole);
  Status CoverSwept(const FollowedHashtag& hashtag, const std::string& swept_why);
  std::string WhyOf(const std::string& hashtag) const;
  bool IsDone() const;
  milliseconds UntilNext() const;

  SourceContext& context_;
  SourceHttp& http_;
  const std::optional<TimeMs> since_;
  std::map<std::int64_t, std::string> terms_;
  WpVisits visits_;
  WpLists lists_;
  SourceCoverage coverage_;
  RequestBudget budget_;
  std::uint64_t counted_ = 0;
  TimeMs terms_at_ = 0;
  TimeMs tail_at_ = 0;
  std::map<std::string, std::string> why_;         // a hashtag's sweeps are not whole
  std::map<std::string, std::string> visits_why_;  // something of its conversations is missing
};

Status RestRun::Start() {
  if (Status s = visits_.Restore(); !s) return s;
  if (Status s = lists_.Restore(); !s) return s;
  if (Status s = coverage_.Restore(context_.cursors()); !s) return s;
  if (Status s = lists_.FindTerms(); !s) return s;
  terms_at_ = context_.Now();
  if (!context_.spec().once) return {};
  const auto round = context_.cursors().find("round");
  if (round != context_.cursors().end() && round->second == kRoundOpen) return {};
  PostBatch batch(context_.spec().name);
  if (Status s = visits_.ExpectAll(batch); !s) return s;
  if (Status s = lists_.SweepAll(batch); !s) return s;
  if (Status s = batch.MoveCursor("round", kRoundOpen); !s) return s;
  return context_.Write(batch);
}

Status RestRun::Run() {
  if (Status s = budget_.Start(http_.client(), context_.cursors(), context_.Now()); !s) return s;
  if (Status s = Start(); !s) return s;
  while (!context_.stopped()) {
    if (context_.Now() - terms_at_ >= milliseconds(kTermsEvery).count()) {
      if (Status s = lists_.FindTerms(); !s) return s;
      terms_at_ = context_.Now();
    }
    if (Status s = ReadTail(); !s) return s;
    if (Status s = Sweep(); !s) return s;
    if (Status s = Between(); !s) return s;
    if (context_.spec().once && IsDone()) {
      PostBatch batch(context_.spec().name);
      if (Status s = coverage_.Flush(batch); !s) return s;
      if (Status s = batch.MoveCursor("round", kRoundDone); !s) return s;
      context_.counters().left = 0;
      return context_.Write(batch);
    }
    context_.WaitFor(UntilNext());
  }
  return {};
}

bool RestRun::IsDone() const {
  if (context_.stopped() || visits_.revisits().CountDue(context_.Now()) > 0) return false;
  return std::none_of(
      context_.spec().hashtags.begin(), context_.spec().hashtags.end(),
      [this](const FollowedHashtag& one) { return lists_.IsDue(one, context_.Now()); });
}

milliseconds RestRun::UntilNext() const {
  TimeMs next = tail_at_ + milliseconds(WpLists::kTailEvery).count();
  if (const std::optional<TimeMs> due = visits_.revisits().NextDue()) next = std::min(next, *due);
  return milliseconds(std::max<TimeMs>(next - context_.Now(), 1));
}

Status RestRun::Sweep() {
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    if (context_.stopped() || !lists_.IsDue(hashtag, context_.Now())) continue;
    std::string why;
    if (Status s = lists_.Sweep(
            hashtag, [this] { return Between(); }, &why);
        !s)
      return s;
    if (context_.stopped()) break;
    if (Status s = CoverSwept(hashtag, why); !s) return s;
  }
  return {};
}

// What must not wait for the end of a long sweep.
Status RestRun::Between() {
  if (Status s = visits_.VisitDue(kVisitsAtOnce); !s) return s;
  return ReadTail();
}

Status RestRun::ReadTail() {
  const TimeMs now = context_.Now();
  if (tail_at_ != 0 && now - tail_at_ < milliseconds(WpLists::kTailEvery).count()) return {};
  const TimeMs before = lists_.read_until();
  const Result<bool> is_whole = lists_.ReadTail();
  if (context_.stopped()) return {};
  if (!is_whole) return is_whole.error();
  tail_at_ = now;
  context_.counters().read_until = lists_.read_until();
  if (!*is_whole) {
    // What was missed is found by sweeps.
    PostBatch batch(context_.spec().name);
    if (Status s = lists_.SweepAll(batch); !s) return s;
    if (Status s = context_.Write(batch); !s) return s;
  }
  return Cover(before, lists_.read_until(), *is_whole);
}

// Of hashtags that have been swept; the others are covered when they are.
Status RestRun::Cover(TimeMs from, TimeMs to, bool is_whole) {
  PostBatch batch(context_.spec().name);
  visits_why_.merge(visits_.TakeMissing());
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    if (from == 0 || lists_.IsDue(hashtag, context_.Now())) continue;
    std::string why = WhyOf(hashtag.hashtag);
    visits_why_.erase(hashtag.hashtag);
    if (!is_whole) why = kTooMuch;
    Status said = why.empty() ? coverage_.Whole(batch, hashtag.hashtag, from, to)
                              : coverage_.Missing(batch, hashtag.hashtag, from, to, why);
    if (!said) return said;
  }
  const std::uint64_t requests = context_.counters().requests;
  if (Status s = budget_.Count(batch, requests - counted_, context_.Now()); !s) return s;
  counted_ = requests;
  return context_.Write(batch);
}

std::string RestRun::WhyOf(const std::string& hashtag) const {
  for (const auto* whys : {&visits_why_, &why_}) {
    const auto why = whys->find(hashtag);
    if (why != whys->end() && !why->second.empty()) return why->second;
  }
  return {};
}

Status RestRun::CoverSwept(const FollowedHashtag& hashtag, const std::string& swept_why) {
  why_[hashtag.hashtag] = swept_why;
  visits_why_.merge(visits_.TakeMissing());
  const std::string why = WhyOf(hashtag.hashtag);
  visits_why_.erase(hashtag.hashtag);
  PostBatch batch(context_.spec().name);
  const TimeMs from = since_.value_or(0);
  const TimeMs to = lists_.read_until();
  Status said = why.empty() ? coverage_.Whole(batch, hashtag.hashtag, from, to)
                            : coverage_.Missing(batch, hashtag.hashtag, from, to, why);
  if (!said) return said;
  return context_.Write(batch);
}

class WordPressSource final : public Source {
 public:
  WordPressSource(WordPressOptions options, bool once)
      : options_(std::move(options)), once_(once) {}

  bool IsFinite() const override { return once_; }

  Status Run(SourceContext& context) override {
    SourceHttp http(context.http(), context);
    http.client().Tighten(options_.base.Authority(), {1, kSpacing, {}});
    std::optional<SecretFile> password;
    if (!options_.token_file.empty()) {
      password.emplace(options_.token_file);
      if (Result<Secret> secret = password->Get(); !secret) return secret.error();
    }
    while (!context.stopped()) {
      WpApi api(http, options_.base, options_.user, password ? &*password : nullptr);
      Status status = api.Open();
      if (status) status = RestRun(context, http, api, options_).Run();
      if (context.stopped()) break;
      if (!IsClosed(status)) return status;
      spdlog::warn("source {}: {}; its feeds are read instead", context.spec().name,
                   status.error().message);
      std::optional<TimeMs> until;
      if (!once_) until = context.Now() + milliseconds(kFeedsFor).count();
      status = FeedFollow(context, http, Feeds(context.spec())).Run(until);
      if (!status || once_) return status;
    }
    return {};
  }

  std::vector<SourceFinding> Check(SourceContext& context) override;

 private:
  using Level = SourceFinding::Level;

  // As arguments, which WordPress takes whatever the form of its addresses.
  FeedFollowSettings Feeds(const SourceSpec& spec) const {
    FeedFollowSettings settings;
    settings.since = options_.since;
    settings.policy = options_.policy;
    settings.requests_a_day = options_.requests_a_day;
    settings.partial = kFeedsOnly;
    const std::string base = options_.base.text;
    settings.urls.push_back(WithQuery(base, {{"feed", "atom"}}));
    for (const FollowedHashtag& hashtag : spec.hashtags) {
      std::vector<std::string> forms = hashtag.aliases;
      forms.insert(forms.begin(), hashtag.hashtag);
      for (const std::string& form : forms) {
        settings.urls.push_back(WithQuery(base, {{"feed", "atom"}, {"tag", form}}));
        settings.urls.push_back(WithQuery(base, {{"feed", "atom"}, {"s", "#" + form}}));
      }
    }
    return settings;
  }

  const WordPressOptions options_;
  const bool once_;
};

std::vector<SourceFinding> WordPressSource::Check(SourceContext& context) {
  std::vector<SourceFinding> findings;
  SourceHttp http(context.http(), context);
  std::optional<SecretFile> password;
  if (!options_.token_file.empty()) {
    password.emplace(options_.token_file);
    if (Result<Secret> secret = password->Get(); !secret) {
      return {{Level::kFailure, secret.error().message}};
    }
  }
  WpApi api(http, options_.base, options_.user, password ? &*password : nullptr);
  const Status open = api.Open();
  if (IsClosed(open)) {
    findings.push_back({Level::kWarning, "no REST API (" + open.error().message +
                                             "): its feeds are read, which hold only the newest "
                                             "posts and comments, and no deletions"});
    return findings;
  }
  if (!open) return {{Level::kFailure, open.error().message}};
  findings.push_back({Level::kOk, "the REST API of " + LoggableUrl(api.site().home) + " answers"});
  if (password) {
    const Result<WpAnswer> user = api.Get("users/me", {{"_fields", "id"}});
    findings.push_back(
        user ? SourceFinding{Level::kOk, "authorised as " + options_.user}
             : SourceFinding{Level::kFailure,
                             "the application password of " + options_.user + " is not accepted"});
  }
  const Result<WpAnswer> posts = api.Get("posts", {{"per_page", "1"}, {"_fields", "id"}});
  if (!posts) {
    findings.push_back({Level::kWarning, "posts are not given: its feeds are read instead"});
    return findings;
  }
  findings.push_back(
      {Level::kOk, "it has " + std::to_string(posts->total.value_or(0)) + " posts to be read"});
  if (!api.Get("comments", {{"per_page", "1"}, {"_fields", "id"}})) {
    findings.push_back({Level::kWarning, "comments are not given: they will be missing"});
  }
  std::map<std::int64_t, std::string> terms;
  WpVisits visits(context, api, options_.policy, terms);
  WpLists lists(context, api, visits, terms, options_.since);
  if (Status found = lists.FindTerms(); !found) {
    findings.push_back({Level::kWarning, "tags are not given: posts are found by what they say"});
    return findings;
  }
  for (const FollowedHashtag& hashtag : context.spec().hashtags) {
    const std::size_t count = lists.CountTerms(hashtag.hashtag);
    findings.push_back(
        {count > 0 ? Level::kOk : Level::kWarning,
         "#" + hashtag.hashtag + ": " +
             (count > 0 ? std::to_string(count) + " tag(s) and categories" : "no tag or category") +
             (count > 0 ? "" : " yet; posts that have it in their text are found")});
  }
  return findings;
}

}  // namespace

Result<std::unique_ptr<Source>> MakeWordPressSource(const SourceSpec& spec) {
  if (Status known = CheckOptions(
          spec, {"base", "handle", "token_file", "since", "requests_a_day", "revisit_for"});
      !known) {
    return known.error();
  }
  WordPressOptions options;
  const std::vector<std::string> base = spec.OptionList("base");
  if (base.size() != 1) return Invalid("`base` has to be one address: that of the blog");
  Result<Url> url = ParseUrl(base.front());
  if (!url) return Invalid("`base`: " + url.error().message);
  options.base = std::move(*url);
  const Result<NetworkOptions> network = ReadNetworkOptions(spec, kBlogRequestsADay);
  if (!network) return network.error();
  options.user = spec.Option("handle");
  options.token_file = spec.Option("token_file");
  if (options.user.empty() != options.token_file.empty()) {
    return Invalid(
        "`handle` (a user's name) and `token_file` (an application password of that "
        "user) go together");
  }
  if (options.user.find(':') != std::string::npos) return Invalid("`handle` has a colon in it");
  options.since = network->since;
  options.policy.keep_up = network->revisits.keep_up;
  options.requests_a_day = network->requests_a_day;
  return std::unique_ptr<Source>(std::make_unique<WordPressSource>(std::move(options), spec.once));
}

}  // namespace latecomer
