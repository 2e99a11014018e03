#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace latecomer {

Result<FileLock> FileLock::Take(const std::string& path, const std::string& what) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Fatal("cannot open " + path + ": " + std::strerror(errno));
  FileLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 256> holder{};
    const ssize_t bytes = pread(fd, holder.data(), holder.size() - 1, 0);
    std::string who(holder.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    while (!who.empty() && who.back() == '\n') who.pop_back();
    return Conflict(path + " is held by " + (who.empty() ? "another process" : who));
  }
  const std::string text = what + ", process " + std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) {
    return Fatal("cannot write " + path + ": " + std::strerror(errno));
  }
  return lock;
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace latecomer
