// Topics as we need them: made so, or found so.
#include <vector>

#include "stream/kafka_admin.h"
#include "stream/kafka_request.h"

namespace latecomer {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
// What is deleted must be gone within two weeks: compaction may not wait longer than this.
constexpr std::int64_t kCompactionLagMs = 7 * kDayMs;
// A post is at most a million bytes; the record made of it holds it and some structure.
constexpr std::int64_t kMessageBytesMax = 8'388'608;

enum class Needs { kJust, kAtLeast, kAtMost };
struct Wanted {
  const char* name;
  std::string value;
  Needs needs;
};

// The time of a record is the broker's, when it was appended: trimming and retention depend on it,
// and no producer's clock may be trusted with that. (It costs nothing: it stands in the batch.)
std::vector<Wanted> WantedOf(const TopicSettings& settings, int min_insync_replicas) {
  std::vector<Wanted> wanted = {
      {"message.timestamp.type", "LogAppendTime", Needs::kJust},
      {"max.message.bytes", std::to_string(kMessageBytesMax), Needs::kAtLeast},
      {"min.insync.replicas", std::to_string(min_insync_replicas), Needs::kAtLeast},
  };
  if (settings.cleanup == Cleanup::kCompact) {
    wanted.push_back({"cleanup.policy", "compact", Needs::kJust});
    wanted.push_back(
        {"delete.retention.ms", std::to_string(settings.tombstone_retention_ms), Needs::kAtLeast});
    wanted.push_back({"max.compaction.lag.ms", std::to_string(kCompactionLagMs), Needs::kAtMost});
  } else {
    wanted.push_back({"cleanup.policy", "delete", Needs::kJust});
    wanted.push_back({"retention.ms", std::to_string(settings.retention_ms), Needs::kJust});
    wanted.push_back({"retention.bytes", "-1", Needs::kJust});
  }
  return wanted;
}

int MinInsyncOf(const KafkaStreamSettings& settings, int replicas) {
  if (settings.min_insync_replicas > 0) return settings.min_insync_replicas;
  return replicas >= 3 ? 2 : 1;
}

using Configs = std::vector<std::pair<std::string, std::string>>;

Result<Configs> AskConfigs(KafkaClient& client, rd_kafka_ResourceType_t type,
                           const std::string& name) {
  const std::string what = "The settings of " + name + " cannot be asked for";
  const KafkaOwned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> resource(
      rd_kafka_ConfigResource_new(type, name.c_str()));
  auto event = AskKafka(
      client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what,
      [&](rd_kafka_t* handle, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_ConfigResource_t* one = resource.get();
        rd_kafka_DescribeConfigs(handle, &one, 1, options, queue);
      });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  if (count != 1) return RetryLater(what + ": the broker's answer lacks it.");
  const auto code = rd_kafka_ConfigResource_error(resources[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return FromKafka(code, what, rd_kafka_ConfigResource_error_string(resources[0]));
  }
  const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  Configs configs;
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    configs.emplace_back(rd_kafka_ConfigEntry_name(entries[i]), value == nullptr ? "" : value);
  }
  return configs;
}

bool Fits(const Wanted& wanted, const std::string& found) {
  if (wanted.needs == Needs::kJust) return found == wanted.value;
  try {
    const std::int64_t has = std::stoll(found);
    const std::int64_t needs = std::stoll(wanted.value);
    return wanted.needs == Needs::kAtLeast ? has >= needs : has <= needs;
  } catch (const std::exception&) {
    return false;
  }
}

std::string Words(Needs needs) {
  switch (needs) {
    case Needs::kAtLeast:
      return " at least";
    case Needs::kAtMost:
      return " at most";
    default:
      return "";
  }
}

Status Compare(KafkaClient& client, const TopicSettings& settings,
               const KafkaClient::TopicInfo& info) {
  const std::string full_name = client.TopicName(settings.name);
  const std::string topic =
      "Topic " + settings.name + " (" + full_name + " on " + client.settings().brokers + ") has ";
  if (info.partitions != settings.partitions) {
    return Fatal(topic + std::to_string(info.partitions) + " partitions, but " +
                 std::to_string(settings.partitions) +
                 " are wanted: it cannot be changed once records are there, so set `partitions = " +
                 std::to_string(info.partitions) + "` in [stream], or name another `prefix`.");
  }
  const auto configs = AskConfigs(client, RD_KAFKA_RESOURCE_TOPIC, full_name);
  if (!configs) return configs.error();
  std::string differences;
  std::string remedy;
  for (const Wanted& wanted : WantedOf(settings, MinInsyncOf(client.settings(), info.replicas))) {
    for (const auto& [name, value] : *configs) {
      if (name != wanted.name || Fits(wanted, value)) continue;
      if (!differences.empty()) differences += ", and ";
      differences +=
          name + " = " + value + ", but needs" + Words(wanted.needs) + " " + wanted.value;
      remedy += (remedy.empty() ? "" : ",") + name + "=" + wanted.value;
    }
  }
  if (differences.empty()) return {};
  return Fatal(topic + differences + ": change it with `kafka-configs.sh --alter --topic " +
               full_name + " --add-config " + remedy + "`, or name another `prefix` in [stream].");
}

// How many replicas a topic that is made will have: only asked for where it matters.
Result<int> ReplicasToBe(KafkaClient& client) {
  if (client.settings().replication > 0) return client.settings().replication;
  if (client.settings().min_insync_replicas > 0) return 1;  // not needed
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code =
      rd_kafka_metadata(client.admin(), 0, nullptr, &raw, static_cast<int>(kKafkaCallMax.count()));
  const KafkaMetadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return FromKafka(code, "The brokers cannot be listed");
  }
  if (metadata->broker_cnt < 1) return RetryLater("No broker has made itself known yet.");
  const auto configs =
      AskConfigs(client, RD_KAFKA_RESOURCE_BROKER, std::to_string(metadata->brokers[0].id));
  if (!configs) {
    if (configs.error().code != ErrorCode::kFatal) return configs.error();
    return Fatal(configs.error().message +
                 " Say `replication` in [stream], and it need not be asked for.");
  }
  for (const auto& [name, value] : *configs) {
    if (name == "default.replication.factor") return std::atoi(value.c_str());
  }
  return 1;
}

// Gives whether it was made; not where it is there already.
Result<bool> Create(KafkaClient& client, const TopicSettings& settings) {
  const auto replicas = ReplicasToBe(client);
  if (!replicas) return replicas.error();
  const std::string what = "Topic " + settings.name + " cannot be made";
  const std::string full_name = client.TopicName(settings.name);
  char why[512] = "";
  const KafkaOwned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(rd_kafka_NewTopic_new(
      full_name.c_str(), settings.partitions,
      client.settings().replication > 0 ? client.settings().replication : -1, why, sizeof why));
  if (!topic) return Fatal(what + ": " + why + ".");
  for (const Wanted& wanted : WantedOf(settings, MinInsyncOf(client.settings(), *replicas))) {
    rd_kafka_NewTopic_set_config(topic.get(), wanted.name, wanted.value.c_str());
  }
  auto event = AskKafka(
      client, RD_KAFKA_ADMIN_OP_CREATETOPICS, what,
      [&](rd_kafka_t* handle, const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_NewTopic_t* one = topic.get();
        rd_kafka_CreateTopics(handle, &one, 1, options, queue);
      },
      [](rd_kafka_AdminOptions_t* options) {
        char unused[64];
        static_cast<void>(rd_kafka_AdminOptions_set_operation_timeout(
            options, static_cast<int>(kKafkaCallMax.count()), unused, sizeof unused));
      });
  if (!event) return event.error();
  std::size_t count = 0;
  const auto** topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  if (count != 1) return RetryLater(what + ": the broker's answer lacks it.");
  switch (const auto code = rd_kafka_topic_result_error(topics[0])) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return true;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return false;
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return Fatal(what + ": " + rd_kafka_topic_result_error_string(topics[0]) + ".");
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:  // while a cluster comes up
      return RetryLater(what + ": " + rd_kafka_topic_result_error_string(topics[0]) +
                        " Start more brokers, or say a smaller `replication` in [stream].");
    default:
      return FromKafka(code, what, rd_kafka_topic_result_error_string(topics[0]));
  }
}

}  // namespace

Status EnsureKafkaTopic(KafkaClient& client, const TopicSettings& settings) {
  auto info = client.AskTopic(settings.name);
  if (!info && info.error().code == ErrorCode::kNotFound) {
    const auto made = Create(client, settings);
    if (!made) return made.error();
    client.NoteMade(settings.name);
    info = client.AskTopic(settings.name);
    if (info && *made) return {};
  }
  if (!info) return info.error();
  return Compare(client, settings, *info);
}

}  // namespace latecomer
