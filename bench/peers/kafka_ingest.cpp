// Writes posts in transactions as `import` does, and as little more than librdkafka does:
// BROKERS PREFIX ours|bare POSTS. Prints one JSON object: posts/s, CPU seconds a million.
//
// Both write the same records in transactions of the same sizes. Ours makes them of the posts, each
// transaction with its cursor; the bare one has their bytes at hand.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/bare_kafka.h"
#include "bench/peers/post_maker.h"
#include "ingest/post_writer.h"
#include "model/post_json.h"
#include "stream/kafka_stream.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPartitions = 4;
constexpr std::size_t kPool = 20'000;  // posts, over and over: what is made does not count
constexpr int kWaitMs = 60'000;

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::vector<MadePost> MakePool() {
  PostMaker maker;
  std::vector<MadePost> pool(kPool);
  for (MadePost& made : pool) made = maker.Next();
  return pool;
}

template <typename T>
T Take(Result<T> result) {
  if (!result) GiveUp(result.error().message);
  return std::move(*result);
}
void Check(const Status& status) {
  if (!status) GiveUp(status.error().message);
}

class Stopwatch {
 public:
  void Print(std::size_t posts) const {
    const double wall = std::chrono::duration<double>(Clock::now() - begin_).count();
    const double cpu = CpuSeconds() - cpu_;
    std::printf("{\"rate\":%.6g,\"cpu\":%.6g}\n", static_cast<double>(posts) / wall,
                cpu / static_cast<double>(posts) * 1e6);
  }

 private:
  Clock::time_point begin_ = Clock::now();
  double cpu_ = CpuSeconds();
};

void Ours(const KafkaStreamSettings& settings, std::size_t posts) {
  const std::vector<MadePost> pool = MakePool();
  const std::unique_ptr<Stream> stream = Take(OpenKafkaStream(settings));
  Check(EnsureTopics(*stream, kPartitions));
  PostWriter writer = Take(PostWriter::Open(*stream, "bench"));
  std::vector<PostsValue> values;
  for (const MadePost& made : pool) values.emplace_back(made.post);
  const Stopwatch watch;
  for (std::size_t i = 0; i < posts; ++i) {
    Check(writer.Add(pool[i % kPool].hashtag, values[i % kPool]));
    if (writer.IsFull() || i + 1 == posts) Check(writer.Commit("bench", std::to_string(i)));
  }
  watch.Print(posts);
}

void OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  Must(message->err, "a post was not written");
}

struct Ready {
  std::int32_t partition;
  std::string key;
  std::string value;
};

void Produce(rd_kafka_t* producer, rd_kafka_topic_t* topic, const Ready& ready) {
  while (rd_kafka_produce(topic, ready.partition, RD_KAFKA_MSG_F_COPY,
                          const_cast<char*>(ready.value.data()), ready.value.size(),
                          ready.key.data(), ready.key.size(), nullptr) != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      Must(rd_kafka_last_error(), "a post");
    }
    rd_kafka_poll(producer, 10);
  }
}

void Bare(const KafkaStreamSettings& settings, std::size_t posts) {
  std::vector<Ready> pool;
  for (const MadePost& made : MakePool()) {
    Ready& ready = pool.emplace_back();
    ready.partition = PartitionOf(made.hashtag, kPartitions);
    ready.key = made.hashtag;
    AppendPost(ready.value, made.post);
  }
  Check(EnsureTopics(*Take(OpenKafkaStream(settings)), kPartitions));
  const KafkaHandle producer = OpenKafka(RD_KAFKA_PRODUCER, settings.brokers,
                                         {{"transactional.id", "bare"},
                                          {"linger.ms", "5"},
                                          {"batch.num.messages", "10000"},
                                          {"batch.size", "1000000"},
                                          {"compression.codec", "lz4"},
                                          {"queue.buffering.max.messages", "1000000"},
                                          {"queue.buffering.max.kbytes", "262144"},
                                          {"delivery.report.only.error", "true"}},
                                         OnDelivered);
  Must(rd_kafka_init_transactions(producer.get(), kWaitMs), "init_transactions");
  const std::unique_ptr<rd_kafka_topic_t, BareDestroy<rd_kafka_topic_destroy>> topic(
      rd_kafka_topic_new(producer.get(), (settings.prefix + kPostsTopic).c_str(), nullptr));
  const Stopwatch watch;
  for (std::size_t i = 0; i < posts;) {
    Must(rd_kafka_begin_transaction(producer.get()), "begin");
    std::size_t bytes = 0;
    const std::size_t end = std::min(posts, i + PostBatch::kRecordsMax);
    for (; i < end && bytes < PostBatch::kBytesMax; ++i) {
      const Ready& ready = pool[i % kPool];
      bytes += ready.value.size();
      Produce(producer.get(), topic.get(), ready);
    }
    Must(rd_kafka_commit_transaction(producer.get(), kWaitMs), "commit");
  }
  watch.Print(posts);
}

int Main(int argc, char** argv) {
  if (argc != 5) GiveUp("kafka_ingest BROKERS PREFIX ours|bare POSTS");
  KafkaStreamSettings settings;
  settings.brokers = argv[1];
  settings.prefix = argv[2];
  const std::size_t posts = std::strtoul(argv[4], nullptr, 10);
  if (std::string_view(argv[3]) == "ours") {
    Ours(settings, posts);
  } else {
    Bare(settings, posts);
  }
  return 0;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Main(argc, argv); }
