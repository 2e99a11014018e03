#include "stream/kafka_group.h"

#include <cstring>
#include <string_view>
#include <thread>

#include "stream/kafka_errors.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAskAgainEvery{20};

#if RD_KAFKA_VERSION < 0x02080000
// Older versions hide the fields, but write them out, as rdkafka_cgrp.c says:
// "CGMDv2:" generation(int32) group NUL member NUL no_instance(int8) [instance NUL].
constexpr std::string_view kMagic = "CGMDv2:";

GroupMetadata ReadWritten(std::string_view bytes) {
  GroupMetadata group;
  std::int32_t generation = 0;
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + sizeof generation) return group;
  bytes.remove_prefix(kMagic.size());
  std::memcpy(&generation, bytes.data(), sizeof generation);
  bytes.remove_prefix(sizeof generation);
  const auto take_text = [&](std::string& text) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos) return false;
    text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return true;
  };
  std::string name;
  std::string member;
  std::string instance;
  if (!take_text(name) || !take_text(member) || bytes.empty()) return group;
  const bool has_instance = bytes.front() == 0;
  bytes.remove_prefix(1);
  if (has_instance && !take_text(instance)) return group;
  group.member = std::move(member);
  group.generation = generation;
  group.instance = std::move(instance);
  return group;
}
#endif

}  // namespace

GroupMetadata ReadKafkaGroup(rd_kafka_t* member) {
  const KafkaGroup now(rd_kafka_consumer_group_metadata(member));
  if (!now) return {};
#if RD_KAFKA_VERSION < 0x02080000
  void* buffer = nullptr;
  std::size_t size = 0;
  const KafkaError failed(rd_kafka_consumer_group_metadata_write(now.get(), &buffer, &size));
  if (failed) return {};
  const KafkaOwnedText owned(static_cast<char*>(buffer));
  return ReadWritten({owned.get(), size});
#else
  GroupMetadata group;
  group.member = rd_kafka_consumer_group_metadata_member_id(now.get());
  group.generation = rd_kafka_consumer_group_metadata_generation_id(now.get());
  const char* instance = rd_kafka_consumer_group_metadata_group_instance_id(now.get());
  if (instance != nullptr) group.instance = instance;
  return group;
#endif
}

KafkaGroup MakeKafkaGroup(const KafkaClient& client, const GroupMetadata& group) {
  const std::string id = client.GroupId(group.group);
  if (group.member.empty()) {
    return KafkaGroup(rd_kafka_consumer_group_metadata_new(id.c_str()));
  }
  return KafkaGroup(rd_kafka_consumer_group_metadata_new_with_genid(
      id.c_str(), static_cast<std::int32_t>(group.generation), group.member.c_str(),
      group.instance.empty() ? nullptr : group.instance.c_str()));
}

Status AskCommittedOnce(KafkaClient& client, rd_kafka_t* consumer, const std::string& group,
                        rd_kafka_topic_partition_list_t& list, int timeout_ms) {
  const std::string what = "The offsets of group " + group + " cannot be asked for";
  const auto code = rd_kafka_committed(consumer, &list, timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (IsUnreachable(code)) client.log().Away(rd_kafka_err2str(code));
    return FromKafka(code, what);
  }
  client.log().Answered();
  for (int i = 0; i < list.cnt; ++i) {
    const auto& one = list.elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(one.err, what);
  }
  return {};
}

Result<std::optional<std::int64_t>> AskCommitted(KafkaClient& client, rd_kafka_t* consumer,
                                                 const std::string& group,
                                                 const TopicPartition& partition) {
  const auto deadline = Clock::now() + kKafkaCallMax;
  for (;;) {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), client.TopicName(partition.topic).c_str(),
                                      partition.partition);
    const Status asked = AskCommittedOnce(client, consumer, group, *list, MsUntil(deadline));
    if (asked) {
      const std::int64_t offset = list->elems[0].offset;
      return offset < 0 ? std::optional<std::int64_t>() : std::optional<std::int64_t>(offset);
    }
    if (asked.error().code != ErrorCode::kRetryLater || Clock::now() + kAskAgainEvery >= deadline) {
      return asked.error();
    }
    std::this_thread::sleep_for(kAskAgainEvery);
  }
}

}  // namespace latecomer
