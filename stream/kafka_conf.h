// librdkafka's configuration for what a stream makes: our settings, then the user's, then those
// that exactly-once rests on and nobody may change.
#pragma once

#include <string>

#include "base/result.h"
#include "stream/kafka_handles.h"
#include "stream/kafka_log.h"
#include "stream/kafka_stream.h"

namespace latecomer {

// Whom librdkafka calls back; it must outlive the handle made for it.
class KafkaOwner {
 public:
  explicit KafkaOwner(KafkaLog& log) : log_(log) {}
  virtual ~KafkaOwner() = default;
  KafkaLog& log() const { return log_; }
  // Within a poll of a member of a group, on its thread.
  virtual void OnRebalance(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*) {}

 private:
  KafkaLog& log_;
};

// Makes handles; `settings` and `log` must outlive it and what it makes. Any thread.
class KafkaFactory {
 public:
  KafkaFactory(const KafkaStreamSettings& settings, KafkaLog& log)
      : settings_(settings), owner_(log) {}

  // kFatal, naming the setting, as OpenKafkaStream promises.
  Status Check();

  // For questions: metadata, watermarks (the high ones: it reads uncommitted), administration.
  Result<KafkaHandle> NewAdmin();
  // A member of a group; `instance` empty: with a passing id.
  Result<KafkaHandle> NewMember(const std::string& group_id, const std::string& instance,
                                KafkaOwner& owner);
  // For partitions of its own choice, without events.
  Result<KafkaHandle> NewConsumer(const std::string& group_id);
  // Its delivery reports, of failures only, are events of its main queue.
  Result<KafkaHandle> NewProducer(const std::string& transactional_id);

 private:
  const KafkaStreamSettings& settings_;
  KafkaOwner owner_;
};

}  // namespace latecomer
