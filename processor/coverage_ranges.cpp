#include "processor/coverage_ranges.h"

#include <algorithm>
#include <set>

namespace latecomer {
namespace {

// Whether `a` tells more of a stretch than `b`.
bool Wins(const CoverageRange& a, const CoverageRange& b) {
  if (a.complete != b.complete) return a.complete;
  return a.why < b.why;
}

bool Continues(const CoverageRange& left, const CoverageRange& right) {
  return left.to == right.from && left.complete == right.complete && left.why == right.why;
}

}  // namespace

bool CoverageRanges::Add(const Coverage& coverage) {
  if (coverage.from == coverage.to) return false;  // no stretch of time
  CoverageRange added{coverage.from, coverage.to, coverage.complete,
                      coverage.complete ? std::string() : coverage.why};
  std::vector<CoverageRange> all = ranges_;
  all.push_back(added);
  // Between two neighbouring borders one range holds, the winner of those that cover it.
  std::set<TimeMs> borders;
  for (const CoverageRange& range : all) borders.insert({range.from, range.to});
  std::vector<CoverageRange> result;
  const auto put = [&](TimeMs from, TimeMs to) {
    const CoverageRange* best = nullptr;
    for (const CoverageRange& range : all) {
      if (range.from > from || range.to < to) continue;
      if (best == nullptr || Wins(range, *best)) best = &range;
    }
    if (best == nullptr) return;
    CoverageRange piece{from, to, best->complete, best->why};
    if (!result.empty() && Continues(result.back(), piece)) {
      result.back().to = to;
    } else {
      result.push_back(std::move(piece));
    }
  };
  for (auto it = borders.begin(); it != borders.end() && std::next(it) != borders.end(); ++it) {
    put(*it, *std::next(it));
  }
  result.swap(ranges_);
  Bound();
  return ranges_ != result;
}

// Too many ranges: the two neighbours that span the least time become one that claims nothing.
void CoverageRanges::Bound() {
  while (ranges_.size() > kCoverageRangesMax) {
    std::size_t closest = 0;
    for (std::size_t i = 0; i + 1 < ranges_.size(); ++i) {
      if (ranges_[i + 1].to - ranges_[i].from < ranges_[closest + 1].to - ranges_[closest].from) {
        closest = i;
      }
    }
    ranges_[closest] = {ranges_[closest].from, ranges_[closest + 1].to, false,
                        "too many ranges: merged"};
    ranges_.erase(ranges_.begin() + static_cast<std::ptrdiff_t>(closest) + 1);
  }
}

}  // namespace latecomer
