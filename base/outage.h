// Something that is away for a while, a broker or a database: said once in the log, counted, and
// said again when it is back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace latecomer {

// Failed and Worked by one thread at a time; the numbers by any.
class Outage {
 public:
  // `what` begins the lines in the log: "processor", "sink x-sink-0".
  explicit Outage(std::string what) : what_(std::move(what)) {}

  // One more attempt failed, for the reason that a person reads. Warns of the first one, and again
  // where it goes on for ten minutes.
  void Failed(const std::string& why);
  // An attempt worked; after a failed one it says so and for how long that was. Cheap.
  void Worked();

  bool IsAway() const { return away_.load(std::memory_order_relaxed); }
  // Since the start of the process.
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  std::uint64_t outages() const { return outages_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  const std::string what_;
  std::atomic<bool> away_{false};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> outages_{0};
  std::uint64_t failures_now_ = 0;  // of this outage
  Clock::time_point since_;
  Clock::time_point said_;
};

}  // namespace latecomer
