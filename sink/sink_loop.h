// Moves the topic `timelines` from a stream into a timeline store, exactly once: the store's own
// positions, moved in one transaction with the rows, say where to go on, never the group's. Several
// sinks share the partitions as members of one consumer group.
//
// A partition whose stored position cannot be continued from is rebuilt: the position lies before
// the log's start or past its end, belongs to another topic, or last moved so long ago that
// tombstones after it may have been compacted away.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/heartbeat.h"
#include "base/latency_histogram.h"
#include "base/outage.h"
#include "base/result.h"
#include "base/time.h"
#include "store/timeline_store.h"
#include "stream/stream.h"

namespace latecomer {

struct SinkSettings {
  std::string instance;  // a name of its own for each sink, that survives restarts
  std::size_t batch_records_max = 5'000;
  std::size_t batch_bytes_max = std::size_t{16} << 20U;  // of keys and values
  std::chrono::milliseconds batch_wait{100};             // from a batch's first record
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_most{5'000};  // so soon one that is back is used
  std::chrono::milliseconds scrub_every{3'600'000};
  std::chrono::milliseconds scrub_pause{60'000};            // at least, after one for a deletion
  std::int64_t tombstone_retention_ms = 14LL * 86'400'000;  // of the topic
  std::function<TimeMs()> now = Now;
};

// What the loop has done since it was made; any thread may read it.
struct SinkCounters {
  explicit SinkCounters(const std::string& instance) : outage("sink " + instance) {}

  std::atomic<std::uint64_t> records{0};  // read from the log
  std::atomic<std::uint64_t> rows{0};     // records applied to the store
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> conflicts{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> rebuilds{0};
  std::atomic<std::uint64_t> scrubs{0};
  std::atomic<std::uint64_t> assigned{0};  // partitions, as the group's events come
  std::atomic<std::uint64_t> revoked{0};
  std::atomic<std::uint64_t> lost{0};
  LatencyHistogram commit_latency;  // of the store's transactions that were committed
  Heartbeat heartbeat;
  Outage outage;  // of the log or the store

  // As of now.
  std::atomic<std::uint64_t> partitions{0};  // assigned, and read from the store's position
  std::atomic<std::uint64_t> rebuilding{0};
};

class SinkLoop {
 public:
  // Stream and store must outlive the loop; the store is the loop's alone while Run runs.
  SinkLoop(Stream& stream, TimelineWriteStore& store, SinkSettings settings);
  ~SinkLoop();
  SinkLoop(const SinkLoop&) = delete;
  SinkLoop& operator=(const SinkLoop&) = delete;

  // Runs until it is asked to stop, and then returns within a second (or when the store call under
  // way returns), with everything committed or untouched. An error is one that no waiting mends: a
  // corrupt record or store, a full disk, another sink of the same name. Once only.
  Status Run(std::stop_token stop);

  const SinkCounters& counters() const { return counters_; }
  // The next offset to apply of each partition that is assigned now. Any thread.
  std::map<std::int32_t, std::int64_t> NextOffsets() const;

 private:
  using Clock = std::chrono::steady_clock;

  // One assigned partition.
  struct Partition {
    bool placed = false;  // the reader stands at `next`
    std::string topic_id;
    std::int64_t next = 0;                      // the store's position
    std::optional<std::int64_t> rebuild_until;  // rebuilding until the log's end as it was then
    TimeMs moved_at = 0;
    std::vector<SequencedRecord> pending;
    bool deletes = false;  // something pending deletes
  };

  Status Step(std::stop_token& stop);
  Status Work();
  Status PollOnce(std::chrono::milliseconds wait);
  void Add(const Assigned& assigned);
  void Drop(const std::vector<TopicPartition>& partitions);
  Status Take(std::vector<Record> records);

  Status PlaceAll();
  Status Place(std::int32_t number, Partition& partition,
               const std::vector<SinkPosition>& positions);
  Status Rebuild(std::int32_t number, Partition& partition);
  // Why the stored position cannot be continued from; empty if it can.
  std::string WhyRebuild(const SinkPosition& stored, const std::string& topic_id,
                         std::int64_t start, std::int64_t end) const;

  bool FlushIsDue() const;
  Status FlushAll();
  Status Flush(std::int32_t number, Partition& partition, std::int64_t position);
  Status Maintain();
  void Publish();
  void WaitToRetry(const Error& error);

  Stream& stream_;
  TimelineWriteStore& store_;
  const SinkSettings settings_;
  SinkCounters counters_;
  std::unique_ptr<Reader> reader_;
  std::map<std::int32_t, Partition> partitions_;  // in ascending order, as they are written
  std::size_t pending_records_ = 0;
  std::size_t pending_bytes_ = 0;
  Clock::time_point pending_since_;
  Backoff backoff_;
  std::optional<Clock::time_point> retry_at_;
  Clock::time_point settled_at_;
  Clock::time_point scrubbed_at_;
  bool scrub_wanted_ = false;

  mutable std::mutex mutex_;
  std::map<std::int32_t, std::int64_t> next_offsets_;  // guarded by mutex_
};

}  // namespace latecomer
