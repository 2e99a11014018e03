// The owners of librdkafka's C handles. Included by kafka_*.cpp and their own headers only.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace latecomer {

template <auto kDestroy>
struct KafkaDestroy {
  template <typename T>
  void operator()(T* handle) const {
    kDestroy(handle);
  }
};

template <typename T, auto kDestroy>
using KafkaOwned = std::unique_ptr<T, KafkaDestroy<kDestroy>>;

// Without leaving a group: who is a member closes the consumer first.
inline void DestroyKafkaQuickly(rd_kafka_t* handle) {
  rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

using KafkaHandle = KafkaOwned<rd_kafka_t, DestroyKafkaQuickly>;
using KafkaConf = KafkaOwned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using KafkaTopic = KafkaOwned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using KafkaError = KafkaOwned<rd_kafka_error_t, rd_kafka_error_destroy>;
using KafkaMessage = KafkaOwned<rd_kafka_message_t, rd_kafka_message_destroy>;
using KafkaPartitions =
    KafkaOwned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using KafkaQueue = KafkaOwned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using KafkaEvent = KafkaOwned<rd_kafka_event_t, rd_kafka_event_destroy>;
using KafkaOptions = KafkaOwned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using KafkaGroup =
    KafkaOwned<rd_kafka_consumer_group_metadata_t, rd_kafka_consumer_group_metadata_destroy>;

struct KafkaTextDestroy {
  void operator()(char* text) const { rd_kafka_mem_free(nullptr, text); }
};
using KafkaOwnedText = std::unique_ptr<char, KafkaTextDestroy>;

struct KafkaMetadataDestroy {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using KafkaMetadata = std::unique_ptr<const rd_kafka_metadata_t, KafkaMetadataDestroy>;

}  // namespace latecomer
