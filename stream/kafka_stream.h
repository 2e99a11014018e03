// The stream on Apache Kafka (brokers 2.5 and later; 4.0.0 itself has faults) through librdkafka
// (2.0.2 and later).
//
// Names. Topics are `prefix` and the name; so are groups and transactional ids, whose own leading
// "latecomer." or "latecomer-" is left out: one prefix is one installation, and one rule of an
// access list covers it.
//
// Away. Opening needs no broker. A call that needs one waits for it for at most kKafkaCallMax
// (Commit for at most the transaction's time-out), then gives kRetryLater; nothing that
// failed so may be taken as not done. A Reader's Poll waits silently and goes on by itself once the
// broker is back. Readers and writers are destroyed within two seconds, broker or not.
//
// What Kafka does otherwise than stream.h's embedded neighbour:
// - Offsets have holes: transaction markers, aborted records, what compaction removed. Position()
//   passes them, so that it reaches EndOffset() when, and only when, all before it is decided: an
//   open transaction of anybody holds it back.
// - Commit() is durable when it returns, but becomes visible to readers a little later.
// - A writer without a place in the group (GroupMetadata with an empty `member` and a generation of
//   0) may commit offsets beside the group's members: Kafka does not refuse it.
// - Offsets sent are not checked against the end of the partition.
//
// A Writer's Commit: kRetryLater: aborted, nothing of it will be seen; among others where the group
// came to a new generation just then: what is still assigned may be done again with Group() as it
// is now. kConflict: the writer was fenced by a newer one of its id, or the group has thrown the
// member out, or it could not abort, or the outcome is unknown (the coordinator did not answer in
// time): destroy it, make a new one (which completes or aborts what was left, whatever was
// delayed), and only then read the committed offsets again. kFatal: settings or permissions.
//
// TopicId() is the topic's UUID where librdkafka can tell it (2.3 and later), else the cluster's id
// and the topic's name, which does not change when a topic is made again.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

inline constexpr std::chrono::milliseconds kKafkaCallMax{5'000};

struct KafkaStreamSettings {
  std::string brokers;  // "host:port,host:port": some of them, to begin with
  std::string prefix = "latecomer.";
  std::string client_id = "latecomer";
  int replication = -1;         // of topics that are made; -1: the broker's default
  int min_insync_replicas = 0;  // 0: 2 where a topic has 3 replicas or more, else 1
  std::vector<std::pair<std::string, std::string>> librdkafka;  // any of its settings
};

// kFatal, naming the setting, where one of `librdkafka` is unknown, has a value that librdkafka
// refuses, or would take away what exactly-once rests on.
Result<std::unique_ptr<Stream>> OpenKafkaStream(const KafkaStreamSettings& settings);

}  // namespace latecomer
