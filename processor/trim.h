// Deleting what has been processed and is old enough.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "stream/stream.h"

namespace latecomer {

// Trims the partition's records that are below `committed` and were appended before `time`. Records
// of a partition are appended in order of time, so a binary search finds the border.
Status TrimBefore(Stream& stream, const TopicPartition& partition, std::int64_t committed,
                  TimeMs time);

}  // namespace latecomer
