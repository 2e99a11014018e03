#include "ingest/source_feed.h"

#include <algorithm>

#include "ingest/feed_follow.h"
#include "ingest/network_options.h"

namespace latecomer {
namespace {

constexpr std::uint32_t kFeedRequestsADay = 5'000;

class FeedSource final : public Source {
 public:
  FeedSource(FeedFollowSettings settings, bool once)
      : settings_(std::move(settings)), once_(once) {}

  bool IsFinite() const override { return once_; }

  Status Run(SourceContext& context) override {
    SourceHttp http(context.http(), context);
    return FeedFollow(context, http, settings_).Run();
  }

  std::vector<SourceFinding> Check(SourceContext& context) override {
    SourceHttp http(context.http(), context);
    std::vector<SourceFinding> findings;
    for (const std::string& url : settings_.urls) CheckFeed(context, http, url, findings);
    return findings;
  }

 private:
  using Level = SourceFinding::Level;

  static void CheckFeed(SourceContext& context, SourceHttp& http, const std::string& url,
                        std::vector<SourceFinding>& findings) {
    const Result<FeedAnswer> answer = FetchFeed(http, url, {}, context.Now());
    const std::string name = LoggableUrl(url);
    if (!answer) {
      findings.push_back({Level::kFailure, answer.error().message});
      return;
    }
    if (!answer->offered.empty()) {
      findings.push_back({Level::kOk, name + " is a page that offers " +
                                          std::to_string(answer->offered.size()) + " feed(s)"});
      for (const std::string& offered : answer->offered) {
        // What a page offers is a feed; a second page would only lead on.
        const Result<FeedAnswer> one = FetchFeed(http, offered, {}, context.Now());
        if (!one || !one->offered.empty()) {
          findings.push_back({Level::kWarning, LoggableUrl(offered) + " is no feed"});
        } else {
          Describe(context, offered, *one, findings);
        }
      }
      return;
    }
    Describe(context, url, *answer, findings);
  }

  static void Describe(SourceContext& context, const std::string& url, const FeedAnswer& answer,
                       std::vector<SourceFinding>& findings) {
    const FeedDocument& document = answer.document;
    const std::string name = LoggableUrl(url);
    if (!document.broken.empty()) {
      findings.push_back({Level::kWarning, name + " is broken from some point on"});
    }
    std::size_t comments = 0;
    for (const FeedItem& item : document.items) {
      comments += item.replies.rss.empty() && item.replies.atom.empty() ? 0 : 1;
    }
    findings.push_back({Level::kOk, name + " holds " + std::to_string(document.items.size()) +
                                        " items, " + std::to_string(comments) +
                                        " of them with a feed of comments"});
    for (const FollowedHashtag& hashtag : context.spec().hashtags) {
      const auto count =
          std::count_if(document.items.begin(), document.items.end(), [&](const FeedItem& item) {
            const std::vector<std::string> keys = context.spec().KeysOf(item.post.hashtags);
            return std::find(keys.begin(), keys.end(), hashtag.hashtag) != keys.end();
          });
      findings.push_back(
          {Level::kOk, "#" + hashtag.hashtag + ": " + std::to_string(count) + " of these items"});
    }
    if (BeforeIt(document, url).empty()) {
      findings.push_back(
          {Level::kWarning, name + " has no older pages: what it has dropped will be missing"});
    }
  }

  const FeedFollowSettings settings_;
  const bool once_;
};

}  // namespace

Result<std::unique_ptr<Source>> MakeFeedSource(const SourceSpec& spec) {
  if (Status known = CheckOptions(spec, {"base", "since", "requests_a_day", "revisit_for"});
      !known) {
    return known.error();
  }
  FeedFollowSettings settings;
  for (const std::string& text : spec.OptionList("base")) {
    const Result<Url> url = ParseUrl(text);
    if (!url) return Invalid("`base`: " + url.error().message);
    settings.urls.push_back(url->text);
  }
  if (settings.urls.empty()) {
    return Invalid("`base` is missing: the address of a feed, or of a page that offers one");
  }
  const Result<NetworkOptions> network = ReadNetworkOptions(spec, kFeedRequestsADay);
  if (!network) return network.error();
  settings.since = network->since;
  settings.policy.keep_up = network->revisits.keep_up;
  settings.requests_a_day = network->requests_a_day;
  return std::unique_ptr<Source>(std::make_unique<FeedSource>(std::move(settings), spec.once));
}

}  // namespace latecomer
