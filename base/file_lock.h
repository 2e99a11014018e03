// A lock on a file: one holder at a time on the machine, gone with its process.
#pragma once

#include <string>

#include "base/result.h"

namespace latecomer {

class FileLock {
 public:
  // Takes the lock and writes the process's id and `what` into the file. kConflict names the holder
  // as it wrote itself; kFatal: the file cannot be made.
  static Result<FileLock> Take(const std::string& path, const std::string& what);

  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace latecomer
