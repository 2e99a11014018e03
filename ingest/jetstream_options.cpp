#include "ingest/jetstream_options.h"

namespace latecomer {
namespace {

// Bluesky's own, in both versions and two regions, so that one of them is there.
constexpr const char* kDefaultBase[] = {
    "wss://jetstream.us-east.bsky.network", "wss://jetstream.us-west.bsky.network",
    "wss://jetstream2.us-east.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe", "https://public.api.bsky.app"};
constexpr char kDefaultDirectory[] = "https://plc.directory";
constexpr std::int64_t kRequestsADayMost = 10'000'000;

Status AddHost(const std::string& address, JetstreamOptions& options) {
  Result<Url> url = ParseWebSocketUrl(address);
  if (!url) return Invalid("`base`: " + url.error().message);
  options.hosts.push_back({std::move(*url), std::nullopt});
  return {};
}

Status ReadBase(const SourceSpec& spec, JetstreamOptions& options) {
  std::vector<std::string> base = spec.OptionList("base");
  if (base.empty()) base.assign(std::begin(kDefaultBase), std::end(kDefaultBase));
  std::vector<Url> others;
  for (const std::string& address : base) {
    if (address.starts_with("ws://") || address.starts_with("wss://")) {
      if (Status added = AddHost(address, options); !added) return added;
      continue;
    }
    Result<Url> url = ParseUrl(address);
    if (!url) return Invalid("`base`: " + url.error().message);
    others.push_back(std::move(*url));
  }
  if (options.hosts.empty()) {
    return Invalid("`base` names no Jetstream: an address that begins with wss://");
  }
  if (others.size() > 2) {
    return Invalid("`base` names more than one AppView and one directory of DIDs");
  }
  if (!others.empty()) options.app_view = others[0];
  Result<Url> directory = ParseUrl(kDefaultDirectory);
  if (!directory) return directory.error();
  options.directory = others.size() > 1 ? others[1] : std::move(*directory);
  return {};
}

}  // namespace

Result<JetstreamOptions> ReadJetstreamOptions(const SourceSpec& spec) {
  const Status known = CheckOptions(spec, {"base", "since", "requests_a_day", "revisit_for"});
  if (!known) return known.error();
  if (spec.hashtags.empty()) return Invalid("it has no hashtag to look for");
  JetstreamOptions options;
  options.once = spec.once;
  if (Status base = ReadBase(spec, options); !base) return base.error();
  const Result<std::optional<TimeMs>> since = spec.OptionTime("since");
  if (!since) return since.error();
  options.since = *since;
  const Result<std::int64_t> ceiling =
      spec.OptionNumber("requests_a_day", 0, 24, kRequestsADayMost);
  if (!ceiling) return ceiling.error();
  options.requests_a_day = *ceiling;
  const auto revisit_for = spec.OptionDuration("revisit_for");
  if (!revisit_for) return revisit_for.error();
  options.policy.keep_up = revisit_for->value_or(std::chrono::milliseconds(0));
  return options;
}

}  // namespace latecomer
