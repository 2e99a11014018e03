// Watches how far a consumer group has committed: BROKERS GROUP TOPIC PARTITIONS. Prints a line
// "SECONDS OFFSETS" (monotonic clock; sum over the partitions) whenever it has moved, until it is
// ended. The same look from outside for every contender.
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "bench/peers/bare_kafka.h"

namespace latecomer {
namespace {

constexpr int kWaitMs = 5'000;
constexpr std::chrono::milliseconds kEvery{10};

std::int64_t CommittedOf(rd_kafka_t* handle, const std::string& topic, int partitions) {
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i);
  }
  if (rd_kafka_committed(handle, list.get(), kWaitMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return -1;
  std::int64_t sum = 0;
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].offset > 0) sum += list->elems[i].offset;
  }
  return sum;
}

int Main(int argc, char** argv) {
  if (argc != 5) GiveUp("kafka_watch BROKERS GROUP TOPIC PARTITIONS");
  // read_uncommitted: what is pending is not waited for, and what is committed is what is told.
  const KafkaHandle consumer = OpenKafka(
      RD_KAFKA_CONSUMER, argv[1], {{"group.id", argv[2]}, {"isolation.level", "read_uncommitted"}});
  std::int64_t known = -1;
  while (true) {
    const std::int64_t now = CommittedOf(consumer.get(), argv[3], std::atoi(argv[4]));
    const double at =
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (now >= 0 && now != known) {
      known = now;
      std::printf("%.4f %lld\n", at, static_cast<long long>(now));
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(kEvery);
  }
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Main(argc, argv); }
