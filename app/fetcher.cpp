#include "app/fetcher.h"

#include <exception>

#include "app/crew.h"
#include "base/backoff.h"
#include "base/log.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kAgainFirst{2'000};
constexpr std::chrono::milliseconds kAgainMost{120'000};
constexpr TimeMs kShownWaitMs = 3'000;     // shorter waits are not worth a word
constexpr std::uint64_t kRequestsMin = 5;  // before a time is estimated

Status RunOnce(FetchContext& context) {
  try {
    Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
    if (!source) return source.error();
    return (*source)->Run(context);
  } catch (const std::exception& error) {
    return RetryLater(std::string("it failed unexpectedly: ") + error.what());
  }
}

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string Duration(double seconds) {
  if (seconds < 90) return std::to_string(static_cast<int>(seconds) + 1) + " s";
  if (seconds < 5'400) return std::to_string(static_cast<int>(seconds / 60) + 1) + " min";
  return std::to_string(static_cast<int>(seconds / 3'600) + 1) + " h";
}

}  // namespace

TimeMs FetchContext::Now() const { return latecomer::Now(); }

Status FetchContext::Write(PostBatch& batch) {
  if (batch.IsEmpty()) return {};
  if (Status appended = file_.Append(batch); !appended) return appended;
  counters_.posts += batch.posts();
  counters_.rejects += batch.rejects();
  ++counters_.batches;
  posts_ = file_.posts();
  batch.Clear();
  return {};
}

bool FetchContext::WaitFor(std::chrono::milliseconds time) {
  waiting_until_ = Now() + time.count();
  const bool waited = latecomer::WaitFor(time, stop_);
  waiting_until_ = 0;
  return waited;
}

Status FetchAll(FetchContext& context) {
  Backoff again(kAgainFirst, kAgainMost);
  int fruitless = 0;
  for (;;) {
    const std::uint64_t batches = context.counts().batches;
    const Status ran = RunOnce(context);
    if (context.stopped()) return RetryLater("it was stopped");
    if (ran || ran.error().code != ErrorCode::kRetryLater) return ran;
    if (context.counts().batches != batches) {
      again.Reset();
      fruitless = 0;
    } else if (++fruitless == kFruitlessMax) {
      return ran;
    }
    const std::chrono::milliseconds wait = again.Next(ran.error().retry_after);
    spdlog::warn("{}; trying again in {} s", ran.error().message, wait.count() / 1000 + 1);
    if (!context.WaitFor(wait)) return RetryLater("it was stopped");
  }
}

std::string FetchProgress(const FetchContext& context, double elapsed_s, TimeMs now) {
  const SourceCounters& counts = context.counts();
  const std::uint64_t requests = counts.requests;
  const std::uint64_t left = counts.left;
  std::string text = Grouped(context.posts()) + " posts, " + Grouped(requests) + " requests";
  if (left > 0) text += ", " + Grouped(left) + " to go";
  if (left > 0 && requests >= kRequestsMin) {
    text += ", about " +
            Duration(elapsed_s / static_cast<double>(requests) * static_cast<double>(left));
  }
  const TimeMs wait = context.waiting_until() - now;
  if (wait >= kShownWaitMs) {
    text += "; waiting " + Duration(static_cast<double>(wait) / 1000) + " as the server asks";
  }
  return text;
}

}  // namespace latecomer
