// What stretches of time one source was pulled for.
#pragma once

#include <vector>

#include "model/post.h"
#include "model/timeline_record.h"

namespace latecomer {

// Ranges sorted by time, not overlapping, at most kCoverageRangesMax. A stretch that any pull
// covered whole is complete; elsewhere the bytewise smallest reason holds: so the order does not
// matter.
class CoverageRanges {
 public:
  // True if anything changed.
  bool Add(const Coverage& coverage);
  const std::vector<CoverageRange>& ranges() const { return ranges_; }
  void Restore(std::vector<CoverageRange> ranges) { ranges_ = std::move(ranges); }

 private:
  void Bound();

  std::vector<CoverageRange> ranges_;
};

}  // namespace latecomer
