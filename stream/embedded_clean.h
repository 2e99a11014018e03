// Deleting from stream.db: trimming, retention and compaction, in transactions that stay short
// beside running writers. All throw DbException.
#pragma once

#include "stream/embedded_catalog.h"
#include "stream/embedded_db.h"
#include "stream/stream.h"

namespace latecomer {

// kInvalid for a compacted topic or a `before` past the end.
Status TrimPartition(Db& db, EmbeddedShared& shared, const EmbeddedTopic& topic,
                     const TopicPartition& partition, std::int64_t before);

// Applies each topic's rule; interrupted at any point, the next call goes on from there.
void CleanTopics(Db& db, EmbeddedShared& shared, TimeMs now);

}  // namespace latecomer
