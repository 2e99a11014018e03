// A timeline as canonical posts, from which `import` makes the same timeline again.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/timeline.h"
#include "model/timeline_json.h"
#include "store/timeline_store.h"

namespace latecomer {

// Entries in timeline order, then reposts, then coverage. Where versions of a post stated several
// parents or contexts, each gets a line. kRetryLater or kFatal from the store.
Status WritePosts(const Timeline& timeline, const std::vector<CoverageRecord>& coverage,
                  std::uint32_t only_session, TimelineReadStore& store, const LineSink& sink);

}  // namespace latecomer
