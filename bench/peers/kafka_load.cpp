// Makes the topics of a Kafka benchmark and fills `posts`: BROKERS PREFIX PARTITIONS POSTS.
// Prints one JSON object: posts and bytes (of values).
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/bare_kafka.h"
#include "bench/peers/post_maker.h"
#include "model/post_json.h"
#include "stream/stream.h"

namespace latecomer {
namespace {

constexpr int kWaitMs = 60'000;

void MakeTopics(rd_kafka_t* handle, const std::string& prefix, int partitions) {
  std::vector<KafkaNewTopic> owned;
  std::vector<rd_kafka_NewTopic_t*> topics;
  const auto add = [&](const std::string& name, int count, const char* cleanup) {
    char message[256];
    owned.emplace_back(
        rd_kafka_NewTopic_new((prefix + name).c_str(), count, -1, message, sizeof message));
    rd_kafka_NewTopic_set_config(owned.back().get(), "cleanup.policy", cleanup);
    rd_kafka_NewTopic_set_config(owned.back().get(), "retention.ms", "-1");
    topics.push_back(owned.back().get());
  };
  add("posts", partitions, "delete");
  add("peer", partitions, "compact");
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  rd_kafka_CreateTopics(handle, topics.data(), topics.size(), nullptr, queue.get());
  const KafkaEvent event(rd_kafka_queue_poll(queue.get(), kWaitMs));
  if (event == nullptr) GiveUp("no topics within a minute");
  Must(rd_kafka_event_error(event.get()), "topics");
  std::size_t count = 0;
  const auto* made =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) Must(rd_kafka_topic_result_error(made[i]), "a topic");
}

void OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  Must(message->err, "a post was not written");
}

void Append(rd_kafka_t* producer, const std::string& topic, int partitions, const MadePost& made,
            const std::string& value) {
  while (true) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic.c_str()),
        RD_KAFKA_V_PARTITION(PartitionOf(made.hashtag, partitions)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(made.hashtag.data(), made.hashtag.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return Must(error, "a post");
    rd_kafka_poll(producer, 10);
  }
}

int Main(int argc, char** argv) {
  if (argc != 5) GiveUp("kafka_load BROKERS PREFIX PARTITIONS POSTS");
  const std::string prefix = argv[2];
  const int partitions = std::atoi(argv[3]);
  const std::size_t posts = std::strtoul(argv[4], nullptr, 10);
  const KafkaHandle producer = OpenKafka(RD_KAFKA_PRODUCER, argv[1],
                                         {{"enable.idempotence", "true"},
                                          {"linger.ms", "50"},
                                          {"batch.size", "1000000"},
                                          {"compression.type", "lz4"},
                                          {"queue.buffering.max.messages", "500000"}},
                                         OnDelivered);
  MakeTopics(producer.get(), prefix, partitions);
  PostMaker maker;
  std::string value;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < posts; ++i) {
    const MadePost made = maker.Next();
    value.clear();
    AppendPost(value, made.post);
    bytes += value.size();
    Append(producer.get(), prefix + "posts", partitions, made, value);
    if (i % 1'000 == 0) rd_kafka_poll(producer.get(), 0);
  }
  Must(rd_kafka_flush(producer.get(), kWaitMs), "the last posts");
  std::printf("{\"posts\":%zu,\"bytes\":%llu}\n", posts, static_cast<unsigned long long>(bytes));
  return 0;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Main(argc, argv); }
