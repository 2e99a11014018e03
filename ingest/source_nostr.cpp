#include "ingest/source_nostr.h"

#include <algorithm>
#include <utility>

#include "ingest/network_options.h"
#include "ingest/nostr_pull.h"
#include "ingest/nostr_pull_parts.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleFirst{10};
constexpr milliseconds kIdleMost{200};
constexpr std::size_t kRelaysMax = 50;

class NostrSource final : public Source {
 public:
  NostrSource(NostrOptions options, bool once) : options_(std::move(options)), once_(once) {}

  bool IsFinite() const override { return once_; }

  Status Run(SourceContext& context) override {
    NostrPull pull(context, options_);
    if (Status started = pull.Start(); !started) return started;
    milliseconds idle = kIdleFirst;
    while (!context.stopped()) {
      const Result<bool> worked = pull.Round();
      if (!worked) return worked.error();
      if (once_ && pull.IsDone()) return pull.Finish();
      if (*worked) {
        idle = kIdleFirst;
      } else {
        context.WaitFor(idle);
        idle = std::min(idle * 2, kIdleMost);
      }
    }
    return {};
  }

  std::vector<SourceFinding> Check(SourceContext& context) override {
    std::vector<SourceFinding> findings;
    for (const Url& url : options_.relays) CheckRelay(context, url, findings);
    if (options_.relays.size() == 1) {
      findings.push_back({SourceFinding::Level::kWarning,
                          "one relay only: what was published to others alone will be missing"});
    }
    return findings;
  }

 private:
  static void CheckRelay(SourceContext& context, const Url& url,
                         std::vector<SourceFinding>& findings) {
    NostrRelay relay(
        context, url, [](NostrEvent) {}, [](const std::string&) {});
    if (Status connected = relay.Connect(); !connected) {
      findings.push_back({SourceFinding::Level::kFailure, connected.error().message});
      return;
    }
    findings.push_back({SourceFinding::Level::kOk, relay.name() + " is reached"});
    for (const FollowedHashtag& hashtag : context.spec().hashtags) {
      NostrFilter filter = TaggedFilter(NostrSpellings(hashtag));
      filter.limit = 1;
      const auto found = relay.Ask({filter});
      const std::string about = relay.name() + ": #" + hashtag.hashtag;
      if (!found) {
        findings.push_back({SourceFinding::Level::kFailure, found.error().message});
        return;
      }
      findings.push_back(
          found->empty()
              ? SourceFinding{SourceFinding::Level::kWarning, about + " is on no note there (yet)"}
              : SourceFinding{SourceFinding::Level::kOk, about + " is there"});
    }
  }

  const NostrOptions options_;
  const bool once_;
};

}  // namespace

Result<std::unique_ptr<Source>> MakeNostrSource(const SourceSpec& spec) {
  if (Status known =
          CheckOptions(spec, {"base", "since", "revisit_for", "requests_a_day", "stream"});
      !known) {
    return known.error();
  }
  NostrOptions options;
  for (const std::string& address : spec.OptionList("base")) {
    Result<Url> url = ParseWebSocketUrl(address);
    if (!url) return Invalid("`base` is " + url.error().message);
    const bool twice = std::any_of(options.relays.begin(), options.relays.end(),
                                   [&url](const Url& other) { return other.text == url->text; });
    if (!twice) options.relays.push_back(std::move(*url));
  }
  if (options.relays.empty()) {
    return Invalid("`base` is missing: one or several relays, such as \"wss://relay.example\"");
  }
  if (options.relays.size() > kRelaysMax) {
    return Invalid("`base` names more than " + std::to_string(kRelaysMax) + " relays");
  }
  const Result<NetworkOptions> network = ReadNetworkOptions(spec);
  if (!network) return network.error();
  options.since = network->since;
  options.revisits.keep_up = network->revisits.keep_up;
  options.requests_a_day = network->requests_a_day;
  const auto stream = spec.OptionFlag("stream");
  if (!stream) return stream.error();
  options.stream = stream->value_or(true);
  return std::unique_ptr<Source>(std::make_unique<NostrSource>(std::move(options), spec.once));
}

}  // namespace latecomer
