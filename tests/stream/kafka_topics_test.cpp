// Topics are made as they must be, or refused with what is wrong about them.
#include <thread>

#include "tests/stream/kafka_util.h"

namespace latecomer {
namespace {

using contract::Must;
using contract::Take;
using contract::Topic;

constexpr std::int64_t kDayMs = 86'400'000;

// The refusal names the topic, what was found and what is needed, and how to change it.
void CheckRefusal(const Status& status, const std::vector<std::string>& parts) {
  BOOST_TEST_REQUIRE(!status);
  BOOST_TEST((status.error().code == ErrorCode::kFatal));
  for (const std::string& part : parts) {
    BOOST_TEST(status.error().message.find(part) != std::string::npos,
               "\"" << part << "\" is not in: " << status.error().message);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_topics)

BOOST_AUTO_TEST_CASE(AcceptsWhatItMade) {
  KafkaTestLog log;
  const auto stream = log.Open();
  TopicSettings rejects = Topic("rejects");
  rejects.retention_ms = 30 * kDayMs;
  TopicSettings timelines = Topic("timelines", 2, Cleanup::kCompact);
  for (const TopicSettings& topic : {Topic("posts", 3), rejects, timelines}) {
    BOOST_TEST(bool(stream->EnsureTopic(topic)));
    BOOST_TEST(bool(log.Open()->EnsureTopic(topic)));
  }
}

BOOST_AUTO_TEST_CASE(RefusesOtherSettings) {
  KafkaTestLog log;
  const std::string prefix = log.settings().prefix;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("queue", 2)));
  Must(stream->EnsureTopic(Topic("table", 2, Cleanup::kCompact)));

  CheckRefusal(stream->EnsureTopic(Topic("queue", 2, Cleanup::kCompact)),
               {"Topic queue (" + prefix + "queue", "cleanup.policy = delete, but needs compact",
                "max.compaction.lag.ms", "kafka-configs.sh", "--add-config", "prefix"});
  TopicSettings aging = Topic("queue", 2);
  aging.retention_ms = 30 * kDayMs;
  CheckRefusal(stream->EnsureTopic(aging), {"retention.ms = -1, but needs 2592000000"});
  TopicSettings lasting = Topic("table", 2, Cleanup::kCompact);
  lasting.tombstone_retention_ms = 30 * kDayMs;
  CheckRefusal(stream->EnsureTopic(lasting),
               {"delete.retention.ms = 1209600000, but needs at least 2592000000"});
  lasting.tombstone_retention_ms = kDayMs;  // more than needed is fine
  Must(stream->EnsureTopic(lasting));
  CheckRefusal(stream->EnsureTopic(Topic("queue", 5)), {"2 partitions", "5", "[stream]"});

  KafkaStreamSettings strict = log.settings();
  strict.min_insync_replicas = 2;
  CheckRefusal(Take(OpenKafkaStream(strict))->EnsureTopic(Topic("queue", 2)),
               {"min.insync.replicas = 1, but needs at least 2"});
}

BOOST_AUTO_TEST_CASE(WaitsForMoreBrokersWhereReplicasNeedThem) {
  KafkaTestLog log;
  log.settings().replication = 7;
  const Status status = log.Open()->EnsureTopic(Topic("t"));
  BOOST_TEST_REQUIRE(!status);
  BOOST_TEST((status.error().code == ErrorCode::kRetryLater));
  BOOST_TEST(status.error().message.find("Topic t cannot be made") == 0U);
  BOOST_TEST(status.error().message.find("Start more brokers") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(IsMadeBySeveralAtOnce) {
  KafkaTestLog log;
  std::vector<std::jthread> daemons;
  std::atomic<int> done{0};
  for (int i = 0; i < 4; ++i) {
    daemons.emplace_back([&] {
      const auto stream = OpenKafkaStream(log.settings());
      if (stream && (*stream)->EnsureTopic(Topic("t", 3)) && (*stream)->PartitionCount("t")) ++done;
    });
  }
  daemons.clear();
  BOOST_TEST(done == 4);
}

BOOST_AUTO_TEST_CASE(KeepsInstallationsApart) {
  KafkaTestLog one;
  KafkaTestLog two;
  const auto a = one.Open();
  const auto b = two.Open();
  Must(a->EnsureTopic(Topic("t")));
  BOOST_TEST((b->PartitionCount("t").error().code == ErrorCode::kNotFound));
  Must(b->EnsureTopic(Topic("t")));
  // The same transactional id and group there are others' business.
  const auto first = Take(a->NewWriter("latecomer-w"));
  const auto second = Take(b->NewWriter("latecomer-w"));
  contract::AppendAll(*first, "t", contract::Numbered("a", 2));
  contract::AppendAll(*second, "t", contract::Numbered("b", 2));
  contract::AppendAll(*first, "t", contract::Numbered("c", 2));
  BOOST_TEST(contract::ReadAll(one, *a, "t").size() == 4U);
  BOOST_TEST(contract::ReadAll(two, *b, "t").size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
