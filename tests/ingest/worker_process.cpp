#include "tests/ingest/worker_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace latecomer {

WorkerProcess::WorkerProcess(const WorkerPlan& plan) {
  const std::string path =
      (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "ingest_worker").string();
  std::vector<std::string> words = {path,
                                    plan.stream,
                                    plan.instance,
                                    std::to_string(plan.sources),
                                    std::to_string(plan.posts),
                                    std::to_string(plan.batch),
                                    std::to_string(plan.pause_ms),
                                    std::to_string(plan.crash_at)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (posix_spawn(&pid_, path.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
    throw std::runtime_error(path + " cannot be started");
  }
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) Kill();
}

void WorkerProcess::Signal(int number) const { ::kill(pid_, number); }

bool WorkerProcess::HasEnded() {
  int status = 0;
  if (pid_ < 0) return true;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return false;
  pid_ = -1;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return true;
}

int WorkerProcess::Wait() {
  while (!HasEnded()) ::usleep(5'000);
  return code_;
}

int WorkerProcess::Kill() {
  Signal(SIGKILL);
  return Wait();
}

int WorkerProcess::Stop() {
  Signal(SIGTERM);
  return Wait();
}

}  // namespace latecomer
