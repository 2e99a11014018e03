// Administration of a Kafka cluster: topics with the settings that we need, offsets, trimming.
// Errors are those of stream.h; nothing blocks longer than kKafkaCallMax for each request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/kafka_client.h"
#include "stream/stream.h"

namespace latecomer {

Status EnsureKafkaTopic(KafkaClient& client, const TopicSettings& settings);
Result<std::string> KafkaTopicId(KafkaClient& client, std::string_view topic);

struct KafkaWatermarks {
  std::int64_t start = 0;
  std::int64_t end = 0;  // the high watermark, whatever is still undecided before it
};
Result<KafkaWatermarks> AskWatermarks(KafkaClient& client, const TopicPartition& partition);

// Stable ones: waits for transactions that are about to move them.
Result<std::optional<std::int64_t>> AskCommitted(KafkaClient& client, std::string_view group,
                                                 const TopicPartition& partition);

Status TrimKafka(KafkaClient& client, const TopicPartition& partition, std::int64_t before);

}  // namespace latecomer
