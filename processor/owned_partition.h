// A partition of `posts` that a processor owns: its timelines' state, and how far it has been read.
// One object a partition, so that a revocation drops just one.
#pragma once

#include <cstdint>
#include <utility>

#include "base/time.h"
#include "processor/builder.h"
#include "stream/stream.h"

namespace latecomer {

struct OwnedPartition {
  OwnedPartition(TopicPartition of, Builder::SettingsOf settings_of)
      : posts(std::move(of)), builder(posts.partition, std::move(settings_of)) {}

  TopicPartition posts;
  Builder builder;
  std::int64_t committed = 0;  // next offset after the last committed batch
  std::int64_t next = 0;       // next offset after the open batch
  bool touched = false;        // has something in the open batch
  // Restored, and what its configured hashtags' settings change is not committed yet.
  bool fresh = true;
  // The reader does not stand at `next` yet: what it gives is not to be taken.
  bool must_seek = true;
  TimeMs last_at = 0;  // when the last record taken was appended; 0: none so far
};

}  // namespace latecomer
