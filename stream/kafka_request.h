// One request of librdkafka's admin API, waited for.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "stream/kafka_client.h"
#include "stream/kafka_errors.h"
#include "stream/kafka_handles.h"

namespace latecomer {

// Calls submit(handle, options, queue) and waits for its answer. `prepare` may set more options.
// `what` begins the message of a failure, as for FromKafka.
template <typename Submit, typename Prepare>
Result<KafkaEvent> AskKafka(KafkaClient& client, rd_kafka_admin_op_t operation,
                            const std::string& what, Submit submit, Prepare prepare) {
  rd_kafka_t* const handle = client.admin();
  const KafkaOptions options(rd_kafka_AdminOptions_new(handle, operation));
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  const int timeout_ms = static_cast<int>(kKafkaCallMax.count());
  char why[256] = "";
  if (rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, why, sizeof why) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fatal(what + ": " + why + ".");
  }
  prepare(options.get());
  submit(handle, options.get(), queue.get());
  KafkaEvent event(rd_kafka_queue_poll(queue.get(), timeout_ms + 500));
  if (!event) return RetryLater(what + ": no answer in time.");
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Error error = FromKafka(code, what, rd_kafka_event_error_string(event.get()));
    if (IsUnreachable(code)) client.log().Away(rd_kafka_err2str(code));
    return error;
  }
  client.log().Answered();
  return event;
}

template <typename Submit>
Result<KafkaEvent> AskKafka(KafkaClient& client, rd_kafka_admin_op_t operation,
                            const std::string& what, Submit submit) {
  return AskKafka(client, operation, what, submit, [](rd_kafka_AdminOptions_t*) {});
}

}  // namespace latecomer
