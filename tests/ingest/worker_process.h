// An ingester as a process of its own (ingest_worker.cpp), ended by its pid when this goes.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace latecomer {

struct WorkerPlan {
  std::string stream;  // as NameTestStream gives it
  std::string instance;
  int sources = 1;
  int posts = 1;
  int batch = 1;
  int pause_ms = 0;
  long crash_at = 0;
};

class WorkerProcess {
 public:
  explicit WorkerProcess(const WorkerPlan& plan);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  void Signal(int number) const;
  bool HasEnded();
  // The exit code, or minus the signal that ended it.
  int Wait();
  int Kill();
  int Stop();  // SIGTERM

 private:
  pid_t pid_ = -1;
  int code_ = 0;
};

}  // namespace latecomer
