// A member's place in its group, as librdkafka has it and as stream.h has it.
#pragma once

#include "base/result.h"
#include "stream/kafka_client.h"
#include "stream/kafka_handles.h"
#include "stream/stream.h"

namespace latecomer {

// The place that the member has now; `member` empty where it has none. `group` is left empty.
GroupMetadata ReadKafkaGroup(rd_kafka_t* member);

// What a transaction commits offsets with. A `member` that is empty is nobody: generation -1.
KafkaGroup MakeKafkaGroup(const KafkaClient& client, const GroupMetadata& group);

}  // namespace latecomer
