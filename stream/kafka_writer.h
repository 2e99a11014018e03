// A transactional producer of librdkafka as a Writer.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/kafka_client.h"
#include "stream/kafka_handles.h"
#include "stream/stream.h"

namespace latecomer {

// Waits for the broker to end what an older writer of this id left behind, for at most
// kKafkaCallMax; kRetryLater after that.
Result<std::unique_ptr<Writer>> NewKafkaWriter(KafkaClient& client,
                                               const std::string& transactional_id);

class KafkaWriter final : public Writer {
 public:
  KafkaWriter(KafkaClient& client, std::string transactional_id)
      : client_(client), id_(std::move(transactional_id)) {}
  ~KafkaWriter() override;
  KafkaWriter(const KafkaWriter&) = delete;
  KafkaWriter& operator=(const KafkaWriter&) = delete;

  Status Start();

  Status Begin() override;
  Status Append(std::string_view topic, std::int32_t partition, std::string_view key,
                std::optional<std::string_view> value) override;
  Status SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                     std::int64_t next) override;
  Status Commit() override;
  Status Abort() override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Topic {
    KafkaTopic handle;
    std::int32_t partitions = 0;
  };
  struct Offsets {
    GroupMetadata group;
    KafkaPartitions partitions;
  };

  Status CheckOpen() const;
  Result<Topic*> Find(std::string_view name);
  Status Produce(const Topic& topic, std::int32_t partition, std::string_view key,
                 std::optional<std::string_view> value);
  Status Flush(Clock::time_point deadline);
  Status SendAllOffsets(Clock::time_point deadline);
  Status CommitOpen();
  Status AbortOpen(Clock::time_point deadline);
  void ServeReports();

  // What a failed call of librdkafka's transaction API means; takes note where the writer is dead.
  Status Judge(KafkaError error, const char* call);
  Status Die(Error error);

  KafkaClient& client_;
  const std::string id_;
  KafkaHandle handle_;
  KafkaQueue reports_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::vector<Offsets> offsets_;
  std::string undelivered_;  // why a record of the open transaction could not be delivered
  std::size_t unserved_ = 0;
  bool open_ = false;
  bool must_abort_ = false;
  std::optional<Error> failed_;
};

}  // namespace latecomer
