// Progress of long work on a terminal, and the rejects that came up.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ingest/archive.h"

namespace latecomer {

// A line on stderr that is rewritten in place; silent where stderr is no terminal.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Show(const std::string& what, std::uint64_t done, std::uint64_t total);
  void Clear();

 private:
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

// Collects rejects and prints the first ones with a summary of the rest.
class RejectSummary {
 public:
  void Add(const Reject& reject);
  // On stderr; nothing where there were none.
  void Print() const;
  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t kShownMax = 200;
  std::vector<Reject> first_;
  std::uint64_t count_ = 0;
};

}  // namespace latecomer
