#include "stream/kafka_writer.h"

#include <algorithm>

#include "stream/kafka_errors.h"
#include "stream/kafka_group.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kServeEvery = 1'000;  // records
constexpr milliseconds kFlushStep{50};
constexpr milliseconds kQueueFullStep{10};
// Longer than a transaction lives there is nothing to wait for; the coordinator aborts it.
constexpr milliseconds kTransactionMax{10'000};
constexpr milliseconds kAbortMax{4'000};
constexpr milliseconds kAbortFlushMax{500};
constexpr milliseconds kFarewellMax{1'000};

}  // namespace

Result<std::unique_ptr<Writer>> NewKafkaWriter(KafkaClient& client,
                                               const std::string& transactional_id) {
  if (transactional_id.empty()) return Invalid("A writer needs a transactional id.");
  auto writer = std::make_unique<KafkaWriter>(client, transactional_id);
  if (Status started = writer->Start(); !started) return started.error();
  return std::unique_ptr<Writer>(std::move(writer));
}

Status KafkaWriter::Start() {
  auto handle = client_.factory().NewProducer(client_.GroupId(id_));
  if (!handle) return handle.error();
  handle_ = std::move(*handle);
  reports_.reset(rd_kafka_queue_get_main(handle_.get()));
  const KafkaError failed(
      rd_kafka_init_transactions(handle_.get(), static_cast<int>(kKafkaCallMax.count())));
  if (!failed) {
    client_.log().Answered();
    return {};
  }
  const auto code = rd_kafka_error_code(failed.get());
  const char* text = rd_kafka_error_string(failed.get());
  const std::string what = "Writer " + id_ + " cannot begin";
  if (IsFenced(code)) return Conflict(what + ": " + text + ".");
  if (IsPermanent(code)) return Fatal(what + ": " + text + ".");
  if (IsUnreachable(code)) client_.log().Away(text);
  return RetryLater(what + ": " + text + ".");
}

KafkaWriter::~KafkaWriter() {
  if (!handle_) return;
  // So that nobody has to wait for the transaction's time-out.
  if (open_ && !failed_) static_cast<void>(AbortOpen(Clock::now() + kFarewellMax));
  // What is queued or on its way would be waited for.
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  topics_.clear();
  reports_.reset();
}

Status KafkaWriter::CheckOpen() const {
  if (failed_) return *failed_;
  if (!open_) return Invalid("Writer " + id_ + " has no open transaction.");
  return {};
}

Status KafkaWriter::Begin() {
  if (failed_) return *failed_;
  if (open_) return Invalid("Writer " + id_ + " has a transaction open already.");
  if (Status begun =
          Judge(KafkaError(rd_kafka_begin_transaction(handle_.get())), "begin a transaction");
      !begun) {
    return begun;
  }
  open_ = true;
  must_abort_ = false;
  undelivered_.clear();
  return {};
}

Result<KafkaWriter::Topic*> KafkaWriter::Find(std::string_view name) {
  auto known = topics_.find(name);
  if (known == topics_.end()) {
    const auto partitions = client_.KnownPartitionCount(name);
    if (!partitions) return partitions.error();
    Topic topic;
    topic.handle.reset(rd_kafka_topic_new(handle_.get(), client_.TopicName(name).c_str(), nullptr));
    if (!topic.handle) return FromKafka(rd_kafka_last_error(), "Writer " + id_ + " cannot write");
    topic.partitions = *partitions;
    known = topics_.emplace(std::string(name), std::move(topic)).first;
  }
  return &known->second;
}

Status KafkaWriter::Append(std::string_view topic_name, std::int32_t partition,
                           std::string_view key, std::optional<std::string_view> value) {
  if (Status open = CheckOpen(); !open) return open;
  const auto topic = Find(topic_name);
  if (!topic) return topic.error();
  const std::int32_t chosen = partition == -1 ? PartitionOf(key, (*topic)->partitions) : partition;
  if (chosen < 0 || chosen >= (*topic)->partitions) {
    return client_.CheckPartition({std::string(topic_name), chosen});
  }
  if (++unserved_ >= kServeEvery) ServeReports();
  return Produce(**topic, chosen, key, value);
}

Status KafkaWriter::Produce(const Topic& topic, std::int32_t partition, std::string_view key,
                            std::optional<std::string_view> value) {
  static constexpr char kEmpty[] = "";  // not null: that would be no key, or no value
  const char* const key_at = key.empty() ? kEmpty : key.data();
  const char* value_at = nullptr;
  if (value) value_at = value->empty() ? kEmpty : value->data();
  const auto deadline = Clock::now() + kTransactionMax;
  for (;;) {
    // librdkafka copies the value, but takes it as not const.
    const int failed = rd_kafka_produce(topic.handle.get(), partition, RD_KAFKA_MSG_F_COPY,
                                        const_cast<char*>(value_at), value ? value->size() : 0,
                                        key_at, key.size(), nullptr);
    if (failed == 0) return {};
    const auto code = rd_kafka_last_error();
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      // Reports of what failed take room too.
      ServeReports();
      if (Clock::now() < deadline && undelivered_.empty()) {
        rd_kafka_flush(handle_.get(), static_cast<int>(kQueueFullStep.count()));
        continue;
      }
      return RetryLater("Writer " + id_ + " waited in vain for room in its queue.");
    }
    if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      return Invalid("A record of " + std::to_string(key.size() + (value ? value->size() : 0)) +
                     " bytes is too large for topic " +
                     client_.ShortName(rd_kafka_topic_name(topic.handle.get())) + ".");
    }
    // The transaction has failed in the background, or the producer has.
    ServeReports();
    char why[512] = "";
    const auto fatal = rd_kafka_fatal_error(handle_.get(), why, sizeof why);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Die(IsPermanent(fatal) ? Fatal("Writer " + id_ + " failed: " + why + ".")
                                    : Conflict("Writer " + id_ + " is fenced: " + why + "."));
    }
    must_abort_ = true;
    return FromKafka(code, "Writer " + id_ + " cannot write",
                     undelivered_.empty() ? nullptr : undelivered_.c_str());
  }
}

void KafkaWriter::ServeReports() {
  unserved_ = 0;
  for (;;) {
    const KafkaEvent event(rd_kafka_queue_poll(reports_.get(), 0));
    if (!event) return;
    const rd_kafka_message_t* message = nullptr;
    while ((message = rd_kafka_event_message_next(event.get())) != nullptr) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || !undelivered_.empty()) continue;
      undelivered_ = std::string("a record of topic ") +
                     client_.ShortName(rd_kafka_topic_name(message->rkt)) +
                     " could not be delivered: " + rd_kafka_err2str(message->err);
    }
  }
}

Status KafkaWriter::SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                                std::int64_t next) {
  if (Status open = CheckOpen(); !open) return open;
  if (group.group.empty()) return Invalid("Offsets need the name of a group.");
  if (next < 0) {
    return Invalid("There is no offset " + std::to_string(next) + " to commit in " +
                   NameOf(partition) + ".");
  }
  if (group.generation < 0) {
    return Conflict("Group " + group.group + " has given this member no place: what it did with " +
                    NameOf(partition) + " may be somebody else's work.");
  }
  if (Status there = client_.CheckPartition(partition); !there) return there;
  const auto same = [&](const Offsets& offsets) {
    return offsets.group.group == group.group && offsets.group.member == group.member &&
           offsets.group.generation == group.generation;
  };
  auto found = std::find_if(offsets_.begin(), offsets_.end(), same);
  if (found == offsets_.end()) {
    offsets_.push_back({group, KafkaPartitions(rd_kafka_topic_partition_list_new(8))});
    found = offsets_.end() - 1;
  }
  const std::string topic = client_.TopicName(partition.topic);
  rd_kafka_topic_partition_t* place = rd_kafka_topic_partition_list_find(
      found->partitions.get(), topic.c_str(), partition.partition);
  if (place == nullptr) {
    place = rd_kafka_topic_partition_list_add(found->partitions.get(), topic.c_str(),
                                              partition.partition);
  }
  place->offset = next;
  return {};
}

Status KafkaWriter::Commit() {
  if (Status open = CheckOpen(); !open) return open;
  Status committed = CommitOpen();
  if (!committed && !failed_) {
    const Status aborted = AbortOpen(Clock::now() + kAbortMax);
    if (!aborted) committed = aborted;
    // The writer lives, but whoever it writes for has no say any more.
    if (committed.error().code == ErrorCode::kConflict) failed_ = committed.error();
  }
  open_ = false;
  offsets_.clear();
  return committed;
}

Status KafkaWriter::CommitOpen() {
  const auto deadline = Clock::now() + kTransactionMax;
  if (must_abort_) return RetryLater("Writer " + id_ + " has to abort: " + undelivered_ + ".");
  if (Status flushed = Flush(deadline); !flushed) return flushed;
  if (Status sent = SendAllOffsets(deadline); !sent) return sent;
  KafkaError error(rd_kafka_commit_transaction(handle_.get(), MsUntil(deadline)));
  // Then it may have been committed, or be committed yet: only a new writer of this id can tell.
  if (error && rd_kafka_error_is_retriable(error.get())) {
    return Die(Conflict("Writer " + id_ + " does not know whether its transaction was committed: " +
                        rd_kafka_error_string(error.get()) + "."));
  }
  if (Status done = Judge(std::move(error), "commit"); !done) return done;
  client_.log().Answered();
  return {};
}

// Reports of failures must be taken for the queue to become empty: it is looked into now and then.
Status KafkaWriter::Flush(Clock::time_point deadline) {
  for (;;) {
    const auto code = rd_kafka_flush(
        handle_.get(), std::min(MsUntil(deadline), static_cast<int>(kFlushStep.count())));
    ServeReports();
    if (!undelivered_.empty()) {
      return RetryLater("Writer " + id_ + " has to abort: " + undelivered_ + ".");
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (Clock::now() >= deadline) {
      client_.log().Away("records could not be delivered in time");
      return RetryLater("Writer " + id_ + " could not deliver its records in time.");
    }
  }
}

Status KafkaWriter::SendAllOffsets(Clock::time_point deadline) {
  for (const Offsets& offsets : offsets_) {
    const KafkaGroup group = MakeKafkaGroup(client_, offsets.group);
    if (Status sent =
            Judge(KafkaError(rd_kafka_send_offsets_to_transaction(
                      handle_.get(), offsets.partitions.get(), group.get(), MsUntil(deadline))),
                  "send offsets");
        !sent) {
      return sent;
    }
  }
  return {};
}

Status KafkaWriter::Judge(KafkaError error, const char* call) {
  if (!error) return {};
  const auto code = rd_kafka_error_code(error.get());
  const std::string message =
      "Writer " + id_ + " cannot " + call + ": " + rd_kafka_error_string(error.get()) + ".";
  if (IsPermanent(code)) return Die(Fatal(message));
  if (rd_kafka_error_is_fatal(error.get())) return Die(Conflict(message));
  if (IsFenced(code)) return Conflict(message);
  if (IsUnreachable(code)) client_.log().Away(message);
  return RetryLater(message);
}

Status KafkaWriter::Die(Error error) {
  failed_ = error;
  open_ = false;
  offsets_.clear();
  return error;
}

Status KafkaWriter::Abort() {
  if (Status open = CheckOpen(); !open) return open;
  return AbortOpen(Clock::now() + kAbortMax);
}

Status KafkaWriter::AbortOpen(Clock::time_point deadline) {
  open_ = false;
  offsets_.clear();
  // An abort that comes before the coordinator has taken in the partitions (it puts that off while
  // the transaction before is being completed) is refused, and kills the producer.
  if (undelivered_.empty() && !must_abort_) {
    rd_kafka_flush(handle_.get(),
                   std::min(MsUntil(deadline), static_cast<int>(kAbortFlushMax.count())));
  }
  for (;;) {
    KafkaError error(rd_kafka_abort_transaction(
        handle_.get(), std::min(MsUntil(deadline), static_cast<int>(kFlushStep.count()) * 10)));
    ServeReports();
    if (!error) return {};
    if (rd_kafka_error_is_retriable(error.get()) && Clock::now() < deadline) continue;
    // Whatever it is: a writer that cannot abort cannot begin again.
    const auto code = rd_kafka_error_code(error.get());
    const std::string message =
        "Writer " + id_ + " cannot abort its transaction: " + rd_kafka_error_string(error.get()) +
        ".";
    return Die(IsPermanent(code) ? Fatal(message) : Conflict(message));
  }
}

}  // namespace latecomer
