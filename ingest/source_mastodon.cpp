#include "ingest/source_mastodon.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "ingest/network_options.h"
#include "ingest/source_coverage.h"
#include "ingest/source_mastodon_check.h"
#include "ingest/source_mastodon_instance.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kBasesMax = 32;
// How often streams are looked into: what came meanwhile is written together. While nothing comes
// the pauses grow.
constexpr milliseconds kStreamPause{250};
constexpr milliseconds kStreamPauseMax{1'000};
constexpr milliseconds kPauseMax{60'000};
constexpr milliseconds kCoverEvery{60'000};
constexpr milliseconds kCountEvery{5'000};

class MastodonSource final : public Source {
 public:
  MastodonSource(MastodonOptions options, bool once)
      : options_(std::move(options)),
        once_(once),
        recent_(options_.bases.size() > 1 ? MastodonRecent::kPlacesOfMany
                                          : MastodonRecent::kPlacesOfOne) {}

  bool IsFinite() const override { return once_; }
  Status Run(SourceContext& context) override;
  std::vector<SourceFinding> Check(SourceContext& context) override;

 private:
  Status Go(SourceContext& context);
  Status Cover(SourceContext& context, bool is_end);
  Status CoverPast(PostBatch& batch, const FollowedHashtag& followed);
  std::vector<const MastodonFeed*> FeedsOf(const FollowedHashtag& followed) const;
  std::optional<Error> AllAway(TimeMs now) const;
  void CountLeft(SourceContext& context);

  const MastodonOptions options_;
  const bool once_;
  MastodonRecent recent_;
  std::vector<std::unique_ptr<MastodonWorker>> workers_;
  std::optional<SourceCoverage> coverage_;
  std::map<std::string, TimeMs> covered_;  // up to when
  std::set<std::string> past_told_;
  TimeMs covered_at_ = 0;
  TimeMs counted_at_ = 0;
};

Status MastodonSource::Run(SourceContext& context) {
  coverage_.emplace(context.spec().name);
  if (Status s = coverage_->Restore(context.cursors()); !s) return s;
  for (std::size_t i = 0; i < options_.bases.size(); ++i) {
    workers_.push_back(std::make_unique<MastodonWorker>(context, options_, i, recent_));
    if (Status s = workers_.back()->Restore(); !s) return s;
  }
  const Status went = Go(context);
  workers_.clear();  // streams end within the context's lifetime
  return went;
}

Status MastodonSource::Go(SourceContext& context) {
  milliseconds stream_pause = kStreamPause;
  while (!context.stopped()) {
    const std::uint64_t posts = context.counters().posts;
    TimeMs due = std::numeric_limits<TimeMs>::max();
    bool has_streams = false;
    bool is_done = once_;
    for (const auto& worker : workers_) {
      if (Status s = worker->Step(); !s) return s;
      if (context.stopped()) return {};
      due = std::min(due, worker->Due());
      has_streams = has_streams || worker->has_streams();
      is_done = is_done && (worker->IsDone() || worker->has_given_up());
    }
    const TimeMs now = context.Now();
    if (std::optional<Error> away = AllAway(now)) return *away;
    if (Status s = Cover(context, is_done); !s) return s;
    CountLeft(context);
    if (is_done) return {};
    milliseconds pause(std::clamp<std::int64_t>(due - now, 0, kPauseMax.count()));
    if (has_streams) {
      const bool is_quiet = context.counters().posts == posts;
      stream_pause = is_quiet ? std::min(stream_pause * 2, kStreamPauseMax) : kStreamPause;
      pause = std::min(pause, stream_pause);
    }
    if (pause > 0ms) context.WaitFor(pause);
  }
  return {};
}

// Where none of the instances can be asked, the source has failed; else the others go on.
std::optional<Error> MastodonSource::AllAway(TimeMs now) const {
  std::optional<Error> away;
  for (const auto& worker : workers_) {
    if (!worker->is_away() || !worker->failure()) return std::nullopt;
    const Error& failure = *worker->failure();
    // One that may come back is worth trying again.
    if (away && failure.code != ErrorCode::kRetryLater) continue;
    away = failure;
    if (failure.code == ErrorCode::kNotFound) away->code = ErrorCode::kRetryLater;
    away->retry_after = milliseconds(std::max<TimeMs>(0, worker->not_before() - now));
  }
  return away;
}

std::vector<const MastodonFeed*> MastodonSource::FeedsOf(const FollowedHashtag& followed) const {
  std::vector<const MastodonFeed*> feeds;
  for (const auto& worker : workers_) {
    if (worker->has_given_up()) continue;
    for (const auto& feed : worker->feeds()) {
      const bool is_alias = std::find(followed.aliases.begin(), followed.aliases.end(),
                                      feed->hashtag()) != followed.aliases.end();
      if (is_alias || feed->hashtag() == followed.hashtag) feeds.push_back(feed.get());
    }
  }
  return feeds;
}

// The past, when all timelines of the hashtag have been walked to their ends.
Status MastodonSource::CoverPast(PostBatch& batch, const FollowedHashtag& followed) {
  if (past_told_.contains(followed.hashtag)) return {};
  std::optional<TimeMs> oldest = options_.since;
  std::optional<TimeMs> first;
  bool is_cut = false;
  for (const MastodonFeed* feed : FeedsOf(followed)) {
    if (feed->has_holes() || !feed->first()) return {};
    if (!feed->has_read_past()) continue;
    first = std::max(first.value_or(*feed->first()), *feed->first());
    if (!options_.since && feed->oldest()) {
      oldest = std::min(oldest.value_or(*feed->oldest()), *feed->oldest());
    }
    is_cut = is_cut || feed->is_past_cut();
  }
  if (!first || !oldest || *oldest >= *first) return {};
  past_told_.insert(followed.hashtag);
  if (!is_cut) return coverage_->Whole(batch, followed.hashtag, *oldest, *first);
  return coverage_->Missing(batch, followed.hashtag, *oldest, *first,
                            "the server repeated itself where older posts should have come");
}

Status MastodonSource::Cover(SourceContext& context, bool is_end) {
  const TimeMs now = context.Now();
  if (!is_end && now - covered_at_ < kCoverEvery.count()) return {};
  covered_at_ = now;
  PostBatch batch(context.spec().name);
  TimeMs read_until = std::numeric_limits<TimeMs>::max();
  for (const FollowedHashtag& followed : context.spec().hashtags) {
    TimeMs from = 0;
    TimeMs to = std::numeric_limits<TimeMs>::max();
    for (const MastodonFeed* feed : FeedsOf(followed)) {
      from = std::max(from, feed->first().value_or(0));
      to = std::min(to, feed->read_until().value_or(0));
    }
    if (to == 0 || to == std::numeric_limits<TimeMs>::max()) {
      read_until = 0;
      continue;
    }
    read_until = std::min(read_until, to);
    if (Status s = CoverPast(batch, followed); !s) return s;
    const auto [covered, is_new] = covered_.try_emplace(followed.hashtag, from);
    if (to <= covered->second) continue;
    if (Status s = coverage_->Whole(batch, followed.hashtag, covered->second, to); !s) return s;
    covered->second = to;
  }
  if (read_until != std::numeric_limits<TimeMs>::max()) context.counters().read_until = read_until;
  if (is_end) {
    if (Status s = coverage_->Flush(batch); !s) return s;
  }
  return context.Write(batch);
}

void MastodonSource::CountLeft(SourceContext& context) {
  const TimeMs now = context.Now();
  if (now - counted_at_ < kCountEvery.count()) return;
  counted_at_ = now;
  std::uint64_t left = 0;
  for (const auto& worker : workers_) left += worker->has_given_up() ? 0 : worker->Left();
  context.counters().left = left;
}

std::vector<SourceFinding> MastodonSource::Check(SourceContext& context) {
  std::vector<SourceFinding> findings;
  for (std::size_t i = 0; i < options_.bases.size() && !context.stopped(); ++i) {
    CheckMastodonInstance(context, options_, i, findings);
  }
  return findings;
}

Result<std::vector<Url>> ReadBases(const SourceSpec& spec) {
  std::vector<Url> bases;
  for (const std::string& text : spec.OptionList("base")) {
    Result<Url> url = ParseUrl(text);
    if (!url) return Invalid("`base`: " + url.error().message);
    if (url->path != "/" || url->text.find('?') != std::string::npos) {
      return Invalid("`base` = \"" + LoggableUrl(text) +
                     "\" is more than the address of an instance; write it as "
                     "https://social.example");
    }
    const bool twice = std::any_of(bases.begin(), bases.end(),
                                   [&](const Url& other) { return other.HasOriginOf(*url); });
    if (twice) return Invalid("`base` names " + LoggableUrl(text) + " twice");
    bases.push_back(std::move(*url));
  }
  if (bases.empty()) {
    return Invalid("`base` is missing: the address of an instance, as https://social.example");
  }
  if (bases.size() > kBasesMax) {
    return Invalid("`base` names more than " + std::to_string(kBasesMax) +
                   " instances; make several sources");
  }
  return bases;
}

}  // namespace

Result<std::unique_ptr<Source>> MakeMastodonSource(const SourceSpec& spec) {
  if (Status known = CheckOptions(
          spec, {"base", "token_file", "since", "requests_a_day", "revisit_for", "stream"});
      !known) {
    return known.error();
  }
  const Result<NetworkOptions> network = ReadNetworkOptions(spec);
  if (!network) return network.error();
  MastodonOptions options;
  Result<std::vector<Url>> bases = ReadBases(spec);
  if (!bases) return bases.error();
  options.bases = std::move(*bases);
  options.token_file = spec.Option("token_file");
  if (!options.token_file.empty() && options.bases.size() > 1) {
    return Invalid(
        "`token_file` belongs to one instance, and `base` names several; make a source of the one "
        "that has a token");
  }
  options.since = network->since;
  options.revisits = network->revisits;
  options.requests_a_day = network->requests_a_day;
  const auto stream = spec.OptionFlag("stream");
  if (!stream) return stream.error();
  options.stream = *stream;
  return std::unique_ptr<Source>(std::make_unique<MastodonSource>(std::move(options), spec.once));
}

}  // namespace latecomer
