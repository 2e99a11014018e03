// The reader as a member of its group.
#include <algorithm>

#include "stream/kafka_errors.h"
#include "stream/kafka_group.h"
#include "stream/kafka_reader.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskStep{1'000};  // of a question within a poll
constexpr milliseconds kLeaveMax{500};
constexpr milliseconds kCheckMemberEvery{200};
// Before 2.3 librdkafka aborts where a member is destroyed after it has joined its group and before
// its first assignment (https://github.com/confluentinc/librdkafka/issues/4312).
constexpr int kSafeToDestroyFrom = 0x02030000;
constexpr std::int64_t kEarliest = RD_KAFKA_OFFSET_BEGINNING;

KafkaPartitions CopyOf(const rd_kafka_topic_partition_list_t* list) {
  return KafkaPartitions(rd_kafka_topic_partition_list_copy(list));
}

}  // namespace

void KafkaReader::OnRebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
  rd_kafka_t* const handle = handle_.get();
  const bool assign = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  was_assigned_ = was_assigned_ || assign;
  if (!assign && code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    is_out_ = true;
    rd_kafka_yield(handle);
    return;
  }
  if (closing_ || list->cnt == 0) {
    Answer(assign, list);
    return;
  }
  if (!assign && rd_kafka_assignment_lost(handle)) {
    is_out_ = true;
  } else {
    pending_ = Pending{assign ? Pending::kAssign : Pending::kRevoke, CopyOf(list), false};
  }
  rd_kafka_yield(handle);  // back to Poll at once
}

// Whoever leaves answers too, and by the incremental calls only: librdkafka waits for it.
void KafkaReader::Answer(bool assign, const rd_kafka_topic_partition_list_t* list) {
  const KafkaError failed(assign ? rd_kafka_incremental_assign(handle_.get(), list)
                                 : rd_kafka_incremental_unassign(handle_.get(), list));
}

Status KafkaReader::Join() {
  const KafkaPartitions list(
      rd_kafka_topic_partition_list_new(static_cast<int>(settings_.topics.size())));
  for (const std::string& topic : settings_.topics) {
    rd_kafka_topic_partition_list_add(list.get(), client_.TopicName(topic).c_str(),
                                      RD_KAFKA_PARTITION_UA);
  }
  auto handle =
      client_.factory().NewMember(client_.GroupId(settings_.group), settings_.instance, *this);
  if (!handle) return handle.error();
  handle_ = std::move(*handle);
  closing_ = is_out_ = echo_ = was_assigned_ = false;
  owner_.clear();
  const auto code = rd_kafka_subscribe(handle_.get(), list.get());
  return code == RD_KAFKA_RESP_ERR_NO_ERROR
             ? Status()
             : FromKafka(code, "Group " + settings_.group + " cannot be joined");
}

Result<std::optional<Polled>> KafkaReader::TakeEvent(Clock::time_point deadline) {
  if (settings_.group.empty()) return std::optional<Polled>();
  if (IsOut()) return LoseAll();
  if (!pending_ || pending_->told) return std::optional<Polled>();
  if (pending_->kind == Pending::kRevoke) return Revoke();
  return Assign(std::min(MsUntil(deadline), static_cast<int>(kAskStep.count())));
}

bool KafkaReader::IsOut() {
  if (is_out_ || places_.empty()) return is_out_;
  const auto now = Clock::now();
  if ((pending_ && !pending_->told) || now >= member_checked_at_ + kCheckMemberEvery) {
    member_checked_at_ = now;
    is_out_ = ReadKafkaGroup(handle_.get()).member != owner_;
  }
  return is_out_;
}

Result<std::optional<Polled>> KafkaReader::LoseAll() {
  if (Status fatal = CheckFatal(); !fatal) return fatal.error();
  Lost lost;
  for (const auto& [name, place] : places_) lost.partitions.push_back(name);
  Leave();
  places_.clear();
  last_topic_ = nullptr;
  last_place_ = nullptr;
  held_places_ = 0;
  if (Status joined = Join(); !joined) return joined.error();
  if (lost.partitions.empty()) return std::optional<Polled>();
  return std::optional<Polled>(std::move(lost));
}

// Tried again in the next poll where the offsets cannot be had yet.
Result<std::optional<Polled>> KafkaReader::Assign(int timeout_ms) {
  rd_kafka_topic_partition_list_t& list = *pending_->partitions;
  // A broker that is slow needs some time even for a caller who has none.
  timeout_ms = std::max(timeout_ms, 200);
  Status asked = AskCommittedOnce(client_, handle_.get(), settings_.group, list, timeout_ms);
  if (asked) asked = FillStarts(list, timeout_ms);
  if (!asked) {
    if (asked.error().code != ErrorCode::kRetryLater) return asked.error();
    return std::optional<Polled>();
  }
  std::string member = ReadKafkaGroup(handle_.get()).member;
  if (member.empty() || (!places_.empty() && member != owner_)) return LoseAll();
  owner_ = std::move(member);
  const KafkaPartitions taken = std::move(pending_->partitions);
  pending_.reset();
  const KafkaError failed(rd_kafka_incremental_assign(handle_.get(), taken.get()));
  if (failed) {
    if (Status fatal = CheckFatal(); !fatal) return fatal.error();
    return FromKafka(RD_KAFKA_RESP_ERR__STATE, "Assigned partitions cannot be taken",
                     rd_kafka_error_string(failed.get()));
  }
  Assigned assigned;
  for (int i = 0; i < taken->cnt; ++i) {
    assigned.partitions.push_back(NameIn(taken->elems[i]));
    AddPlace(assigned.partitions.back(), taken->elems[i].offset);
  }
  std::sort(assigned.partitions.begin(), assigned.partitions.end());
  return std::optional<Polled>(std::move(assigned));
}

std::optional<Polled> KafkaReader::Revoke() {
  pending_->told = true;
  Revoking revoking;
  for (int i = 0; i < pending_->partitions->cnt; ++i) {
    const TopicPartition name = NameIn(pending_->partitions->elems[i]);
    Place* const place = Find(name);
    if (place == nullptr) continue;
    place->leaving = true;
    revoking.partitions.push_back(name);
  }
  if (revoking.partitions.empty()) {
    static_cast<void>(ReleaseRevoked());
    return std::nullopt;
  }
  return Polled(std::move(revoking));
}

Status KafkaReader::ReleaseRevoked() {
  if (!pending_ || pending_->kind != Pending::kRevoke || !pending_->told) return {};
  const KafkaPartitions list = std::move(pending_->partitions);
  pending_.reset();
  return Unassign(list.get());
}

Status KafkaReader::Unassign(const rd_kafka_topic_partition_list_t* list) {
  for (int i = 0; i < list->cnt; ++i) ErasePlace(NameIn(list->elems[i]));
  const KafkaError failed(rd_kafka_incremental_unassign(handle_.get(), list));
  if (!failed) return {};
  if (Status fatal = CheckFatal(); !fatal) return fatal;
  return FromKafka(RD_KAFKA_RESP_ERR__STATE, "Revoked partitions cannot be released",
                   rd_kafka_error_string(failed.get()));
}

// Where the group has no offset it starts at the log's beginning: nothing is skipped silently.
Status KafkaReader::FillStarts(rd_kafka_topic_partition_list_t& list, int timeout_ms) const {
  const KafkaPartitions missing(rd_kafka_topic_partition_list_new(list.cnt));
  for (int i = 0; i < list.cnt; ++i) {
    const auto& one = list.elems[i];
    if (one.offset >= 0) continue;
    rd_kafka_topic_partition_list_add(missing.get(), one.topic, one.partition)->offset = kEarliest;
  }
  if (missing->cnt == 0) return {};
  const std::string what =
      "The start of the partitions of group " + settings_.group + " cannot be asked for";
  const auto code = rd_kafka_offsets_for_times(handle_.get(), missing.get(), timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(code, what);
  for (int i = 0; i < missing->cnt; ++i) {
    const auto& one = missing->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(one.err, what);
    rd_kafka_topic_partition_list_set_offset(&list, one.topic, one.partition,
                                             std::max<std::int64_t>(one.offset, 0));
  }
  return {};
}

Result<std::optional<std::int64_t>> KafkaReader::Committed(const TopicPartition& partition) {
  if (Status there = client_.CheckPartition(partition); !there) return there.error();
  if (settings_.group.empty()) return std::optional<std::int64_t>();
  return AskCommitted(client_, handle_.get(), settings_.group, partition);
}

// An empty member would pass the broker's check, and so would the new place of a member that was
// thrown out and has not said so yet. The last good one is refused by it, as it must be.
GroupMetadata KafkaReader::Group() const {
  if (settings_.group.empty()) return {};
  GroupMetadata now = ReadKafkaGroup(handle_.get());
  const bool is_out = is_out_ || rd_kafka_assignment_lost(handle_.get()) != 0;
  if (is_out || now.member.empty() || now.member != owner_ || now.generation < 0) {
    return known_group_;
  }
  now.group = settings_.group;
  known_group_ = std::move(now);
  return known_group_;
}

Status KafkaReader::CheckFatal() {
  char why[512] = "";
  const auto code = rd_kafka_fatal_error(handle_.get(), why, sizeof why);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || echo_) return {};
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID && client_.MayBeEcho(settings_.instance)) {
    echo_ = is_out_ = true;
    return {};
  }
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
    failed_ = Fatal("Another reader has joined group " + settings_.group + " as instance " +
                    settings_.instance + ": give each process its own `instance`.");
  } else {
    failed_ = Fatal("The reader of group " + settings_.group + " failed: " + why + ".");
  }
  return *failed_;
}

// A static member stays in the group until its session is over, so that its next incarnation finds
// its partitions. Another one leaves at once, if the coordinator answers: librdkafka would wait for
// one that does not.
void KafkaReader::Leave() {
  if (!handle_) return;
  closing_ = true;
  for (auto& [name, place] : places_) place.held.clear();
  if (settings_.group.empty()) return;
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), client_.TopicName(settings_.topics[0]).c_str(), 0);
  if (pending_) Answer(pending_->kind == Pending::kAssign, pending_->partitions.get());
  pending_.reset();
  const bool answers =
      settings_.instance.empty() && !failed_ &&
      rd_kafka_committed(handle_.get(), list.get(), static_cast<int>(kLeaveMax.count())) ==
          RD_KAFKA_RESP_ERR_NO_ERROR;
  if (answers) rd_kafka_consumer_close(handle_.get());
  if (rd_kafka_version() < kSafeToDestroyFrom && !was_assigned_) {
    // It has joined: then it is not destroyed, and what is left of it ends with the process.
    const KafkaOwnedText member(rd_kafka_memberid(handle_.get()));
    if (member && *member != '\0') static_cast<void>(handle_.release());
  }
  handle_.reset();
}

}  // namespace latecomer
