#include "stream/kafka_conf.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace latecomer {
namespace {

struct Setting {
  const char* name;
  const char* value;
  bool may_be_unknown = false;  // to older versions of librdkafka
};

// What a user may not set, and why.
struct Reserved {
  std::string_view name;
  const char* why;
};
constexpr const char* kByUs = "exactly-once rests on the value that latecomer gives it";
constexpr const char* kBrokers = "say it with `brokers` in [stream]";
constexpr const char* kNames = "latecomer makes it from the instance's name; see `instance`";
constexpr std::array kReserved = {
    Reserved{"bootstrap.servers", kBrokers},
    Reserved{"metadata.broker.list", kBrokers},
    Reserved{"group.id", kNames},
    Reserved{"group.instance.id", kNames},
    Reserved{"transactional.id", kNames},
    Reserved{"client.id", kNames},
    Reserved{"enable.auto.commit", kByUs},
    Reserved{"auto.commit.enable", kByUs},
    Reserved{"enable.auto.offset.store", kByUs},
    Reserved{"auto.offset.reset", kByUs},
    Reserved{"isolation.level", kByUs},
    Reserved{"enable.idempotence", kByUs},
    Reserved{"acks", kByUs},
    Reserved{"request.required.acks", kByUs},
    Reserved{"partition.assignment.strategy", kByUs},
    Reserved{"group.protocol", kByUs},
    Reserved{"group.remote.assignor", kByUs},
    Reserved{"enable.partition.eof", kByUs},
    Reserved{"allow.auto.create.topics", kByUs},
    Reserved{"delivery.report.only.error", kByUs},
    Reserved{"queuing.strategy", kByUs},
    Reserved{"produce.offset.report", kByUs},
    Reserved{"log.queue", kByUs},
    Reserved{"enable.random.seed", kByUs},
};

// Values of these are never shown.
bool IsSecret(std::string_view name) {
  for (const std::string_view part : {"password", "secret", "pem", "key", "token", "jaas"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return name == "sasl.oauthbearer.config" || name == "sasl.username";
}

constexpr std::initializer_list<Setting> kCommon = {
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "3000"},
    {"log.connection.close", "false"},
    {"api.version.request.timeout.ms", "5000"},
    // Wants no more of a broker's time than one that is there needs; above the records allowed.
    {"message.max.bytes", "9000000"},
};
// (A producer's socket.timeout.ms follows from its transaction.timeout.ms.)
constexpr std::initializer_list<Setting> kConsumers = {
    {"socket.timeout.ms", "15000"},  // a broker that hangs is given up well within a session
    {"allow.auto.create.topics", "false"}, {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "earliest"},
    {"enable.partition.eof", "true"},
};
// Bounds of a reader's memory: what is queued, and one fetch more. A record larger than a fetch is
// fetched all the same, alone.
constexpr std::initializer_list<Setting> kReading = {
    {"queued.max.messages.kbytes", "32768"}, {"queued.min.messages", "100000"},
    {"fetch.max.bytes", "16777216"},         {"fetch.message.max.bytes", "4194304"},
    {"fetch.error.backoff.ms", "100"},       {"fetch.queue.backoff.ms", "10", true},
};
constexpr std::initializer_list<Setting> kMembers = {
    {"session.timeout.ms", "45000"},
    {"heartbeat.interval.ms", "3000"},
    {"fetch.wait.max.ms", "250"},
};
// Restoring ends with a fetch that finds nothing more: it should not wait long for that.
constexpr std::initializer_list<Setting> kLoners = {
    {"fetch.wait.max.ms", "50"},
};
// The time-out is how long readers wait for a transaction that its writer left behind; the
// longest commit must fit in (batches last a second at most).
constexpr std::initializer_list<Setting> kWriters = {
    {"transaction.timeout.ms", "10000"},
    {"linger.ms", "5"},
    {"batch.num.messages", "10000"},
    {"batch.size", "1000000"},
    {"compression.codec", "lz4"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "262144"},
};

class ConfBuilder {
 public:
  ConfBuilder() : conf_(rd_kafka_conf_new()) {}

  void Set(const char* name, const std::string& value, bool may_be_unknown = false) {
    if (error_) return;
    char why[512] = "";
    const auto result = rd_kafka_conf_set(conf_.get(), name, value.c_str(), why, sizeof why);
    if (result == RD_KAFKA_CONF_OK || (result == RD_KAFKA_CONF_UNKNOWN && may_be_unknown)) return;
    error_ = Fatal("librdkafka refuses " + std::string(name) + ": " + why + ".");
  }
  void Set(std::initializer_list<Setting> settings) {
    for (const Setting& setting : settings) {
      Set(setting.name, setting.value, setting.may_be_unknown);
    }
  }
  // The user's.
  void Set(const KafkaStreamSettings& settings) {
    for (const auto& [name, value] : settings.librdkafka) {
      if (!error_) SetOne(name, value);
    }
  }

  rd_kafka_conf_t* conf() { return conf_.get(); }

  Result<KafkaHandle> Make(rd_kafka_type_t type, KafkaOwner& owner) {
    if (error_) return *error_;
    rd_kafka_conf_set_opaque(conf_.get(), &owner);
    rd_kafka_conf_set_log_cb(conf_.get(), [](const rd_kafka_t* handle, int level,
                                             const char* facility, const char* text) {
      const void* opaque = handle == nullptr ? nullptr : rd_kafka_opaque(handle);
      if (opaque == nullptr) return;
      static_cast<const KafkaOwner*>(opaque)->log().Line(level, facility, text);
    });
    char why[512] = "";
    rd_kafka_t* handle = rd_kafka_new(type, conf_.get(), why, sizeof why);
    if (handle == nullptr) {
      return Fatal("librdkafka refuses the settings of [stream] and [stream.librdkafka]: " +
                   std::string(why) + ".");
    }
    static_cast<void>(conf_.release());  // now the handle's
    return KafkaHandle(handle);
  }

 private:
  void SetOne(const std::string& name, const std::string& value) {
    const auto fail = [&](const std::string& what) {
      error_ = Fatal("[stream.librdkafka] " + name + what);
    };
    for (const Reserved& reserved : kReserved) {
      if (reserved.name == name) return fail(" may not be set: " + std::string(reserved.why) + ".");
    }
    char why[512] = "";
    switch (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), why, sizeof why)) {
      case RD_KAFKA_CONF_OK:
        return;
      case RD_KAFKA_CONF_UNKNOWN:
        return fail(" is no setting of librdkafka " + std::string(rd_kafka_version_str()) + ".");
      default:
        if (IsSecret(name)) return fail(" has a value that librdkafka refuses.");
        return fail(" = \"" + value + "\" is refused by librdkafka: " + why + ".");
    }
  }

  KafkaConf conf_;
  std::optional<Error> error_;
};

ConfBuilder Begin(const KafkaStreamSettings& settings) {
  ConfBuilder builder;
  builder.Set("bootstrap.servers", settings.brokers);
  builder.Set("client.id", settings.client_id);
  builder.Set(kCommon);
  return builder;
}

ConfBuilder BeginReading(const KafkaStreamSettings& settings, const std::string& group_id,
                         std::initializer_list<Setting> own) {
  ConfBuilder builder = Begin(settings);
  builder.Set(kConsumers);
  builder.Set(kReading);
  builder.Set(own);
  builder.Set("isolation.level", "read_committed");
  builder.Set("group.id", group_id);
  builder.Set(settings);
  return builder;
}

}  // namespace

Status KafkaFactory::Check() {
  if (settings_.brokers.empty()) return Fatal("[stream] brokers is empty: name a Kafka broker.");
  // Making the handles checks what only shows together: certificates, time-outs that must fit.
  if (auto member = NewMember("check", "check", owner_); !member) return member.error();
  if (auto producer = NewProducer("check"); !producer) return producer.error();
  return {};
}

Result<KafkaHandle> KafkaFactory::NewAdmin() {
  ConfBuilder builder = Begin(settings_);
  builder.Set(kConsumers);
  builder.Set("isolation.level", "read_uncommitted");
  builder.Set(settings_);
  return builder.Make(RD_KAFKA_CONSUMER, owner_);
}

Result<KafkaHandle> KafkaFactory::NewMember(const std::string& group_id,
                                            const std::string& instance, KafkaOwner& owner) {
  ConfBuilder builder = BeginReading(settings_, group_id, kMembers);
  builder.Set("partition.assignment.strategy", "cooperative-sticky");
  if (!instance.empty()) builder.Set("group.instance.id", instance);
  rd_kafka_conf_set_rebalance_cb(
      builder.conf(),
      [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
         void* opaque) { static_cast<KafkaOwner*>(opaque)->OnRebalance(code, partitions); });
  return builder.Make(RD_KAFKA_CONSUMER, owner);
}

Result<KafkaHandle> KafkaFactory::NewConsumer(const std::string& group_id) {
  return BeginReading(settings_, group_id, kLoners).Make(RD_KAFKA_CONSUMER, owner_);
}

Result<KafkaHandle> KafkaFactory::NewProducer(const std::string& transactional_id) {
  ConfBuilder builder = Begin(settings_);
  builder.Set(kWriters);
  builder.Set("transactional.id", transactional_id);
  builder.Set("enable.idempotence", "true");
  builder.Set("delivery.report.only.error", "true");
  builder.Set(settings_);
  rd_kafka_conf_set_events(builder.conf(), RD_KAFKA_EVENT_DR);
  return builder.Make(RD_KAFKA_PRODUCER, owner_);
}

}  // namespace latecomer
