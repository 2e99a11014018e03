// SIGINT and SIGTERM as a stop token.
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

namespace latecomer {

// Blocks both signals in the process, so make one before any other thread; the first of them
// requests the stop, a second one ends the process at once.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  // As if a signal had come.
  void RequestStop() { source_.request_stop(); }
  // Waits until a stop is requested, at most `time`. True if it is.
  bool WaitFor(std::chrono::milliseconds time) const;

 private:
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace latecomer
