// Applies timeline records in log order and keeps what they leave: the parts of one hashtag's
// timeline, contents too.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "model/timeline.h"
#include "model/timeline_record.h"

namespace latecomer {

class TimelineCollector {
 public:
  // Records of other hashtags are passed over.
  explicit TimelineCollector(std::string hashtag) : hashtag_(std::move(hashtag)) {}

  void Apply(const TimelineRecord& record);
  // What is there now. The collector is empty afterwards.
  TimelineParts Take();
  const std::map<std::string, CoverageRecord>& coverage() const { return coverage_; }

 private:
  void ApplyEntry(const EntryRecord& entry);

  std::string hashtag_;
  std::unordered_map<std::string, EntryRecord> entries_;
  std::unordered_map<std::string, RepostRecord> reposts_;
  std::map<TimeMs, SessionRecord> sessions_;
  std::map<std::string, CoverageRecord> coverage_;
};

}  // namespace latecomer
