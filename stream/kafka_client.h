// What a Kafka stream's readers, writers and questions share. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/kafka_conf.h"
#include "stream/kafka_handles.h"
#include "stream/kafka_log.h"
#include "stream/kafka_stream.h"
#include "stream/stream.h"

namespace latecomer {

std::string NameOf(const TopicPartition& partition);

class KafkaClient {
 public:
  explicit KafkaClient(const KafkaStreamSettings& settings)
      : settings_(settings), log_(settings.brokers), factory_(settings_, log_) {}
  Status Open();

  const KafkaStreamSettings& settings() const { return settings_; }
  KafkaLog& log() { return log_; }
  KafkaFactory& factory() { return factory_; }
  rd_kafka_t* admin() { return admin_.get(); }

  std::string TopicName(std::string_view topic) const;  // with the prefix
  std::string ShortName(std::string_view topic) const;  // and without
  std::string GroupId(std::string_view name) const;     // transactional ids too

  // Asks the broker. kNotFound where there is no such topic.
  Result<std::int32_t> PartitionCount(std::string_view topic);
  // As it was first learnt: a topic's number of partitions never changes.
  Result<std::int32_t> KnownPartitionCount(std::string_view topic);
  // kNotFound where there is no such topic or partition.
  Status CheckPartition(const TopicPartition& partition);
  void Forget(std::string_view topic);
  // That it was made just now: brokers may take a moment to hear of it.
  void NoteMade(std::string_view topic);

  // Asks with body(handle), a consumer of the group that does not join it; one question at a time.
  // (The admin API's own way to ask makes 2.0 abort where a coordinator answers too late.)
  template <typename Body>
  auto WithGroup(std::string_view group, Body body) -> decltype(body(nullptr)) {
    const std::lock_guard lock(groups_mutex_);
    const auto handle = GroupHandle(group);
    if (!handle) return handle.error();
    return body(*handle);
  }

  // A member may be fenced by its own echo: a join that a hanging broker kept, and answers after
  // the one that followed it. Only where a broker was away a moment ago, and at most once in
  // kEchoEvery for each instance: two processes of one name fence each other again at once.
  bool MayBeEcho(const std::string& instance);
  // How many readers of this process go by that name: of two, the older is fenced for good.
  void CountMembers(const std::string& instance, int change);

  // The smallest number of replicas too, and the numbers of the brokers.
  struct TopicInfo {
    std::int32_t partitions = 0;
    int replicas = 0;
    std::int32_t a_broker = -1;
    int brokers = 0;
  };
  Result<TopicInfo> AskTopic(std::string_view topic);

 private:
  Result<rd_kafka_t*> GroupHandle(std::string_view group);
  Result<TopicInfo> AskOnce(const std::string& full_name, int timeout_ms);

  const KafkaStreamSettings settings_;
  KafkaLog log_;
  KafkaFactory factory_;
  KafkaHandle admin_;

  std::mutex mutex_;
  std::map<std::string, std::int32_t, std::less<>> counts_;  // guarded by mutex_
  std::set<std::string, std::less<>> made_;                  // guarded by mutex_

  std::map<std::string, std::chrono::steady_clock::time_point> echoes_;  // guarded by mutex_
  std::map<std::string, int> members_;                                   // guarded by mutex_

  std::mutex groups_mutex_;
  std::map<std::string, KafkaHandle, std::less<>> groups_;  // guarded by groups_mutex_
};

// How long a call that may wait until `deadline` has left, at least a millisecond.
int MsUntil(std::chrono::steady_clock::time_point deadline);

}  // namespace latecomer
