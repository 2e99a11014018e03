#include "ingest/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ingest/unique_fd.h"

namespace latecomer {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Result<std::size_t> Read(char* out, std::size_t size) override {
    for (;;) {
      const ssize_t got = ::read(fd_.get(), out, size);
      if (got >= 0) {
        bytes_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno == EINTR) continue;
      return Fatal(name_ + " cannot be read at byte " + std::to_string(bytes_) + ": " +
                   std::strerror(errno) + ".");
    }
  }
  std::uint64_t BytesOnDisk() const override { return bytes_; }

 private:
  UniqueFd fd_;
  std::string name_;
  std::uint64_t bytes_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> Read(char* out, std::size_t size) override {
    const std::size_t count = std::min(size, bytes_.size() - at_);
    if (count > 0) std::memcpy(out, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }
  std::uint64_t BytesOnDisk() const override { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

Result<UniqueFd> OpenForReading(const std::string& path, const std::string& name) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (fd.get() < 0) return Fatal(name + " cannot be opened: " + std::strerror(errno) + ".");
  struct stat facts = {};
  if (::fstat(fd.get(), &facts) != 0) {
    return Fatal(name + " cannot be read: " + std::strerror(errno) + ".");
  }
  if (S_ISDIR(facts.st_mode)) return Fatal(name + " is a directory, not an archive file.");
  return fd;
}

Result<std::unique_ptr<ByteSource>> OpenFileSource(const std::string& path,
                                                   const std::string& name) {
  Result<UniqueFd> fd = OpenForReading(path, name);
  if (!fd) return fd.error();
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(std::move(*fd), name));
}

std::unique_ptr<ByteSource> MakeMemorySource(std::string_view bytes) {
  return std::make_unique<MemorySource>(bytes);
}

std::string_view PeekSource::Peek(std::size_t size) {
  while (!ended_ && head_.size() - head_begin_ < size) {
    const std::size_t had = head_.size();
    head_.resize(head_begin_ + size);
    Result<std::size_t> got = source_->Read(head_.data() + had, head_.size() - had);
    head_.resize(had + (got ? *got : 0));
    if (!got) end_ = got.error();
    if (!got || *got == 0) ended_ = true;
  }
  return std::string_view(head_.data(), head_.size()).substr(head_begin_).substr(0, size);
}

Result<std::size_t> PeekSource::Read(char* out, std::size_t size) {
  if (head_begin_ < head_.size()) {
    const std::size_t count = std::min(size, head_.size() - head_begin_);
    std::memcpy(out, head_.data() + head_begin_, count);
    head_begin_ += count;
    return count;
  }
  if (!end_) return end_.error();
  if (ended_) return std::size_t{0};
  return source_->Read(out, size);
}

}  // namespace latecomer
