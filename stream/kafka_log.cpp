#include "stream/kafka_log.h"

#include <syslog.h>

#include <string_view>

#include "base/log.h"

namespace latecomer {
namespace {

constexpr std::chrono::minutes kSayEvery{1};
constexpr std::size_t kKindsMax = 200;
constexpr std::size_t kTextBytesMax = 500;

std::int64_t SteadyMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

bool KafkaLog::MaySay(const std::string& kind, std::uint64_t& unsaid) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  const auto found = said_.find(kind);
  if (found == said_.end()) {
    if (said_.size() >= kKindsMax) return false;
    said_[kind] = {now, 0};
    unsaid = 0;
    return true;
  }
  if (now - found->second.at < kSayEvery) {
    ++found->second.unsaid;
    return false;
  }
  unsaid = found->second.unsaid;
  found->second = {now, 0};
  return true;
}

void KafkaLog::Line(int level, const char* facility, const char* text) {
  const std::string kind = facility == nullptr ? "" : facility;
  // Told about settings that are for producers by consumers, and the other way round.
  if (kind == "CONFWARN") return;
  const auto shown = std::string_view(text == nullptr ? "" : text).substr(0, kTextBytesMax);
  if (level >= LOG_DEBUG) {
    spdlog::debug("kafka: {}: {}", kind, shown);
    return;
  }
  std::uint64_t unsaid = 0;
  if (!MaySay(kind, unsaid)) return;
  const std::string more =
      unsaid > 0 ? " (and " + std::to_string(unsaid) + " like it before)" : std::string();
  // A coordinator that has just begun is no trouble, and what fails a transaction its writer says.
  const bool is_known = kind == "GETPID" || kind == "TXNERR" || kind == "ADDPARTS";
  if (level <= LOG_WARNING && !is_known) {
    spdlog::warn("kafka: {}: {}{}", kind, shown, more);
  } else {
    spdlog::info("kafka: {}: {}{}", kind, shown, more);
  }
}

void KafkaLog::Away(const std::string& why) {
  away_at_ms_ = SteadyMs();
  if (away_.exchange(true)) return;
  spdlog::warn("kafka: {} cannot be reached ({}); trying on", brokers_, why);
}

bool KafkaLog::WasAway(std::chrono::milliseconds time) const {
  const std::int64_t at = away_at_ms_;
  return at != 0 && SteadyMs() - at <= time.count();
}

void KafkaLog::SayBack() {
  if (away_.exchange(false)) spdlog::info("kafka: {} answers again", brokers_);
}

}  // namespace latecomer
