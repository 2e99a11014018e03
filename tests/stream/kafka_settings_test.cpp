// What may be set, what may not, and what it says. No broker is asked.
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "tests/stream/kafka_util.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Nobody listens there.
constexpr char kNobody[] = "127.0.0.1:9";

KafkaStreamSettings With(const std::string& name, const std::string& value) {
  KafkaStreamSettings settings;
  settings.brokers = kNobody;
  settings.librdkafka = {{name, value}};
  return settings;
}

std::string RefusalOf(const KafkaStreamSettings& settings) {
  const auto stream = OpenKafkaStream(settings);
  BOOST_TEST_REQUIRE(!stream);
  BOOST_TEST((stream.error().code == ErrorCode::kFatal));
  return stream.error().message;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

milliseconds Since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_settings)

BOOST_AUTO_TEST_CASE(NamesWhatLibrdkafkaDoesNotKnow) {
  const std::string refusal = RefusalOf(With("fetch.mix.bytes", "1"));
  BOOST_TEST(Has(refusal, "[stream.librdkafka] fetch.mix.bytes"));
}

BOOST_AUTO_TEST_CASE(NamesValuesThatAreWrong) {
  const std::string refusal = RefusalOf(With("fetch.min.bytes", "many"));
  BOOST_TEST(Has(refusal, "fetch.min.bytes"));
  BOOST_TEST(Has(refusal, "many"));
  BOOST_TEST(Has(RefusalOf(With("security.protocol", "tls")), "security.protocol"));
}

BOOST_AUTO_TEST_CASE(RefusesWhatExactlyOnceRestsOn) {
  for (const char* name :
       {"enable.auto.commit", "auto.commit.enable", "isolation.level", "enable.idempotence",
        "transactional.id", "group.id", "group.instance.id", "partition.assignment.strategy",
        "auto.offset.reset", "acks", "enable.partition.eof", "bootstrap.servers", "client.id"}) {
    const std::string refusal = RefusalOf(With(name, "x"));
    BOOST_TEST(Has(refusal, std::string("[stream.librdkafka] ") + name + " may not be set"),
               refusal);
  }
}

BOOST_AUTO_TEST_CASE(RefusesWhatDoesNotFitTogether) {
  // Only a producer can tell.
  KafkaStreamSettings settings = With("message.timeout.ms", "60000");
  BOOST_TEST(Has(RefusalOf(settings), "message.timeout.ms"));
  settings.librdkafka.emplace_back("transaction.timeout.ms", "60000");
  BOOST_TEST(bool(OpenKafkaStream(settings)));
  settings = With("session.timeout.ms", "50000");
  settings.librdkafka.emplace_back("max.poll.interval.ms", "6000");
  BOOST_TEST(Has(RefusalOf(settings), "max.poll.interval.ms"));
}

BOOST_AUTO_TEST_CASE(TakesTlsAndSasl) {
  char path[] = "/tmp/latecomer-ca-XXXXXX";
  close(mkstemp(path));
  KafkaStreamSettings settings = With("security.protocol", "SASL_SSL");
  settings.librdkafka.emplace_back("sasl.mechanism", "SCRAM-SHA-512");
  settings.librdkafka.emplace_back("sasl.username", "ana");
  settings.librdkafka.emplace_back("sasl.password", "not for logs");
  settings.librdkafka.emplace_back("ssl.endpoint.identification.algorithm", "https");
  BOOST_TEST(bool(OpenKafkaStream(settings)));
  // An authority's certificate that is none, or that is not there.
  settings.librdkafka.emplace_back("ssl.ca.location", path);
  BOOST_TEST(Has(RefusalOf(settings), "ssl.ca.location"));
  unlink(path);
  BOOST_TEST(Has(RefusalOf(settings), "ssl.ca.location"));
  BOOST_TEST(!Has(RefusalOf(settings), "not for logs"));
}

BOOST_AUTO_TEST_CASE(ShowsNoSecret) {
  const std::string refusal = RefusalOf(With("ssl.key.password.of.mine", "hush"));
  BOOST_TEST(!Has(refusal, "hush"));
}

BOOST_AUTO_TEST_CASE(WantsABroker) {
  KafkaStreamSettings settings;
  BOOST_TEST(Has(RefusalOf(settings), "brokers"));
}

BOOST_AUTO_TEST_CASE(OpensWithoutABrokerAndWaitsBoundedly) {
  KafkaStreamSettings settings;
  settings.brokers = kNobody;
  auto start = steady_clock::now();
  auto stream = contract::Take(OpenKafkaStream(settings));
  BOOST_TEST((Since(start) < milliseconds(1'000)));
  const auto retry_later = [&](const auto& result) {
    BOOST_TEST_REQUIRE(!result);
    BOOST_TEST((result.error().code == ErrorCode::kRetryLater), result.error().message);
    BOOST_TEST((Since(start) < kKafkaCallMax + milliseconds(1'500)));
    start = steady_clock::now();
  };
  start = steady_clock::now();
  retry_later(stream->PartitionCount("t"));
  retry_later(stream->EnsureTopic(contract::Topic("t")));
  retry_later(stream->NewWriter("w"));
  retry_later(stream->NewReader(contract::InGroup("g", "t", "i")));
  stream.reset();
  BOOST_TEST((Since(start) < milliseconds(2'000)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
