// The threads of a daemon: each does one thing until it is asked to stop, and the first that fails
// ends the process.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
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

  // What a thread that is asked to stop has under way. kNothing: it only asks and waits, and where
  // a broker or a database does not answer, nobody waits for it.
  enum class UnderWay { kWork, kNothing };

  // Starts a thread; once Stop has been called, it starts none. An error that `run` gives back, or
  // what it throws, is a failure of the whole, under this name.
  void Launch(const std::string& name, std::function<Status(std::stop_token)> run,
              UnderWay under_way = UnderWay::kWork);
  std::optional<Error> Failure() const;
  // Asks all to stop, and waits for those with work; gives the first failure, if there was one.
  // Idempotent.
  Status Stop();
  // Waits for the others too, at most so long: false if there is still one. Then the process has to
  // end without its destructors, which would wait on.
  bool WaitForTheRest(std::chrono::milliseconds time);

 private:
  struct Member {
    UnderWay under_way = UnderWay::kWork;
    std::shared_ptr<std::atomic<bool>> ended;  // shared with the thread
    std::jthread thread;
  };

  void Fail(const std::string& name, const Error& error);

  const std::function<void()> on_failure_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;  // guarded by mutex_
  bool stopped_ = false;          // guarded by mutex_
  std::vector<Member> members_;   // guarded by mutex_
};

// Waits, but not past a stop: false if one is requested.
bool WaitFor(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace latecomer
