// For commands that do one thing and end: a broker or a database that is away just now is waited
// for, but not for ever.
#pragma once

#include <chrono>
#include <stop_token>
#include <type_traits>

#include "app/crew.h"
#include "base/result.h"

namespace latecomer {

inline constexpr int kThereAttemptsMax = 60;
inline constexpr std::chrono::milliseconds kThereAttemptEvery{1'000};

// Calls until the answer is another than kRetryLater, kThereAttemptsMax times, or until a stop.
template <typename Call>
std::invoke_result_t<Call> UntilThere(const std::stop_token& stop, Call call) {
  for (int attempt = 1;; ++attempt) {
    auto done = call();
    const bool is_away = !done && done.error().code == ErrorCode::kRetryLater;
    if (!is_away || attempt == kThereAttemptsMax || !WaitFor(kThereAttemptEvery, stop)) return done;
  }
}

}  // namespace latecomer
