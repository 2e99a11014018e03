// What librdkafka's threads have to say, in the process's log: each kind of message once a minute
// at most, so that a broker that is away fills no disk. One for a stream; any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace latecomer {

class KafkaLog {
 public:
  explicit KafkaLog(std::string brokers) : brokers_(std::move(brokers)) {}
  KafkaLog(const KafkaLog&) = delete;
  KafkaLog& operator=(const KafkaLog&) = delete;

  // A line of librdkafka's: `level` is syslog's, `facility` the kind of message.
  void Line(int level, const char* facility, const char* text);
  // A call or a poll could not reach the broker; the first one is logged.
  void Away(const std::string& why);
  // Whether that was so within the last `time`.
  bool WasAway(std::chrono::milliseconds time) const;
  // A broker has answered: logged after Away.
  void Answered() {
    if (away_.load(std::memory_order_relaxed)) SayBack();
  }

 private:
  struct Said {
    std::chrono::steady_clock::time_point at;
    std::uint64_t unsaid = 0;
  };

  void SayBack();
  // Whether to say it now, and how many were left out since the last one.
  bool MaySay(const std::string& kind, std::uint64_t& unsaid);

  const std::string brokers_;
  std::atomic<bool> away_{false};
  std::atomic<std::int64_t> away_at_ms_{0};  // on the steady clock; 0: never
  std::mutex mutex_;
  std::map<std::string, Said> said_;  // guarded by mutex_
};

}  // namespace latecomer
