#include "stream/kafka_stream.h"

#include "stream/kafka_admin.h"
#include "stream/kafka_client.h"
#include "stream/kafka_group.h"
#include "stream/kafka_reader.h"
#include "stream/kafka_writer.h"

namespace latecomer {
namespace {

class KafkaStream final : public Stream {
 public:
  explicit KafkaStream(const KafkaStreamSettings& settings) : client_(settings) {}
  Status Open() { return client_.Open(); }

  Status EnsureTopic(const TopicSettings& settings) override {
    return EnsureKafkaTopic(client_, settings);
  }
  Result<std::int32_t> PartitionCount(std::string_view topic) override {
    return client_.PartitionCount(topic);
  }
  Result<std::string> TopicId(std::string_view topic) override {
    return KafkaTopicId(client_, topic);
  }
  Result<std::int64_t> StartOffset(const TopicPartition& partition) override {
    return AskOffset(client_, partition, KafkaPlace::kStart);
  }
  Result<std::int64_t> EndOffset(const TopicPartition& partition) override {
    return AskOffset(client_, partition, KafkaPlace::kEnd);
  }
  Result<std::optional<std::int64_t>> CommittedOffset(std::string_view group,
                                                      const TopicPartition& partition) override {
    if (Status there = client_.CheckPartition(partition); !there) return there.error();
    return client_.WithGroup(
        group, [&](rd_kafka_t* consumer) -> Result<std::optional<std::int64_t>> {
          return AskCommitted(client_, consumer, std::string(group), partition);
        });
  }
  Result<std::string> Describe() override { return DescribeKafka(client_); }
  Result<std::string> DescribeGroup(std::string_view group) override {
    return DescribeKafkaGroup(client_, group);
  }
  Status Trim(const TopicPartition& partition, std::int64_t before) override {
    return TrimKafka(client_, partition, before);
  }
  Status Clean(TimeMs) override { return {}; }  // the brokers' own work

  Result<std::unique_ptr<Reader>> NewReader(const ReaderSettings& settings) override {
    return NewKafkaReader(client_, settings);
  }
  Result<std::unique_ptr<Writer>> NewWriter(const std::string& transactional_id) override {
    return NewKafkaWriter(client_, transactional_id);
  }

 private:
  KafkaClient client_;
};

}  // namespace

Result<std::unique_ptr<Stream>> OpenKafkaStream(const KafkaStreamSettings& settings) {
  auto stream = std::make_unique<KafkaStream>(settings);
  if (Status opened = stream->Open(); !opened) return opened.error();
  return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace latecomer
