// The options that sources of all networks share.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "ingest/revisits.h"
#include "ingest/source.h"

namespace latecomer {

// What a host is asked at most in a day where `requests_a_day` is not set: less than what Mastodon,
// the strictest of those that say so, allows to a reader of pages (300 in 15 minutes).
inline constexpr std::uint32_t kRequestsADay = 25'000;

struct NetworkOptions {
  std::optional<TimeMs> since;       // nothing: as far as there is
  RevisitPolicy revisits;            // `revisit_for`
  std::uint32_t requests_a_day = 0;  // 0: no ceiling
};

// `preset`: the ceiling where none is set; a source that is run once has then none, since it ends.
// `least`: the lowest ceiling with which the source makes sense. kInvalid: an option that cannot be
// read, or no hashtag to look for.
Result<NetworkOptions> ReadNetworkOptions(const SourceSpec& spec,
                                          std::uint32_t preset = kRequestsADay,
                                          std::uint32_t least = 1);

}  // namespace latecomer
