// A Kafka stream for each test, on the broker that tools/beds/run_with.py has started: a prefix of
// its own is a log of its own.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "stream/kafka_stream.h"
#include "tests/stream/stream_contract_util.h"

namespace latecomer {

inline std::string TestBrokers() {
  const char* brokers = std::getenv("LATECOMER_TEST_KAFKA");
  if (brokers == nullptr) {
    BOOST_FAIL("run this beside a broker: tools/beds/run_with.py --kafka 1 -- …");
  }
  return brokers;
}

class KafkaTestLog final : public contract::ContractLog {
 public:
  KafkaTestLog() {
    static std::atomic<int> next{0};
    settings_.brokers = TestBrokers();
    settings_.prefix = "t" + std::to_string(getpid()) + "-" + std::to_string(next++) + ".";
    const std::string session = std::to_string(SessionTimeout().count());
    // A member that does not poll has fallen silent for us; Kafka has a time-out for that, too.
    settings_.librdkafka = {{"session.timeout.ms", session},
                            {"max.poll.interval.ms", session},
                            {"heartbeat.interval.ms", "300"}};
  }
  std::unique_ptr<Stream> Open() override { return contract::Take(OpenKafkaStream(settings_)); }
  std::chrono::milliseconds SessionTimeout() const override { return std::chrono::seconds(3); }
  bool CleansWhenAsked() const override { return false; }

  KafkaStreamSettings& settings() { return settings_; }
  // As Open, with one more setting of librdkafka.
  std::unique_ptr<Stream> OpenWith(const std::string& name, const std::string& value) const {
    KafkaStreamSettings settings = settings_;
    settings.librdkafka.emplace_back(name, value);
    return contract::Take(OpenKafkaStream(settings));
  }

 private:
  KafkaStreamSettings settings_;
};

}  // namespace latecomer
