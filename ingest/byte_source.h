// Bytes that come one after another: a file, what a compressed file holds, a member of a ZIP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latecomer {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills at most `size` (> 0) bytes, blocking; 0 at the end. kInvalid: damaged from here on, the
  // message names file and position; kFatal: cannot be read. After an error it is not called again.
  virtual Result<std::size_t> Read(char* out, std::size_t size) = 0;
  // How much of the file on disk has been read.
  virtual std::uint64_t BytesOnDisk() const = 0;
};

// Opens a regular file (or a pipe). kFatal with the path: missing, a directory, no permission.
Result<std::unique_ptr<ByteSource>> OpenFileSource(const std::string& path,
                                                   const std::string& name);

// Bytes that the caller keeps.
std::unique_ptr<ByteSource> MakeMemorySource(std::string_view bytes);

// What gzip (RFC 1952; members one after another, zero padding) or Zstandard (RFC 8878; frames one
// after another, windows up to 128 MiB) packed. `name` is of the file, for messages.
std::unique_ptr<ByteSource> MakeGunzipSource(std::unique_ptr<ByteSource> packed, std::string name);
std::unique_ptr<ByteSource> MakeUnzstdSource(std::unique_ptr<ByteSource> packed, std::string name);

// A source whose first bytes can be looked at before they are read.
class PeekSource final : public ByteSource {
 public:
  explicit PeekSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  // The first bytes, `size` of them unless the source ends before. Only before the first Read. An
  // error on the way is kept until Read gets there.
  std::string_view Peek(std::size_t size);
  // Drops bytes that Peek has shown.
  void Skip(std::size_t size) { head_begin_ += size; }

  Result<std::size_t> Read(char* out, std::size_t size) override;
  std::uint64_t BytesOnDisk() const override { return source_->BytesOnDisk(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> head_;
  std::size_t head_begin_ = 0;
  bool ended_ = false;
  Status end_;  // the error that ended it, if any
};

}  // namespace latecomer
