// librdkafka without the stream around it, for what the benchmarks hold the stream against: opening
// handles, and giving up with a message.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace latecomer {

template <auto kDestroy>
struct BareDestroy {
  template <typename T>
  void operator()(T* handle) const {
    kDestroy(handle);
  }
};
template <typename T, auto kDestroy>
using BareOwned = std::unique_ptr<T, BareDestroy<kDestroy>>;

using KafkaHandle = BareOwned<rd_kafka_t, rd_kafka_destroy>;
using KafkaPartitions =
    BareOwned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using KafkaMessage = BareOwned<rd_kafka_message_t, rd_kafka_message_destroy>;
using KafkaGroup =
    BareOwned<rd_kafka_consumer_group_metadata_t, rd_kafka_consumer_group_metadata_destroy>;

[[noreturn]] inline void GiveUp(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

inline void Must(rd_kafka_resp_err_t error, const char* what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    GiveUp(std::string(what) + ": " + rd_kafka_err2str(error));
  }
}

// Takes the error.
inline void Must(rd_kafka_error_t* error, const char* what) {
  if (error != nullptr) GiveUp(std::string(what) + ": " + rd_kafka_error_string(error));
}

using KafkaSettings = std::initializer_list<std::pair<const char*, std::string>>;

inline KafkaHandle OpenKafka(rd_kafka_type_t type, const std::string& brokers,
                             KafkaSettings settings,
                             void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*,
                                               void*) = nullptr) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char message[512] = "";
  const auto set = [&](const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), message, sizeof message) != RD_KAFKA_CONF_OK) {
      GiveUp(message);
    }
  };
  set("bootstrap.servers", brokers);
  set("socket.nagle.disable", "true");
  for (const auto& [name, value] : settings) set(name, value);
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t* handle = rd_kafka_new(type, conf, message, sizeof message);
  if (handle == nullptr) GiveUp(message);
  return KafkaHandle(handle);
}

// The offset after the last record, as it is in the log.
inline std::int64_t EndOf(rd_kafka_t* handle, const std::string& topic, std::int32_t partition) {
  constexpr int kWaitMs = 30'000;
  std::int64_t low = 0;
  std::int64_t high = 0;
  Must(rd_kafka_query_watermark_offsets(handle, topic.c_str(), partition, &low, &high, kWaitMs),
       "the end of a partition");
  return high;
}

}  // namespace latecomer
