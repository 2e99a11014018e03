#include <cstdlib>

#include "stream/embedded_stream.h"
#include "stream/kafka_stream.h"
#include "tests/ingest/test_streams.h"

namespace latecomer {

Result<std::unique_ptr<Stream>> OpenTestStream(const std::string& name) {
  const std::size_t first = name.find(',');
  const std::size_t second = name.rfind(',');
  if (first == std::string::npos || first == second) return Fatal("no stream: " + name);
  const std::string kind = name.substr(0, first);
  const std::string place = name.substr(first + 1, second - first - 1);
  const std::string session = name.substr(second + 1);
  if (kind == "embedded") {
    EmbeddedStreamSettings settings;
    settings.path = place;
    settings.session_timeout = std::chrono::milliseconds(std::stoi(session));
    settings.busy_timeout = std::chrono::seconds(30);
    return OpenEmbeddedStream(settings);
  }
  const char* const brokers = std::getenv("LATECOMER_TEST_KAFKA");
  if (brokers == nullptr) {
    return Fatal("run this beside a broker: tools/beds/run_with.py --kafka 1 -- …");
  }
  KafkaStreamSettings settings;
  settings.brokers = brokers;
  settings.prefix = place;
  settings.librdkafka = {{"session.timeout.ms", session}, {"heartbeat.interval.ms", "300"}};
  return OpenKafkaStream(settings);
}

}  // namespace latecomer
