#include "ingest/source_engage.h"

#include <algorithm>
#include <string>
#include <utility>

#include "ingest/engage_run.h"
#include "ingest/network_options.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;

constexpr char kBase[] = "https://www.yammer.com";
constexpr std::size_t kFeedsChecked = 5;

using Level = SourceFinding::Level;

class EngageSource final : public Source {
 public:
  EngageSource(EngageSettings settings, bool once) : settings_(std::move(settings)), once_(once) {}

  bool IsFinite() const override { return once_; }
  Status Run(SourceContext& context) override { return EngageRun(context, settings_).Run(); }
  std::vector<SourceFinding> Check(SourceContext& context) override;

 private:
  EngageSettings settings_;
  bool once_;
};

std::vector<SourceFinding> EngageSource::Check(SourceContext& context) {
  std::vector<SourceFinding> findings;
  EngageRun run(context, settings_);
  std::vector<std::string> feeds = EngageRun::Feeds(settings_);
  if (feeds.size() > kFeedsChecked) feeds.resize(kFeedsChecked);
  for (const std::string& path : feeds) {
    const Result<EngagePage> page = run.Newest(path);
    if (!page) {
      findings.push_back({Level::kFailure, page.error().message});
      continue;
    }
    findings.push_back({Level::kOk, path + " answers and takes the token; " +
                                        std::to_string(page->listed) +
                                        " messages on its first page"});
    for (const auto& [name, id] : page->topics) {
      if (context.spec().KeysOf({name}).empty()) continue;
      findings.push_back({Level::kOk, "#" + name + " is a topic there"});
    }
  }
  if (settings_.groups.empty()) {
    findings.push_back({Level::kWarning,
                        "the feed of a whole network does not list all messages; name the groups "
                        "that matter in `groups`"});
  }
  return findings;
}

}  // namespace

Result<std::unique_ptr<Source>> MakeEngageSource(const SourceSpec& spec) {
  Status known = CheckOptions(
      spec, {"base", "token_file", "groups", "since", "requests_a_day", "revisit_for"});
  if (!known) return known.error();
  const Result<NetworkOptions> network = ReadNetworkOptions(spec);
  if (!network) return network.error();
  EngageSettings settings;
  settings.token_file = spec.Option("token_file");
  if (settings.token_file.empty()) {
    return Invalid("`token_file` is missing: a file with a delegated token for Viva Engage");
  }
  settings.groups = spec.OptionList("groups");
  for (const std::string& group : settings.groups) {
    if (group.find_first_not_of("0123456789") != std::string::npos) {
      return Invalid("`groups`: \"" + group + "\" is no id of a group: a number");
    }
  }
  const std::string& base = spec.Option("base");
  Result<Url> url = ParseUrl(base.empty() ? kBase : base);
  if (!url) return Invalid("`base`: " + url.error().message);
  settings.base = std::move(*url);
  settings.since = network->since;
  settings.requests_a_day = network->requests_a_day;
  settings.revisits.keep_up = network->revisits.keep_up;
  return std::unique_ptr<Source>(std::make_unique<EngageSource>(std::move(settings), spec.once));
}

}  // namespace latecomer
