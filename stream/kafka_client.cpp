#include "stream/kafka_client.h"

#include <algorithm>
#include <thread>

#include "stream/kafka_errors.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kAskAgainEvery{50};
constexpr std::size_t kGroupsMax = 8;
constexpr std::chrono::minutes kEchoEvery{2};
constexpr std::chrono::seconds kEchoAfter{60};
constexpr std::string_view kOwnPrefix = "latecomer";

}  // namespace

std::string NameOf(const TopicPartition& partition) {
  return "partition " + std::to_string(partition.partition) + " of topic " + partition.topic;
}

int MsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 1, 3'600'000));
}

Status KafkaClient::Open() {
  if (Status good = factory_.Check(); !good) return good;
  auto admin = factory_.NewAdmin();
  if (!admin) return admin.error();
  admin_ = std::move(*admin);
  return {};
}

std::string KafkaClient::TopicName(std::string_view topic) const {
  return settings_.prefix + std::string(topic);
}

std::string KafkaClient::ShortName(std::string_view topic) const {
  return std::string(topic.substr(std::min(topic.size(), settings_.prefix.size())));
}

std::string KafkaClient::GroupId(std::string_view name) const {
  if (name.starts_with(kOwnPrefix) && name.size() > kOwnPrefix.size() &&
      (name[kOwnPrefix.size()] == '.' || name[kOwnPrefix.size()] == '-')) {
    name.remove_prefix(kOwnPrefix.size() + 1);
  }
  return settings_.prefix + std::string(name);
}

Result<rd_kafka_t*> KafkaClient::GroupHandle(std::string_view group) {
  auto known = groups_.find(group);
  if (known == groups_.end()) {
    auto handle = factory_.NewConsumer(GroupId(group));
    if (!handle) return handle.error();
    if (groups_.size() >= kGroupsMax) groups_.clear();
    known = groups_.emplace(std::string(group), std::move(*handle)).first;
  }
  return known->second.get();
}

Result<KafkaClient::TopicInfo> KafkaClient::AskOnce(const std::string& full_name, int timeout_ms) {
  const std::string what = "Topic " + ShortName(full_name) + " cannot be looked up";
  const KafkaTopic topic(rd_kafka_topic_new(admin_.get(), full_name.c_str(), nullptr));
  if (!topic) return FromKafka(rd_kafka_last_error(), what);
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(admin_.get(), 0, topic.get(), &raw, timeout_ms);
  const KafkaMetadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Error error = FromKafka(code, what);
    if (IsUnreachable(code)) log_.Away(rd_kafka_err2str(code));
    return error;
  }
  log_.Answered();
  if (metadata->topic_cnt != 1) return RetryLater(what + ": the broker's answer lacks it.");
  const rd_kafka_metadata_topic& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return NotFound("There is no topic " + ShortName(full_name) + " (" + full_name + " on " +
                    settings_.brokers + ").");
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
      found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
    return FromKafka(found.err, what);
  }
  if (found.partition_cnt == 0) return RetryLater(what + ": it has no partitions yet.");
  TopicInfo info;
  info.partitions = found.partition_cnt;
  info.replicas = found.partitions[0].replica_cnt;
  for (int i = 0; i < found.partition_cnt; ++i) {
    info.replicas = std::min(info.replicas, found.partitions[i].replica_cnt);
  }
  info.brokers = metadata->broker_cnt;
  if (info.brokers > 0) info.a_broker = metadata->brokers[0].id;
  return info;
}

Result<KafkaClient::TopicInfo> KafkaClient::AskTopic(std::string_view topic) {
  const std::string full_name = TopicName(topic);
  const auto deadline = Clock::now() + kKafkaCallMax;
  for (;;) {
    auto info = AskOnce(full_name, MsUntil(deadline));
    if (info || info.error().code != ErrorCode::kNotFound) return info;
    {
      const std::lock_guard lock(mutex_);
      if (!made_.contains(topic)) return info;
    }
    if (Clock::now() + kAskAgainEvery >= deadline) return info;
    std::this_thread::sleep_for(kAskAgainEvery);
  }
}

Result<std::int32_t> KafkaClient::PartitionCount(std::string_view topic) {
  auto info = AskTopic(topic);
  if (!info) {
    if (info.error().code == ErrorCode::kNotFound) Forget(topic);
    return info.error();
  }
  const std::lock_guard lock(mutex_);
  counts_[std::string(topic)] = info->partitions;
  return info->partitions;
}

Result<std::int32_t> KafkaClient::KnownPartitionCount(std::string_view topic) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = counts_.find(topic);
    if (known != counts_.end()) return known->second;
  }
  return PartitionCount(topic);
}

Status KafkaClient::CheckPartition(const TopicPartition& partition) {
  const auto count = KnownPartitionCount(partition.topic);
  if (!count) return count.error();
  if (partition.partition < 0 || partition.partition >= *count) {
    return NotFound("There is no " + NameOf(partition) + ": it has " + std::to_string(*count) +
                    ".");
  }
  return {};
}

void KafkaClient::Forget(std::string_view topic) {
  const std::lock_guard lock(mutex_);
  if (const auto known = counts_.find(topic); known != counts_.end()) counts_.erase(known);
  if (const auto made = made_.find(topic); made != made_.end()) made_.erase(made);
}

bool KafkaClient::MayBeEcho(const std::string& instance) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  if (members_[instance] > 1 || !log_.WasAway(kEchoAfter)) return false;
  const auto [known, is_new] = echoes_.try_emplace(instance, now);
  if (!is_new && now < known->second + kEchoEvery) return false;
  known->second = now;
  return true;
}

void KafkaClient::CountMembers(const std::string& instance, int change) {
  const std::lock_guard lock(mutex_);
  const auto known = members_.try_emplace(instance, 0).first;
  known->second += change;
  if (known->second == 0) members_.erase(known);
}

void KafkaClient::NoteMade(std::string_view topic) {
  const std::lock_guard lock(mutex_);
  made_.insert(std::string(topic));
}

}  // namespace latecomer
