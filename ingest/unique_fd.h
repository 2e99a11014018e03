// The owner of a file descriptor.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

#include "base/result.h"

namespace latecomer {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { Close(); }

  int get() const { return fd_; }

 private:
  void Close() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd_ = -1;
};

// Opens what is no directory for reading. kFatal names the file and why.
Result<UniqueFd> OpenForReading(const std::string& path, const std::string& name);

}  // namespace latecomer
