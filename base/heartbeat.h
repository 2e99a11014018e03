// A sign of life of a loop: the loop beats at each turn, and others see how long ago the last one
// was.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace latecomer {

// Beat by the loop's thread, Age by any. A beat is one relaxed store and a look at the clock.
class Heartbeat {
 public:
  Heartbeat() { Beat(); }

  void Beat() { beat_ns_.store(NowNs(), std::memory_order_relaxed); }
  std::chrono::nanoseconds Age() const {
    return std::chrono::nanoseconds(NowNs() - beat_ns_.load(std::memory_order_relaxed));
  }

 private:
  static std::int64_t NowNs() {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  std::atomic<std::int64_t> beat_ns_;
};

}  // namespace latecomer
