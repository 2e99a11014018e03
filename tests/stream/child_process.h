// A forked child for tests of crashes and permissions; ended by its pid when this goes.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace latecomer {

class ChildProcess {
 public:
  // Runs `body` in a child, which exits with what it returns. The caller must have no threads and
  // no open stream.
  template <typename Body>
  explicit ChildProcess(Body&& body) : pid_(fork()) {
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) _exit(body());
  }
  ~ChildProcess() {
    if (pid_ > 0) Kill();
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // kill -9; gives the exit code, or -1 if the signal ended it.
  int Kill() {
    kill(pid_, SIGKILL);
    return Wait();
  }
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_;
};

}  // namespace latecomer
