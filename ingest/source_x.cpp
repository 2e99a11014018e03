#include "ingest/source_x.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ingest/network_options.h"
#include "ingest/x_api_run.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;

constexpr char kBase[] = "https://api.x.com";
constexpr std::size_t kHashtagsChecked = 5;
// A search of the last seven days that is made more seldom would leave out what lies between.
constexpr std::chrono::hours kRecentRevisit{24 * 6};

using Level = SourceFinding::Level;

class XSource final : public Source {
 public:
  XSource(XSourceSettings settings, bool once) : settings_(std::move(settings)), once_(once) {}

  bool IsFinite() const override { return once_; }
  Status Run(SourceContext& context) override { return XRun(context, settings_).Run(); }
  std::vector<SourceFinding> Check(SourceContext& context) override;

 private:
  void CheckHashtags(SourceContext& context, XApi& api, std::vector<SourceFinding>& to) const;

  XSourceSettings settings_;
  bool once_;
};

std::vector<SourceFinding> XSource::Check(SourceContext& context) {
  std::vector<SourceFinding> findings;
  XApi api(context, settings_.api, nullptr);
  const std::size_t query_max = settings_.api.all ? kXQueryAllMax : kXQueryMax;
  const std::vector<XQuery> queries = XHashtagQueries(context.spec().hashtags, query_max);
  XSearch search;
  search.query = queries.empty() ? "#x" : queries[0].text;
  const Result<XAnswer> answer = api.Search(search, {1s, 1.0});
  if (!answer) {
    findings.push_back({Level::kFailure, answer.error().message});
    return findings;
  }
  findings.push_back({Level::kOk, "X answers and takes the token" +
                                      (api.LimitText().empty() ? "" : "; " + api.LimitText())});
  if (settings_.stream) {
    const Result<std::vector<XRule>> rules = api.Rules();
    findings.push_back(
        rules ? SourceFinding{Level::kOk, "the filtered stream is permitted; " +
                                              std::to_string(rules->size()) + " rules of this app"}
              : SourceFinding{Level::kWarning,
                              "no filtered stream, so it is polled: " + rules.error().message});
  }
  if (!settings_.api.all) {
    findings.push_back({Level::kWarning,
                        "recent search gives the last seven days only; what is older, and what was "
                        "posted while this did not run for a week, is missing (`search` = \"all\" "
                        "needs an account with full-archive search)"});
  }
  CheckHashtags(context, api, findings);
  return findings;
}

void XSource::CheckHashtags(SourceContext& context, XApi& api,
                            std::vector<SourceFinding>& to) const {
  std::size_t asked = 0;
  for (const FollowedHashtag& hashtag : context.spec().hashtags) {
    const std::vector<XQuery> queries = XHashtagQueries({hashtag}, kXQueryMax);
    if (queries.empty()) {
      to.push_back({Level::kWarning, "#" + hashtag.hashtag +
                                         " is no hashtag that X can have; nothing is collected"});
      continue;
    }
    if (++asked > kHashtagsChecked) continue;
    const Result<std::int64_t> count = api.Count(queries[0].text);
    if (!count) continue;  // not every account may count
    to.push_back({*count > 0 ? Level::kOk : Level::kWarning,
                  "#" + hashtag.hashtag + ": " + std::to_string(*count) +
                      " posts on X in the last seven days"});
  }
}

Status ReadSearch(const SourceSpec& spec, XSourceSettings& to) {
  const std::string& search = spec.Option("search");
  if (search != "" && search != "recent" && search != "all") {
    return Invalid("`search` = \"" + search + "\" is not \"recent\" or \"all\"");
  }
  to.api.all = search == "all";
  if (!to.api.all) to.revisits.most = kRecentRevisit;
  return {};
}

}  // namespace

Result<std::unique_ptr<Source>> MakeXSource(const SourceSpec& spec) {
  Status known = CheckOptions(
      spec, {"base", "token_file", "search", "stream", "since", "requests_a_day", "revisit_for"});
  if (!known) return known.error();
  const Result<NetworkOptions> network = ReadNetworkOptions(spec);
  if (!network) return network.error();
  XSourceSettings settings;
  settings.api.token_file = spec.Option("token_file");
  if (settings.api.token_file.empty()) {
    return Invalid("`token_file` is missing: a file with a bearer token of X's API");
  }
  const std::string& base = spec.Option("base");
  Result<Url> url = ParseUrl(base.empty() ? kBase : base);
  if (!url) return Invalid("`base`: " + url.error().message);
  settings.api.base = std::move(*url);
  if (Status search = ReadSearch(spec, settings); !search) return search.error();
  const Result<std::optional<bool>> stream = spec.OptionFlag("stream");
  if (!stream) return stream.error();
  settings.stream = stream->value_or(false);
  settings.since = network->since;
  settings.requests_a_day = network->requests_a_day;
  settings.revisits.keep_up = network->revisits.keep_up;
  return std::unique_ptr<Source>(std::make_unique<XSource>(std::move(settings), spec.once));
}

}  // namespace latecomer
