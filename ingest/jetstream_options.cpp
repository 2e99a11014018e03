#include "ingest/jetstream_options.h"

#include "ingest/network_options.h"

namespace latecomer {
namespace {

// Bluesky's own, in both versions and two regions, so that one of them is there.
constexpr const char* kDefaultBase[] = {
    "wss://jetstream.us-east.bsky.network", "wss://jetstream.us-west.bsky.network",
    "wss://jetstream2.us-east.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe", "https://public.api.bsky.app"};
constexpr char kDefaultDirectory[] = "https://plc.directory";
constexpr std::uint32_t kRequestsADayLeast = 24;  // one an hour

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
  const Result<NetworkOptions> network =
      ReadNetworkOptions(spec, kRequestsADay, kRequestsADayLeast);
  if (!network) return network.error();
  JetstreamOptions options;
  options.once = spec.once;
  if (Status base = ReadBase(spec, options); !base) return base.error();
  options.since = network->since;
  options.requests_a_day = network->requests_a_day;
  options.policy = network->revisits;
  return options;
}

}  // namespace latecomer
