#include "base/stop_signals.h"

#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>

namespace latecomer {

StopSignals::StopSignals(Hangup hangup) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (hangup == Hangup::kReloads) sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client that goes while it is written to is an error of that write, no signal.
  std::signal(SIGPIPE, SIG_IGN);
  waiter_ = std::jthread([this, set](const std::stop_token& own) {
    constexpr timespec kLook{0, 100'000'000};
    while (!own.stop_requested()) {
      const int signal = sigtimedwait(&set, nullptr, &kLook);
      if (signal <= 0) continue;
      if (signal == SIGHUP) {
        reload_ = true;
        continue;
      }
      if (source_.stop_requested()) _exit(1);
      source_.request_stop();
    }
  });
}

StopSignals::~StopSignals() = default;

bool StopSignals::WaitFor(std::chrono::milliseconds time) const {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait_for(lock, source_.get_token(), time, [] { return false; });
  return source_.stop_requested();
}

}  // namespace latecomer
