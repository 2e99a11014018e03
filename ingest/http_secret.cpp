#include "ingest/http_secret.h"

#include <fcntl.h>
#include <string.h>  // NOLINT: explicit_bzero is in no C++ header
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "ingest/unique_fd.h"

namespace latecomer {
namespace {

constexpr std::size_t kSecretBytesMax = 64U << 10U;
constexpr std::string_view kCredential = "credential:";

// Where the secret really lies.
Result<std::string> Locate(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name =
      std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
  if (!name.starts_with(kCredential)) return path;
  const char* dir = std::getenv("CREDENTIALS_DIRECTORY");
  if (dir == nullptr) {
    return Fatal(std::string(name) +
                 ": the service manager gives no credentials ($CREDENTIALS_DIRECTORY is not set)");
  }
  return std::string(dir) + "/" + std::string(name.substr(kCredential.size()));
}

Error CannotRead(const std::string& path) {
  return Fatal("cannot read the secret in " + path + ": " + std::generic_category().message(errno));
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.Wipe(); }

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    Wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    value_.swap(other.value_);
  }
  return *this;
}

void Secret::Wipe() {
  explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

Result<Secret> SecretFile::Get() {
  const Result<std::string> path = Locate(path_);
  if (!path) return path.error();
  const UniqueFd fd(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return CannotRead(*path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return CannotRead(*path);
  if (!S_ISREG(info.st_mode)) return Fatal(*path + " should hold a secret, but is no file");
  const Stamp stamp{info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size, info.st_ino};
  if (read_ == stamp) return secret_;

  std::string text(kSecretBytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return CannotRead(*path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const auto begin =
      std::find_if_not(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), IsBlank);
  auto end = text.begin() + static_cast<std::ptrdiff_t>(size);
  while (end != begin && IsBlank(end[-1])) --end;
  const bool controls = std::any_of(
      begin, end, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  Secret secret(std::string(begin, end));
  explicit_bzero(text.data(), text.size());
  if (size > kSecretBytesMax) return Fatal(*path + " is too large to be one secret");
  if (secret.empty()) return Fatal(*path + " should hold a secret, but is empty");
  if (controls) return Fatal(*path + " should hold one secret on one line, but holds more");
  secret_ = secret;
  read_ = stamp;
  return secret;
}

}  // namespace latecomer
