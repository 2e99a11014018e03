// librdkafka's errors as ours.
#pragma once

#include <string>

#include "base/result.h"
#include "stream/kafka_handles.h"

namespace latecomer {

// Whether no waiting mends it: permissions, authentication, what the broker cannot do.
bool IsPermanent(rd_kafka_resp_err_t code);
// A newer writer of the same transactional id has taken over, or the group has thrown the member
// out. (ILLEGAL_GENERATION is not that: the member is in, and the group has moved on a moment ago.)
bool IsFenced(rd_kafka_resp_err_t code);

// No broker could be asked, as far as this code says.
bool IsUnreachable(rd_kafka_resp_err_t code);
// The broker asked is not (yet, any more) the one to ask: a moment later it is another matter.
bool IsPassing(rd_kafka_resp_err_t code);

// `what` is the beginning of a sentence: "Topic posts cannot be looked up". kNotFound, kFatal, or
// kRetryLater. `detail`: librdkafka's own words, where there are any beside the code's.
Error FromKafka(rd_kafka_resp_err_t code, const std::string& what, const char* detail = nullptr);

}  // namespace latecomer
