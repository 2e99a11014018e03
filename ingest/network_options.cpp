#include "ingest/network_options.h"

namespace latecomer {
namespace {

constexpr std::int64_t kRequestsADayMost = 10'000'000;

}  // namespace

Result<NetworkOptions> ReadNetworkOptions(const SourceSpec& spec, std::uint32_t preset,
                                          std::uint32_t least) {
  if (spec.hashtags.empty()) return Invalid("it has no hashtag to look for");
  NetworkOptions options;
  const Result<std::optional<TimeMs>> since = spec.OptionTime("since");
  if (!since) return since.error();
  options.since = *since;
  const auto revisit_for = spec.OptionDuration("revisit_for");
  if (!revisit_for) return revisit_for.error();
  options.revisits.keep_up = revisit_for->value_or(std::chrono::milliseconds(0));
  const Result<std::int64_t> ceiling =
      spec.OptionNumber("requests_a_day", spec.once ? 0 : preset, least, kRequestsADayMost);
  if (!ceiling) return ceiling.error();
  options.requests_a_day = static_cast<std::uint32_t>(*ceiling);
  return options;
}

}  // namespace latecomer
