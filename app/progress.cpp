#include "app/progress.h"

#include <unistd.h>

#include <cstdio>

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kRedrawEvery{100};
constexpr int kBarCells = 30;

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}
ProgressBar::~ProgressBar() { Clear(); }

void ProgressBar::Show(const std::string& what, std::uint64_t done, std::uint64_t total) {
  if (!terminal_ || total == 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (shown_ && now - last_ < kRedrawEvery && done < total) return;
  shown_ = true;
  last_ = now;
  const double part = static_cast<double>(done > total ? total : done) / static_cast<double>(total);
  const int cells = static_cast<int>(part * kBarCells);
  std::string bar(static_cast<std::size_t>(cells), '=');
  bar.resize(kBarCells, ' ');
  std::fprintf(stderr, "\r\033[K[%s] %3d %%  %s", bar.c_str(), static_cast<int>(part * 100),
               what.c_str());
}

void ProgressBar::Clear() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
  shown_ = false;
}

void RejectSummary::Add(const Reject& reject) {
  ++count_;
  if (first_.size() < kShownMax) first_.push_back(reject);
}

void RejectSummary::Print() const {
  for (const Reject& reject : first_) {
    std::fprintf(stderr, "rejected: %s: %s\n", reject.where.c_str(), reject.reason.c_str());
  }
  if (count_ > first_.size()) {
    std::fprintf(stderr, "rejected: and %llu more\n",
                 static_cast<unsigned long long>(count_ - first_.size()));
  }
}

}  // namespace latecomer
