// A consumer of librdkafka as a Reader: its polls give the group's events as values.
//
// librdkafka calls back within a poll when the group gives or takes partitions, and then waits,
// with heartbeats going on, until it is told that they are taken or released. That telling is done
// when the caller hears of the event: for Assigned in the Poll that returns it, for Revoking in
// ReleaseRevoked. So there is never more than one event under way, and consumer_poll itself keeps
// max.poll.interval.ms.
//
// Lost is our own finding too: librdkafka (2.0 to 2.10 at least) says nothing when a member is
// thrown out in the midst of a rebalance, joins again with what it once owned, and may so come by a
// good generation for partitions that somebody else has worked on meanwhile. A partition is ours
// only as long as the member id is the one it was assigned to; once it is not, all are lost, and
// the consumer is made anew.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stream/kafka_client.h"
#include "stream/kafka_conf.h"
#include "stream/kafka_handles.h"
#include "stream/stream.h"

namespace latecomer {

Result<std::unique_ptr<Reader>> NewKafkaReader(KafkaClient& client, const ReaderSettings& settings);

class KafkaReader final : public Reader, private KafkaOwner {
 public:
  KafkaReader(KafkaClient& client, const ReaderSettings& settings);
  ~KafkaReader() override;
  KafkaReader(const KafkaReader&) = delete;
  KafkaReader& operator=(const KafkaReader&) = delete;

  // Makes the consumer; it joins its group in the polls that follow.
  Status Start();

  Result<Polled> Poll(std::size_t max, std::chrono::milliseconds wait) override;
  Status ReleaseRevoked() override;
  Result<std::int64_t> Position(const TopicPartition& partition) override;
  Status Seek(const TopicPartition& partition, std::int64_t offset) override;
  void Pause(const TopicPartition& partition) override;
  void Resume(const TopicPartition& partition) override;
  Result<std::optional<std::int64_t>> Committed(const TopicPartition& partition) override;
  GroupMetadata Group() const override;

 private:
  using Clock = std::chrono::steady_clock;

  // A partition that the caller knows to be its own.
  struct Place {
    TopicPartition name;
    std::int64_t position = 0;
    std::int64_t last = -1;  // the offset given last
    bool paused = false;
    bool leaving = false;
    // Pausing in librdkafka throws away what it has fetched. A pause is therefore kept here, what
    // comes meanwhile is held, and only a partition that has enough of it is paused there.
    bool paused_below = false;
    std::deque<KafkaMessage> held;  // records and ends, in order
    std::size_t held_bytes = 0;
  };
  // What librdkafka waits for.
  struct Pending {
    enum Kind { kAssign, kRevoke } kind = kAssign;
    KafkaPartitions partitions;
    bool told = false;  // a Revoking that was returned
  };

  // kafka_reader.cpp
  Status Gather(std::size_t max, Clock::time_point deadline, std::vector<Record>& records);
  void TakeHeld(std::size_t max, std::vector<Record>& records);
  Status Take(KafkaMessage message, std::vector<Record>& records);
  void TakeInOrder(Place& place, const rd_kafka_message_t& message, std::vector<Record>& records);
  void Hold(Place& place, KafkaMessage message);
  Status TakeError(const rd_kafka_message_t& message);
  Place* Find(const TopicPartition& partition);
  Place* FindPlace(const rd_kafka_message_t& message);
  void AddPlace(const TopicPartition& name, std::int64_t position);
  void ErasePlace(const TopicPartition& name);
  TopicPartition NameIn(const rd_kafka_topic_partition_t& partition) const;
  Status SeekBelow(const TopicPartition& partition, std::int64_t offset);

  // kafka_reader_group.cpp
  void OnRebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) override;
  Result<std::optional<Polled>> TakeEvent(Clock::time_point deadline);
  Result<std::optional<Polled>> Assign(int timeout_ms);
  std::optional<Polled> Revoke();
  bool IsOut();
  Result<std::optional<Polled>> LoseAll();
  void Answer(bool assign, const rd_kafka_topic_partition_list_t* list);
  Status Join();
  Status FillStarts(rd_kafka_topic_partition_list_t& list, int timeout_ms) const;
  Status Unassign(const rd_kafka_topic_partition_list_t* list);
  Status CheckFatal();
  void Leave();

  KafkaClient& client_;
  const ReaderSettings settings_;
  KafkaHandle handle_;
  std::map<TopicPartition, Place> places_;
  // The place of the message before: most often the next one's, too.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  std::int32_t last_partition_ = -1;
  Place* last_place_ = nullptr;
  std::size_t held_places_ = 0;  // that hold something

  std::optional<Pending> pending_;
  std::string owner_;  // the member id that the places were assigned to
  bool is_out_ = false;
  Clock::time_point member_checked_at_{};
  bool closing_ = false;
  bool was_assigned_ = false;  // this member, at least once
  bool echo_ = false;          // this member was fenced, perhaps by its own echo: it joins anew
  std::optional<Error> failed_;
  mutable GroupMetadata known_group_;  // while the places were last known to be ours
};

}  // namespace latecomer
