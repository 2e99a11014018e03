// How a line of the log looks, and which lines are written.
#pragma once

#include <spdlog/formatter.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace latecomer {

// {"ts":"2026-01-02T03:04:05.678Z","level":"warning","daemon":"sink","instance":"a","msg":"…"}
std::unique_ptr<spdlog::formatter> MakeJsonLogFormatter(std::string daemon, std::string instance);
// "<4>…", sd-daemon(3); one line whatever the message holds.
std::unique_ptr<spdlog::formatter> MakeJournaldLogFormatter();

// Whether `stream` (the value of JOURNAL_STREAM, "DEVICE:INODE"; may be null) names the file behind
// the descriptor.
bool IsJournal(const char* stream, int fd);

// Passes lines on to another sink, except warnings and errors that were said a short while ago.
class CollapsingSink final : public spdlog::sinks::sink {
 public:
  using Clock = spdlog::log_clock;
  static constexpr std::chrono::seconds kSayAgainAfter{60};
  static constexpr std::size_t kKnownMax = 256;

  explicit CollapsingSink(std::shared_ptr<spdlog::sinks::sink> to) : to_(std::move(to)) {}

  void log(const spdlog::details::log_msg& message) override;
  void flush() override { to_->flush(); }
  void set_pattern(const std::string& pattern) override { to_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    to_->set_formatter(std::move(formatter));
  }

  std::uint64_t warnings() const { return warnings_; }
  std::uint64_t errors() const { return errors_; }

 private:
  struct Said {
    Clock::time_point at;
    std::uint64_t unsaid = 0;
  };
  // Whether it is written; `unsaid`: how often it was not since it was last.
  bool MaySay(const spdlog::details::log_msg& message, std::uint64_t& unsaid);

  const std::shared_ptr<spdlog::sinks::sink> to_;  // shared: as spdlog keeps sinks
  std::atomic<std::uint64_t> warnings_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::mutex mutex_;
  std::map<std::string, Said, std::less<>> said_;  // guarded by mutex_
};

}  // namespace latecomer
