// Administration of a Kafka cluster: topics with the settings that we need, offsets, trimming.
// Errors are those of stream.h; nothing blocks longer than kKafkaCallMax for each request.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/kafka_client.h"
#include "stream/stream.h"

namespace latecomer {

Status EnsureKafkaTopic(KafkaClient& client, const TopicSettings& settings);
Result<std::string> KafkaTopicId(KafkaClient& client, std::string_view topic);

// The end is the high watermark, whatever is still undecided before it.
enum class KafkaPlace { kStart, kEnd };
Result<std::int64_t> AskOffset(KafkaClient& client, const TopicPartition& partition,
                               KafkaPlace place);

// "3 brokers of cluster X, librdkafka 2.0.2", and "2 members on 2 hosts, stable".
Result<std::string> DescribeKafka(KafkaClient& client);
Result<std::string> DescribeKafkaGroup(KafkaClient& client, std::string_view group);

Status TrimKafka(KafkaClient& client, const TopicPartition& partition, std::int64_t before);

}  // namespace latecomer
