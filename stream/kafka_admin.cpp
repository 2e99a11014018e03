#include "stream/kafka_admin.h"

#include <thread>

#include "stream/kafka_request.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kAskAgainEvery{50};

KafkaPartitions OnePartition(const std::string& topic, std::int32_t partition,
                             std::int64_t offset) {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

}  // namespace

// By offsets_for_times, whose "times" may be the beginning and the end: before 2.3 at least,
// rd_kafka_query_watermark_offsets waits for ever where a broker hangs.
Result<std::int64_t> AskOffset(KafkaClient& client, const TopicPartition& partition,
                               KafkaPlace place) {
  if (Status there = client.CheckPartition(partition); !there) return there.error();
  const std::string topic = client.TopicName(partition.topic);
  const std::int64_t time =
      place == KafkaPlace::kStart ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
  const auto deadline = Clock::now() + kKafkaCallMax;
  for (;;) {
    const KafkaPartitions list = OnePartition(topic, partition.partition, time);
    auto code = rd_kafka_offsets_for_times(client.admin(), list.get(), MsUntil(deadline));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = list->elems[0].err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].offset >= 0) {
      client.log().Answered();
      return list->elems[0].offset;
    }
    if (IsPassing(code) && Clock::now() + kAskAgainEvery < deadline) {
      std::this_thread::sleep_for(kAskAgainEvery);
      continue;
    }
    Error error = FromKafka(code, "The offsets of " + NameOf(partition) + " cannot be asked for");
    if (error.code == ErrorCode::kNotFound) client.Forget(partition.topic);
    if (IsUnreachable(code)) client.log().Away(rd_kafka_err2str(code));
    return error;
  }
}

Status TrimKafka(KafkaClient& client, const TopicPartition& partition, std::int64_t before) {
  if (Status there = client.CheckPartition(partition); !there) return there.error();
  if (before < 0) {
    return Invalid("There is no offset " + std::to_string(before) + " to trim to in " +
                   NameOf(partition) + ".");
  }
  const std::string what = "The records of " + NameOf(partition) + " below offset " +
                           std::to_string(before) + " cannot be deleted";
  const KafkaPartitions list =
      OnePartition(client.TopicName(partition.topic), partition.partition, before);
  auto event = AskKafka(
      client, RD_KAFKA_ADMIN_OP_DELETERECORDS, what,
      [&](rd_kafka_t* handle, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list.get());
        rd_kafka_DeleteRecords(handle, &request, 1, options, queue);
        rd_kafka_DeleteRecords_destroy(request);
      });
  if (!event) return event.error();
  const auto* offsets =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  if (offsets->cnt != 1) return RetryLater(what + ": the broker's answer lacks it.");
  switch (const auto code = offsets->elems[0].err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return {};
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return Invalid(what + ": the log ends before it.");
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return Invalid(what + ": the topic is compacted, not trimmed.");
    default:
      return FromKafka(code, what);
  }
}

Result<std::string> KafkaTopicId(KafkaClient& client, std::string_view topic) {
  const std::string full_name = client.TopicName(topic);
#if RD_KAFKA_VERSION >= 0x02030000
  const std::string what = "The id of topic " + std::string(topic) + " cannot be asked for";
  const char* names[] = {full_name.c_str()};
  const KafkaOwned<rd_kafka_TopicCollection_t, rd_kafka_TopicCollection_destroy> topics(
      rd_kafka_TopicCollection_of_topic_names(names, 1));
  auto event = AskKafka(
      client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, what,
      [&](rd_kafka_t* handle, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_DescribeTopics(handle, topics.get(), options, queue);
      });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** found = rd_kafka_DescribeTopics_result_topics(
      rd_kafka_event_DescribeTopics_result(event->get()), &count);
  if (count != 1) return RetryLater(what + ": the broker's answer lacks it.");
  const auto code = rd_kafka_error_code(rd_kafka_TopicDescription_error(found[0]));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(code, what);
  const char* id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(found[0]));
  return std::string(id);
#else
  if (const auto there = client.PartitionCount(topic); !there) return there.error();
  const KafkaOwnedText cluster(
      rd_kafka_clusterid(client.admin(), static_cast<int>(kKafkaCallMax.count())));
  if (!cluster) return RetryLater("The id of the cluster has not been learnt in time.");
  return std::string(cluster.get()) + "/" + full_name;
#endif
}

}  // namespace latecomer
