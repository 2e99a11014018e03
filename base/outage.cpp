#include "base/outage.h"

#include "base/log.h"

namespace latecomer {
namespace {

constexpr std::chrono::minutes kSayAgainEvery{10};

std::int64_t SecondsBetween(std::chrono::steady_clock::time_point from,
                            std::chrono::steady_clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

}  // namespace

void Outage::Failed(const std::string& why) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  const Clock::time_point now = Clock::now();
  if (!away_.exchange(true, std::memory_order_relaxed)) {
    outages_.fetch_add(1, std::memory_order_relaxed);
    failures_now_ = 1;
    since_ = said_ = now;
    spdlog::warn("{}: {} (tried again until it works; said once)", what_, why);
    return;
  }
  ++failures_now_;
  if (now - said_ < kSayAgainEvery) {
    spdlog::debug("{}: {}", what_, why);
    return;
  }
  said_ = now;
  spdlog::warn("{}: still, after {} s and {} attempts: {}", what_, SecondsBetween(since_, now),
               failures_now_, why);
}

void Outage::Worked() {
  if (!away_.load(std::memory_order_relaxed)) return;
  away_.store(false, std::memory_order_relaxed);
  spdlog::info("{}: works again after {} s and {} failed attempts", what_,
               SecondsBetween(since_, Clock::now()), failures_now_);
}

}  // namespace latecomer
