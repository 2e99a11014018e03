// The contents of a timeline's entries, fetched from the store in stretches: entries are asked for
// in timeline order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/timeline.h"
#include "store/timeline_store.h"

namespace latecomer {

class StoredContents {
 public:
  // Both must outlive it.
  StoredContents(TimelineReadStore& store, const Timeline& timeline)
      : store_(store), timeline_(timeline) {}

  // The content object (JSON) of one of the timeline's entries, valid until the next call; empty
  // where it is deleted, and once the store has failed.
  const std::string& Of(const TimelineEntry& entry);
  const Status& status() const { return status_; }

 private:
  void Fetch(std::size_t index);

  TimelineReadStore& store_;
  const Timeline& timeline_;
  std::size_t begin_ = 0;
  std::vector<std::string> contents_;
  const std::string none_;
  Status status_;
};

}  // namespace latecomer
