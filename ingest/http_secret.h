// Tokens and passwords: values that no log, message or comparison can show by accident, read from
// the files that hold them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace latecomer {

// A value that must not be seen. It cannot be printed (neither by << nor by fmt), turned into a
// string or compared; Reveal is for what hands it to the network, and easily found.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { Wipe(); }

  bool empty() const { return value_.empty(); }
  const std::string& Reveal() const { return value_; }

 private:
  void Wipe();
  std::string value_;
};
std::ostream& operator<<(std::ostream&, const Secret&) = delete;

// A file that holds one secret, by which it can be changed while the daemon runs. A path whose last
// part is "credential:NAME" is the credential NAME that systemd lays into $CREDENTIALS_DIRECTORY
// (LoadCredential=, systemd.exec(5)). For one thread.
class SecretFile {
 public:
  explicit SecretFile(std::string path) : path_(std::move(path)) {}

  // What the file holds, without blanks and line ends around it; read again whenever the file has
  // become another (time, size or inode). kFatal with the path and why, never with what it holds:
  // it cannot be read, is empty, has more than 64 kB, or a line break or control inside.
  Result<Secret> Get();

 private:
  struct Stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    off_t size = 0;
    ino_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };

  std::string path_;
  std::optional<Stamp> read_;
  Secret secret_;
};

}  // namespace latecomer
