// A member's place in its group, as librdkafka has it and as stream.h has it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "stream/kafka_client.h"
#include "stream/kafka_handles.h"
#include "stream/stream.h"

namespace latecomer {

// The place that the member has now; `member` empty where it has none. `group` is left empty.
GroupMetadata ReadKafkaGroup(rd_kafka_t* member);

// What a transaction commits offsets with. A `member` that is empty is nobody: generation -1.
KafkaGroup MakeKafkaGroup(const KafkaClient& client, const GroupMetadata& group);

// The stable committed offsets of `consumer`'s group, RD_KAFKA_OFFSET_INVALID where there are none.
// kRetryLater while transactions are about to move them, too. `group` names it in messages.
Status AskCommittedOnce(KafkaClient& client, rd_kafka_t* consumer, const std::string& group,
                        rd_kafka_topic_partition_list_t& list, int timeout_ms);
// The same of one partition, asked for until it is stable, for at most kKafkaCallMax.
Result<std::optional<std::int64_t>> AskCommitted(KafkaClient& client, rd_kafka_t* consumer,
                                                 const std::string& group,
                                                 const TopicPartition& partition);

}  // namespace latecomer
