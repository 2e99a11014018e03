// Waits that double after each failure, with jitter so that several daemons do not knock together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace latecomer {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
      : first_(first), most_(most), next_(first) {}

  // The wait after one more failure: between half of it and all of it; at least `asked`.
  std::chrono::milliseconds Next(std::chrono::milliseconds asked = {}) {
    std::uniform_int_distribution<std::int64_t> jitter(next_.count() / 2, next_.count());
    const std::chrono::milliseconds wait(jitter(random_));
    next_ = std::min(next_ * 2, most_);
    return std::max(wait, asked);
  }
  void Reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace latecomer
