// The stores of a migration: brought up to their streams, and compared as readers see them. The
// destination's store is made from its stream, so that nothing but the stream has to be moved.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "app/migration.h"
#include "base/result.h"
#include "store/timeline_store.h"
#include "stream/stream.h"

namespace latecomer {

// kConflict, saying what to do: the store holds timelines, and none of this stream's.
Status CheckStoreIsFree(Stream& stream, TimelineWriteStore& store, const std::string& name,
                        bool resumed, const std::stop_token& stop);

// Runs a sink, as `instance`, until the store holds all of `timelines`; does nothing where it does.
// Blocks. kRetryLater: `stop`, or it gets no further.
Status CatchUpStore(Stream& stream, TimelineWriteStore& store, const std::string& instance,
                    const MigrationProgress& progress, const std::stop_token& stop);

struct StoresCompared {
  std::uint64_t hashtags = 0;
  std::uint64_t entries = 0;
  std::uint64_t reposts = 0;
};

// Whether each hashtag's timeline, as `export --format timeline` writes it, is the same byte for
// byte, and so are its contents, reposts and coverage. kConflict names the first difference.
// Memory: one timeline of each store.
Result<StoresCompared> CompareStores(TimelineReadStore& from, TimelineReadStore& to,
                                     const std::function<std::int64_t(const std::string&)>& gap_ms,
                                     const MigrationProgress& progress,
                                     const std::stop_token& stop);

}  // namespace latecomer
