// The one way to fail: expected failures are values with a closed code.
//
//   Result<Post> post = ParsePost(line);
//   if (!post) return post.error();
//   Use(*post);
#pragma once

#include <cassert>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

namespace latecomer {

enum class ErrorCode {
  kInvalid,     // the input is wrong and will stay wrong: reject it, go on
  kNotFound,    // what was asked for does not exist
  kRetryLater,  // the other side is away or busy: wait `retry_after` (0: the caller's own backoff)
  kConflict,    // somebody else moved on (a compare-and-set lost, a producer was fenced)
  kFatal,       // cannot go on: wrong settings, a full disk, no permission
  kCorrupt,     // our own data breaks an invariant: the process must stop
};

struct Error {
  ErrorCode code = ErrorCode::kFatal;
  std::string message;  // a whole sentence for a person; names the file, line, key or record
  std::chrono::milliseconds retry_after{0};
};

// A value or an error. `operator*` on an error is a bug.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on
  Result(Error error) : data_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: purpose

  explicit operator bool() const { return data_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    assert(data_.index() == 1);
    return std::get<1>(data_);
  }

 private:
  T& value() {
    assert(data_.index() == 0);
    return std::get<0>(data_);
  }
  const T& value() const {
    assert(data_.index() == 0);
    return std::get<0>(data_);
  }
  std::variant<T, Error> data_;
};

// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT: implicit on purpose

  explicit operator bool() const { return !failed_; }
  const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  bool failed_ = false;
  Error error_;
};

using Status = Result<void>;

inline Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message), {}}; }
inline Error NotFound(std::string message) {
  return {ErrorCode::kNotFound, std::move(message), {}};
}
inline Error RetryLater(std::string message) {
  return {ErrorCode::kRetryLater, std::move(message), {}};
}
inline Error Conflict(std::string message) {
  return {ErrorCode::kConflict, std::move(message), {}};
}
inline Error Fatal(std::string message) { return {ErrorCode::kFatal, std::move(message), {}}; }
inline Error Corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message), {}}; }

}  // namespace latecomer
