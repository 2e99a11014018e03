// The topics of Latecomer (names without the configured prefix) and the groups that read them.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

inline constexpr char kPostsTopic[] = "posts";          // key hashtag; a queue
inline constexpr char kTimelinesTopic[] = "timelines";  // key "hashtag kind id"; the lasting truth
inline constexpr char kCursorsTopic[] = "cursors";      // key "source …"; positions of sources
inline constexpr char kRejectsTopic[] = "rejects";      // key source; what could not be understood

inline constexpr char kIngestGroup[] = "latecomer.ingest";  // on `cursors`
inline constexpr char kProcessorGroup[] = "latecomer.processor";
inline constexpr char kSinkGroup[] = "latecomer.sink";

// Makes the four topics where they are missing, `posts` and `timelines` with `partitions` each.
// kFatal where they exist otherwise.
Status EnsureTopics(Stream& stream, std::int32_t partitions);

}  // namespace latecomer
