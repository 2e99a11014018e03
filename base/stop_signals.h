// SIGINT and SIGTERM as a stop token, and SIGHUP as a wish to read the settings again.
#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

namespace latecomer {

// Blocks the signals in the process, so make one before any other thread; the first of them
// requests the stop, a second one ends the process at once.
class StopSignals {
 public:
  enum class Hangup { kEnds, kReloads };

  // kReloads: SIGHUP is blocked too and only noted; else it ends the process, as it does by itself.
  explicit StopSignals(Hangup hangup = Hangup::kEnds);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  // As if a signal had come.
  void RequestStop() { source_.request_stop(); }
  // Whether SIGHUP has come since this was last asked.
  bool TakeReload() { return reload_.exchange(false); }
  // Waits until a stop is requested, at most `time`. True if it is.
  bool WaitFor(std::chrono::milliseconds time) const;

 private:
  std::stop_source source_;
  std::atomic<bool> reload_{false};
  std::jthread waiter_;
};

}  // namespace latecomer
