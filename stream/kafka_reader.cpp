#include "stream/kafka_reader.h"

#include <algorithm>
#include <thread>

#include "stream/kafka_errors.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPollRecordsMax = 100'000;
constexpr std::size_t kPollBytesMax = std::size_t{16} << 20;
constexpr std::size_t kHeldMax = 256;  // messages of a paused partition
constexpr std::size_t kHeldBytesMax = std::size_t{1} << 20;
constexpr milliseconds kSeekMax{2'000};
constexpr milliseconds kSeekAgainEvery{2};
constexpr char kLonersGroup[] = "reader";  // librdkafka wants one; nothing is committed to it

KafkaPartitions OneOf(const std::string& topic, std::int32_t partition) {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  return list;
}

Error NotOurs(const TopicPartition& partition) {
  return NotFound("This reader does not have " + NameOf(partition) + ".");
}

}  // namespace

Result<std::unique_ptr<Reader>> NewKafkaReader(KafkaClient& client,
                                               const ReaderSettings& settings) {
  auto reader = std::make_unique<KafkaReader>(client, settings);
  if (Status started = reader->Start(); !started) return started.error();
  return std::unique_ptr<Reader>(std::move(reader));
}

KafkaReader::KafkaReader(KafkaClient& client, const ReaderSettings& settings)
    : KafkaOwner(client.log()), client_(client), settings_(settings) {
  known_group_ = {settings.group, "", -1, settings.instance};
  if (!settings_.group.empty()) client_.CountMembers(settings_.instance, +1);
}

KafkaReader::~KafkaReader() {
  Leave();
  if (!settings_.group.empty()) client_.CountMembers(settings_.instance, -1);
}

Status KafkaReader::Start() {
  if (settings_.group.empty()) {
    KafkaPartitions list(
        rd_kafka_topic_partition_list_new(static_cast<int>(settings_.partitions.size())));
    for (const TopicPartition& partition : settings_.partitions) {
      if (Status there = client_.CheckPartition(partition); !there) return there;
      rd_kafka_topic_partition_list_add(list.get(), client_.TopicName(partition.topic).c_str(),
                                        partition.partition)
          ->offset = 0;
      AddPlace(partition, 0);
    }
    auto handle = client_.factory().NewConsumer(client_.GroupId(kLonersGroup));
    if (!handle) return handle.error();
    handle_ = std::move(*handle);
    const auto code = rd_kafka_assign(handle_.get(), list.get());
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? Status()
               : FromKafka(code, "A reader cannot take its partitions");
  }
  if (settings_.topics.empty()) {
    return Invalid("A reader of group " + settings_.group + " needs a topic.");
  }
  for (const std::string& topic : settings_.topics) {
    if (const auto count = client_.PartitionCount(topic); !count) return count.error();
  }
  return Join();
}

Result<Polled> KafkaReader::Poll(std::size_t max, milliseconds wait) {
  if (failed_) return *failed_;
  const auto deadline = Clock::now() + wait;
  auto event = TakeEvent(deadline);
  if (!event) return event.error();
  if (*event) return std::move(**event);
  std::vector<Record> records;
  if (Status gathered = Gather(std::min(max, kPollRecordsMax), deadline, records); !gathered) {
    return gathered.error();
  }
  // Records of partitions that somebody else has by now are of no use.
  if (!records.empty() && !is_out_) return Polled(Records{std::move(records)});
  event = TakeEvent(deadline);
  if (!event) return event.error();
  if (*event) return std::move(**event);
  return Polled(Records{});
}

Status KafkaReader::Gather(std::size_t max, Clock::time_point deadline,
                           std::vector<Record>& records) {
  if (max == 0) max = 1;
  TakeHeld(max, records);
  std::size_t bytes = 0;
  while (records.size() < max && bytes < kPollBytesMax) {
    int timeout_ms = 0;
    if (records.empty() && Clock::now() < deadline) timeout_ms = MsUntil(deadline);
    // One at a time: batch-consume calls skip offsets around pauses in versions before 2.1.
    KafkaMessage message(rd_kafka_consumer_poll(handle_.get(), timeout_ms));
    if (is_out_ || (pending_ && !pending_->told)) {
      if (message) return Take(std::move(message), records);
      return {};
    }
    if (!message) {
      if (!records.empty() || Clock::now() >= deadline) return CheckFatal();
      continue;
    }
    bytes += message->len + message->key_len;
    if (Status taken = Take(std::move(message), records); !taken) return taken;
    if (is_out_) return {};
    if (records.empty() && Clock::now() >= deadline) return {};
  }
  return {};
}

void KafkaReader::TakeHeld(std::size_t max, std::vector<Record>& records) {
  if (held_places_ == 0) return;
  for (auto& [name, place] : places_) {
    if (place.paused || place.leaving || place.held.empty()) continue;
    while (!place.held.empty() && records.size() < max) {
      TakeInOrder(place, *place.held.front(), records);
      place.held_bytes -= place.held.front()->len;
      place.held.pop_front();
    }
    if (place.held.empty()) --held_places_;
  }
}

Status KafkaReader::Take(KafkaMessage message, std::vector<Record>& records) {
  const auto code = message->err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    return TakeError(*message);
  }
  Place* const place = FindPlace(*message);
  if (place == nullptr || place->leaving) return {};
  // What was held before it comes first.
  if (place->paused || !place->held.empty()) {
    Hold(*place, std::move(message));
  } else {
    TakeInOrder(*place, *message, records);
  }
  return {};
}

void KafkaReader::TakeInOrder(Place& place, const rd_kafka_message_t& message,
                              std::vector<Record>& records) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    place.position = message.offset;
    client_.log().Answered();
    return;
  }
  // A pause of librdkafka's own, in a rebalance, may take back the message that is just being
  // given, and give it again.
  if (message.offset == place.last) return;
  Record& record = records.emplace_back();
  record.partition = message.partition;
  record.offset = message.offset;
  record.timestamp = rd_kafka_message_timestamp(&message, nullptr);
  if (message.key != nullptr) {
    record.key.assign(static_cast<const char*>(message.key), message.key_len);
  }
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  place.last = message.offset;
  place.position = message.offset + 1;
}

void KafkaReader::Hold(Place& place, KafkaMessage message) {
  if (place.held.empty()) ++held_places_;
  place.held_bytes += message->len;
  place.held.push_back(std::move(message));
  if (place.paused_below || !place.paused) return;
  if (place.held.size() < kHeldMax && place.held_bytes < kHeldBytesMax) return;
  const KafkaPartitions list = OneOf(client_.TopicName(place.name.topic), place.name.partition);
  place.paused_below =
      rd_kafka_pause_partitions(handle_.get(), list.get()) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

Status KafkaReader::TakeError(const rd_kafka_message_t& message) {
  if (Status fatal = CheckFatal(); !fatal) return fatal;
  const char* text = rd_kafka_message_errstr(&message);
  if (message.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    is_out_ = true;  // librdkafka has logged it
    return {};
  }
  if (IsPermanent(message.err)) {
    return FromKafka(message.err, "Group " + settings_.group + " cannot be read", text);
  }
  client_.log().Line(4, "CONSUME", text);  // librdkafka tries on
  return {};
}

KafkaReader::Place* KafkaReader::Find(const TopicPartition& partition) {
  const auto found = places_.find(partition);
  return found == places_.end() ? nullptr : &found->second;
}

KafkaReader::Place* KafkaReader::FindPlace(const rd_kafka_message_t& message) {
  if (message.rkt == last_topic_ && message.partition == last_partition_) return last_place_;
  if (message.rkt == nullptr) return nullptr;
  Place* const place =
      Find({client_.ShortName(rd_kafka_topic_name(message.rkt)), message.partition});
  if (place == nullptr) return nullptr;
  last_topic_ = message.rkt;
  last_partition_ = message.partition;
  last_place_ = place;
  return place;
}

void KafkaReader::AddPlace(const TopicPartition& name, std::int64_t position) {
  Place& place = places_[name];
  place.name = name;
  place.position = position;
}

void KafkaReader::ErasePlace(const TopicPartition& name) {
  const auto found = places_.find(name);
  if (found == places_.end()) return;
  if (!found->second.held.empty()) --held_places_;
  // Otherwise it would be so for who has the partition next in this process.
  if (found->second.paused_below) {
    const KafkaPartitions list = OneOf(client_.TopicName(name.topic), name.partition);
    rd_kafka_resume_partitions(handle_.get(), list.get());
  }
  places_.erase(found);
  last_topic_ = nullptr;
  last_place_ = nullptr;
}

TopicPartition KafkaReader::NameIn(const rd_kafka_topic_partition_t& partition) const {
  return {client_.ShortName(partition.topic), partition.partition};
}

Result<std::int64_t> KafkaReader::Position(const TopicPartition& partition) {
  const Place* place = Find(partition);
  if (place == nullptr) return NotOurs(partition);
  return place->position;
}

Status KafkaReader::Seek(const TopicPartition& partition, std::int64_t offset) {
  Place* const place = Find(partition);
  if (place == nullptr) return NotOurs(partition);
  if (offset < 0) {
    return Invalid("There is no offset " + std::to_string(offset) + " to seek to in " +
                   NameOf(partition) + ".");
  }
  if (offset == place->position) return {};  // what is held or fetched goes on from here
  if (!place->held.empty()) --held_places_;
  place->held.clear();
  place->held_bytes = 0;
  place->position = offset;
  place->last = -1;
  return SeekBelow(partition, offset);
}

// A partition that was assigned a moment ago cannot be moved yet.
Status KafkaReader::SeekBelow(const TopicPartition& partition, std::int64_t offset) {
  const auto deadline = Clock::now() + kSeekMax;
  const KafkaPartitions list = OneOf(client_.TopicName(partition.topic), partition.partition);
  for (;;) {
    list->elems[0].offset = offset;
    list->elems[0].err = RD_KAFKA_RESP_ERR_NO_ERROR;
    const KafkaError failed(rd_kafka_seek_partitions(handle_.get(), list.get(), MsUntil(deadline)));
    auto code = list->elems[0].err;
    if (failed) code = rd_kafka_error_code(failed.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (Clock::now() + kSeekAgainEvery >= deadline) {
      return FromKafka(code, "The reader cannot be moved in " + NameOf(partition));
    }
    std::this_thread::sleep_for(kSeekAgainEvery);
  }
}

void KafkaReader::Pause(const TopicPartition& partition) {
  if (Place* place = Find(partition)) place->paused = true;
}

void KafkaReader::Resume(const TopicPartition& partition) {
  Place* const place = Find(partition);
  if (place == nullptr) return;
  place->paused = false;
  if (!std::exchange(place->paused_below, false)) return;
  const KafkaPartitions list = OneOf(client_.TopicName(partition.topic), partition.partition);
  rd_kafka_resume_partitions(handle_.get(), list.get());
}

}  // namespace latecomer
