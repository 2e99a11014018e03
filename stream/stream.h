// The log between the daemons, with Kafka's semantics: topics of partitions, transactions that
// carry the read offsets, consumer groups whose partitions are assigned and revoked, keyed
// compaction. `embedded_*` keeps it in one SQLite file; any other implementation passes the same
// contract suite (tests/stream/stream_contract.h).
//
// Threads: a Stream may be used by any thread; a Reader and a Writer by one thread at a time.
// Lifetime: readers and writers must not outlive their Stream.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace latecomer {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

struct Record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  TimeMs timestamp = 0;  // when it was appended
  std::string key;
  std::optional<std::string> value;  // nothing: null, a tombstone to compaction
};

enum class Cleanup {
  kDelete,   // kept until trimmed, or until older than `retention_ms`
  kCompact,  // the latest record of each key is kept for ever
};

struct TopicSettings {
  std::string name;
  std::int32_t partitions = 1;
  Cleanup cleanup = Cleanup::kDelete;
  std::int64_t retention_ms = -1;                           // kDelete; -1: never by time
  std::int64_t tombstone_retention_ms = 14LL * 86'400'000;  // kCompact: how long a null stays
};

// The partition of a key: murmur2 of its bytes as Kafka's default partitioner takes it, masked to
// 31 bits, modulo the number of partitions.
std::int32_t PartitionOf(std::string_view key, std::int32_t partitions);

// A group's place in the group protocol, fetched for each commit; a commit under a generation that
// is over fails (KIP-447).
struct GroupMetadata {
  std::string group;
  std::string member;
  std::int64_t generation = 0;
  std::string instance{};  // of a static member
};

// What one poll gives. After kAssigned the reader stands at the group's committed offsets, or at
// the start where there are none. After kRevoking the listed partitions are still owned: commit or
// abort what is open, drop their state, then call Reader::ReleaseRevoked. After kLost they are
// owned by somebody else already: abort.
struct Records {
  std::vector<Record>
      records;  // in offset order within a partition; empty: nothing within the wait
};
struct Assigned {
  std::vector<TopicPartition> partitions;  // newly assigned
};
struct Revoking {
  std::vector<TopicPartition> partitions;
};
struct Lost {
  std::vector<TopicPartition> partitions;
};
using Polled = std::variant<Records, Assigned, Revoking, Lost>;

// A member of a consumer group (or of none, and then without events), reading committed records
// only. A Record does not name its topic: who must tell topics apart has a reader for each.
class Reader {
 public:
  virtual ~Reader() = default;

  // Waits at most `wait` for up to `max` records of the partitions that are assigned and not
  // paused, or for an event of the group. kRetryLater: the log is away. kFatal: this member was
  // fenced.
  virtual Result<Polled> Poll(std::size_t max, std::chrono::milliseconds wait) = 0;
  virtual Status ReleaseRevoked() = 0;

  // The next offset that Poll would give, and moving it. Positions are this reader's own;
  // committing is a Writer's work.
  virtual Result<std::int64_t> Position(const TopicPartition& partition) = 0;
  virtual Status Seek(const TopicPartition& partition, std::int64_t offset) = 0;
  virtual void Pause(const TopicPartition& partition) = 0;
  virtual void Resume(const TopicPartition& partition) = 0;

  // The group's committed next offset; nothing where it has none.
  virtual Result<std::optional<std::int64_t>> Committed(const TopicPartition& partition) = 0;
  virtual GroupMetadata Group() const = 0;
};

// A transactional producer. One transaction at a time: Begin, Append…, SendOffsets, then Commit or
// Abort. Two writers with one `transactional_id`: the later one fences the earlier (kConflict).
class Writer {
 public:
  virtual ~Writer() = default;

  virtual Status Begin() = 0;
  // Appends to a partition; `partition` -1: PartitionOf(key). `value` nothing: null.
  virtual Status Append(std::string_view topic, std::int32_t partition, std::string_view key,
                        std::optional<std::string_view> value) = 0;
  // Commits, with the transaction, `next` as the group's next offset of the partition.
  virtual Status SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                             std::int64_t next) = 0;
  // On success all of it is durable and visible. On kConflict or kFatal the writer is of no more
  // use; on kRetryLater the transaction was aborted and may be tried again from Begin.
  virtual Status Commit() = 0;
  virtual Status Abort() = 0;
};

struct ReaderSettings {
  std::string group;                       // empty: no group; the partitions are `partitions`
  std::string instance;                    // static membership: a name that survives restarts
  std::vector<std::string> topics;         // of a group
  std::vector<TopicPartition> partitions;  // without a group; read from offset 0 until Seek
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Creates the topic, or checks that it exists just so. kFatal with a message that names topic and
  // difference where it does not.
  virtual Status EnsureTopic(const TopicSettings& settings) = 0;
  // kNotFound if there is no such topic.
  virtual Result<std::int32_t> PartitionCount(std::string_view topic) = 0;
  // An id that changes when a topic is deleted and made again.
  virtual Result<std::string> TopicId(std::string_view topic) = 0;
  // The oldest offset still there, and the next one to be written (the high watermark).
  virtual Result<std::int64_t> StartOffset(const TopicPartition& partition) = 0;
  virtual Result<std::int64_t> EndOffset(const TopicPartition& partition) = 0;
  // A group's committed next offset, without joining it; nothing where it has none.
  virtual Result<std::optional<std::int64_t>> CommittedOffset(std::string_view group,
                                                              const TopicPartition& partition) = 0;
  // Deletes the records below `before` (of a kDelete topic).
  virtual Status Trim(const TopicPartition& partition, std::int64_t before) = 0;
  // Applies the topics' cleanup rules now: retention, compaction, tombstones that are old enough.
  // `now` decides what is old. A log with a cleaner of its own does nothing.
  virtual Status Clean(TimeMs now) = 0;

  // What answers, in a few words for a person; empty where there is nothing to say.
  virtual Result<std::string> Describe() { return std::string(); }
  // The members of a group, likewise.
  virtual Result<std::string> DescribeGroup(std::string_view group) {
    static_cast<void>(group);
    return std::string();
  }

  virtual Result<std::unique_ptr<Reader>> NewReader(const ReaderSettings& settings) = 0;
  virtual Result<std::unique_ptr<Writer>> NewWriter(const std::string& transactional_id) = 0;
};

}  // namespace latecomer
