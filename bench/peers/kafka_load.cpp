// Makes the topics of a Kafka benchmark and fills `posts`: BROKERS PREFIX PARTITIONS POSTS.
// Prints one JSON object: posts and bytes (of values).
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/peers/bare_kafka.h"
#include "bench/peers/post_maker.h"
#include "model/post_json.h"
#include "stream/kafka_stream.h"
#include "stream/stream.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr int kWaitMs = 60'000;

// As the daemons want them, and one more like `timelines` for what ours is held against.
void MakeTopics(const std::string& brokers, const std::string& prefix, int partitions) {
  KafkaStreamSettings settings;
  settings.brokers = brokers;
  settings.prefix = prefix;
  const Result<std::unique_ptr<Stream>> stream = OpenKafkaStream(settings);
  if (!stream) GiveUp(stream.error().message);
  Status status = EnsureTopics(**stream, partitions);
  TopicSettings peer;
  peer.name = "peer";
  peer.partitions = partitions;
  peer.cleanup = Cleanup::kCompact;
  if (status) status = (*stream)->EnsureTopic(peer);
  if (!status) GiveUp(status.error().message);
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
  MakeTopics(argv[1], prefix, partitions);
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
