#include "app/crew.h"

#include <condition_variable>
#include <exception>

namespace latecomer {

Crew::Crew(std::function<void()> on_failure) : on_failure_(std::move(on_failure)) {}

Crew::~Crew() { static_cast<void>(Stop()); }

void Crew::Launch(const std::string& name, std::function<Status(std::stop_token)> run) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (stopped_) return;
  threads_.emplace_back([this, name, run = std::move(run)](std::stop_token stop) {
    try {
      const Status status = run(stop);
      if (!status) Fail(name, status.error());
    } catch (const std::exception& error) {
      Fail(name, Fatal(error.what()));
    }
  });
}

void Crew::Fail(const std::string& name, const Error& error) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (failure_) return;
    failure_ = Error{error.code, name + ": " + error.message, {}};
  }
  on_failure_();
}

std::optional<Error> Crew::Failure() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return failure_;
}

Status Crew::Stop() {
  std::vector<std::jthread> threads;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopped_ = true;
    threads.swap(threads_);
  }
  for (std::jthread& thread : threads) thread.request_stop();
  threads.clear();
  const std::optional<Error> failure = Failure();
  return failure ? Status(*failure) : Status();
}

bool WaitFor(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace latecomer
