// The least that a processor on Kafka does: consume posts, produce as many bytes in as many records
// as the timelines have, in transactions that carry the offsets. Nothing is parsed or kept.
// librdkafka is set as the stream sets it. Arguments: BROKERS POSTS_TOPIC OUT_TOPIC GROUP COMMIT_MS
// BYTES_A_POST RECORDS_A_THOUSAND_POSTS.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

#include "bench/peers/bare_kafka.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeyBytes = 70;
constexpr std::size_t kSmallBytes = 130;  // of the records beside one a post
constexpr int kWaitMs = 60'000;

std::atomic<bool> stopped{false};
void OnSignal(int) { stopped = true; }

void OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  Must(message->err, "a record was not written");
}

struct Settings {
  std::string brokers, posts, out, group;
  std::chrono::milliseconds commit{100};
  std::size_t bytes_a_post = 0;
  std::size_t records_a_thousand = 0;
};

class Loop {
 public:
  explicit Loop(const Settings& settings)
      : settings_(settings),
        consumer_(OpenKafka(RD_KAFKA_CONSUMER, settings.brokers,
                            {{"group.id", settings.group},
                             {"group.instance.id", settings.group},
                             {"enable.auto.commit", "false"},
                             {"enable.auto.offset.store", "false"},
                             {"auto.offset.reset", "earliest"},
                             {"isolation.level", "read_committed"},
                             {"partition.assignment.strategy", "cooperative-sticky"},
                             {"queued.max.messages.kbytes", "32768"},
                             {"queued.min.messages", "100000"},
                             {"fetch.max.bytes", "16777216"},
                             {"fetch.message.max.bytes", "4194304"},
                             {"fetch.wait.max.ms", "250"}})),
        producer_(OpenKafka(RD_KAFKA_PRODUCER, settings.brokers,
                            {{"transactional.id", settings.group},
                             {"linger.ms", "5"},
                             {"batch.num.messages", "10000"},
                             {"batch.size", "1000000"},
                             {"compression.codec", "lz4"},
                             {"queue.buffering.max.messages", "1000000"},
                             {"queue.buffering.max.kbytes", "262144"},
                             {"delivery.report.only.error", "true"}},
                            OnDelivered)) {}

  void Run() {
    Must(rd_kafka_init_transactions(producer_.get(), kWaitMs), "init_transactions");
    rd_kafka_poll_set_consumer(consumer_.get());
    const KafkaPartitions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), settings_.posts.c_str(), -1);
    Must(rd_kafka_subscribe(consumer_.get(), topics.get()), "subscribe");
    while (!stopped) {
      const KafkaMessage message(rd_kafka_consumer_poll(consumer_.get(), 10));
      if (message != nullptr) {
        Must(message->err, "a post");
        Take(*message);
      }
      if (open_ && Clock::now() - since_ >= settings_.commit) Commit();
    }
    rd_kafka_consumer_close(consumer_.get());
  }

 private:
  void Take(const rd_kafka_message_t& post) {
    if (!open_) {
      Must(rd_kafka_begin_transaction(producer_.get()), "begin");
      open_ = true;
      since_ = Clock::now();
    }
    next_[post.partition] = post.offset + 1;
    const auto* const bytes = static_cast<const char*>(post.payload);
    owed_bytes_ += settings_.bytes_a_post;
    owed_records_ += settings_.records_a_thousand;
    for (; owed_records_ >= 2'000; owed_records_ -= 1'000) {
      Produce(post.partition, bytes, std::min(post.len, kSmallBytes));
    }
    if (owed_records_ < 1'000) return;
    owed_records_ -= 1'000;
    const std::size_t size = owed_bytes_ > kKeyBytes ? owed_bytes_ - kKeyBytes : 1;
    value_.assign(bytes, std::min(post.len, size));
    while (value_.size() < size) value_.append(bytes, std::min(post.len, size - value_.size()));
    Produce(post.partition, value_.data(), value_.size());
  }

  // The key is part of the value: some bytes that differ from record to record.
  void Produce(std::int32_t partition, const char* value, std::size_t size) {
    owed_bytes_ -= std::min(owed_bytes_, kKeyBytes + size);
    const std::size_t key = std::min(kKeyBytes, size);
    while (true) {
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          producer_.get(), RD_KAFKA_V_TOPIC(settings_.out.c_str()), RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(const_cast<char*>(value), key),
          RD_KAFKA_V_VALUE(const_cast<char*>(value), size), RD_KAFKA_V_END);
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return Must(error, "a record");
      rd_kafka_poll(producer_.get(), 10);
    }
  }

  void Commit() {
    const KafkaPartitions offsets(rd_kafka_topic_partition_list_new(4));
    for (const auto& [partition, next] : next_) {
      rd_kafka_topic_partition_list_add(offsets.get(), settings_.posts.c_str(), partition)->offset =
          next;
    }
    const KafkaGroup group(rd_kafka_consumer_group_metadata(consumer_.get()));
    Must(rd_kafka_send_offsets_to_transaction(producer_.get(), offsets.get(), group.get(), -1),
         "send_offsets");
    Must(rd_kafka_commit_transaction(producer_.get(), -1), "commit");
    next_.clear();
    open_ = false;
  }

  const Settings settings_;
  KafkaHandle consumer_;
  KafkaHandle producer_;
  bool open_ = false;
  Clock::time_point since_;
  std::map<std::int32_t, std::int64_t> next_;
  std::size_t owed_bytes_ = 0;
  std::size_t owed_records_ = 0;
  std::string value_;
};

int Main(int argc, char** argv) {
  if (argc != 8) {
    GiveUp("bare_loop BROKERS POSTS OUT GROUP COMMIT_MS BYTES_A_POST RECORDS_A_THOUSAND");
  }
  Settings settings{argv[1], argv[2], argv[3], argv[4]};
  settings.commit = std::chrono::milliseconds(std::atoi(argv[5]));
  settings.bytes_a_post = std::strtoul(argv[6], nullptr, 10);
  settings.records_a_thousand = std::strtoul(argv[7], nullptr, 10);
  std::signal(SIGTERM, OnSignal);
  std::signal(SIGINT, OnSignal);
  Loop(settings).Run();
  return 0;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Main(argc, argv); }
