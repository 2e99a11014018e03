// The threads of a daemon: each does one thing until it is asked to stop, and the first that fails
// ends the process.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace latecomer {

// Threads: Launch and Failure by any; Stop by the owner's.
class Crew {
 public:
  // `on_failure` is called once, from the thread that fails first.
  explicit Crew(std::function<void()> on_failure);
  ~Crew();  // stops
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Starts a thread; once Stop has been called, it starts none. An error that `run` gives back, or
  // what it throws, is a failure of the whole, under this name.
  void Launch(const std::string& name, std::function<Status(std::stop_token)> run);
  std::optional<Error> Failure() const;
  // Asks all to stop, and waits for them; gives the first failure, if there was one. Idempotent.
  Status Stop();

 private:
  void Fail(const std::string& name, const Error& error);

  const std::function<void()> on_failure_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;       // guarded by mutex_
  bool stopped_ = false;               // guarded by mutex_
  std::vector<std::jthread> threads_;  // guarded by mutex_
};

// Waits, but not past a stop: false if one is requested.
bool WaitFor(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace latecomer
