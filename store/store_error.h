// How a store's implementation fails inside this folder: statements are many and each can fail, so
// they throw. It never leaves the folder: what implements an interface makes it a value.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "base/result.h"

namespace latecomer {

class StoreError : public std::exception {
 public:
  explicit StoreError(Error error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
};

// Runs `f`, whose result is a Result or Status, and makes a StoreError its error.
template <typename F>
auto CatchStoreError(F&& f) -> decltype(f()) {
  try {
    return f();
  } catch (const StoreError& e) {
    return e.error();
  } catch (const std::bad_alloc&) {
    return Fatal("Out of memory in the timeline store.");
  }
}

}  // namespace latecomer
