// The place of an ingest loop in its consumer group, for the threads of its sources: only the
// loop's thread uses the reader.
//
// What is published stands for partitions that the loop still holds: it is taken after each poll,
// and after what a poll reported as lost has been cut off. So a commit never carries a newer
// generation than its source's ownership, and a member that was paused and has missed a change
// still carries the old one, which the group refuses.
#pragma once

#include <mutex>
#include <utility>

#include "stream/stream.h"

namespace latecomer {

class GroupSeat {
 public:
  void Publish(GroupMetadata group) {
    const std::lock_guard<std::mutex> guard(mutex_);
    group_ = std::move(group);
  }
  GroupMetadata Get() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    return group_;
  }

 private:
  mutable std::mutex mutex_;
  GroupMetadata group_;  // guarded by mutex_
};

}  // namespace latecomer
