// Reduces a batch to the last record of each key, as compaction of the topic would: applying what
// is left gives the same rows. For every implementation of the store.
#pragma once

#include <span>
#include <vector>

#include "store/timeline_store.h"

namespace latecomer {

// The records that still count, in log order; they point into `records`.
std::vector<const SequencedRecord*> FoldBatch(std::span<const SequencedRecord> records);

}  // namespace latecomer
