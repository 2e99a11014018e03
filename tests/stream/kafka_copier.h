// A worker as the processor is one: it numbers the records of each partition of `in` in `out`, from
// a state that it restores from `out`, exactly once.
#pragma once

#include <string>

#include "stream/kafka_stream.h"

namespace latecomer {

// Runs until it is killed, or until a call fails for good (then gives 1).
int RunCopier(const KafkaStreamSettings& settings, const std::string& instance);

}  // namespace latecomer
