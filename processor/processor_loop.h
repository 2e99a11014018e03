// The exactly-once loop around the builder: posts in, timelines out, one transaction a batch that
// carries the read offsets too (KIP-447). Several loops, in one process or many, share the
// partitions of `posts` as members of one consumer group.
//
// While the log is away the loop keeps its state and its place, and goes on by itself. A loop that
// cannot know whether its last commit became durable, or that was fenced, throws its state away and
// restores it from `timelines` under a new epoch.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/heartbeat.h"
#include "base/latency_histogram.h"
#include "base/outage.h"
#include "base/result.h"
#include "processor/builder.h"
#include "processor/owned_partition.h"
#include "processor/post_decoder.h"
#include "processor/record_batch.h"
#include "processor/restoration.h"
#include "stream/stream.h"

namespace latecomer {

struct ProcessorLoopSettings {
  std::string instance = "processor-0";  // unique; names the transactions and the group's member
  std::size_t batch_records_max = 5'000;
  std::chrono::milliseconds commit_interval{100};
  std::int64_t grace_ms = 7LL * 86'400'000;  // how long processed posts stay in the topic
  std::vector<std::string> hashtags;         // configured ones, folded: their events have sessions
};

// Written by the loop's thread, read by any.
struct ProcessorCounters {
  explicit ProcessorCounters(const std::string& instance) : outage("processor " + instance) {}

  // Since the start.
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> made{0};  // new
  std::atomic<std::uint64_t> changed{0};
  std::atomic<std::uint64_t> unchanged{0};
  std::atomic<std::uint64_t> forgotten{0};
  std::atomic<std::uint64_t> rejects{0};
  std::atomic<std::uint64_t> records_written{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> batches_unwound{0};
  std::atomic<std::uint64_t> restarts{0};  // fenced, or a commit whose outcome is not known
  std::atomic<std::uint64_t> assigned{0};  // partitions, as the group's events come
  std::atomic<std::uint64_t> revoked{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> records_restored{0};
  LatencyHistogram commit_latency;  // of batches that were committed, from their first record's
                                    // serialization on
  Heartbeat heartbeat;
  Outage outage;  // of the log

  // As of now.
  std::atomic<std::uint64_t> state_bytes{0};
  std::atomic<std::uint64_t> partitions{0};    // owned, and restored
  std::atomic<std::uint64_t> restoring{0};     // owned, and not yet restored
  std::atomic<std::uint64_t> restore_done{0};  // offsets, of the restorations under way
  std::atomic<std::uint64_t> restore_total{0};
};

struct PartitionProgress {
  std::int64_t committed = 0;  // next offset of `posts` after the last commit
  TimeMs last_record_at = 0;   // when the last record committed was appended; 0: none yet
  std::size_t state_bytes = 0;
};

class ProcessorLoop {
 public:
  ProcessorLoop(Stream& stream, ProcessorLoopSettings settings, Builder::SettingsOf settings_of);
  ~ProcessorLoop();

  // Runs until `stop`, which it obeys within a second, leaving everything committed or untouched.
  // Comes back earlier only with what it cannot mend: kFatal, or kCorrupt.
  Status Run(std::stop_token stop);

  // Any thread, at any time: other settings of hashtags. States are restored under them, and what
  // they make different (sessions) is written.
  void Reload(std::vector<std::string> hashtags, Builder::SettingsOf settings_of);

  const ProcessorCounters& counters() const { return counters_; }
  // Of the partitions that are owned and restored. Any thread.
  std::map<std::int32_t, PartitionProgress> Progress() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Reject {
    std::int32_t partition;
    std::int64_t offset;
    std::uint64_t bytes;
    std::string reason;
    std::string sample;
  };
  struct Reloaded {
    std::vector<std::string> hashtags;
    Builder::SettingsOf settings_of;
  };

  // ---- processor_loop.cpp
  Status RunOnce(std::stop_token stop);  // until stop or what a wait does not mend
  Status Open();
  Status Turn();
  Status Work();
  Status Handle(Polled polled);
  Status Take(Records records);
  void Assign(const std::vector<TopicPartition>& partitions);
  Status Restore();
  Status ApplyReload();
  Status SeekAll();
  Status PassMarkers();
  void Drop(const std::vector<TopicPartition>& partitions);
  Status TrimOne();
  void Publish();
  void WaitToRetry(const Error& error, const std::stop_token& stop);
  void NoteWorked();

  // ---- processor_commit.cpp
  Status CommitBatch();
  Status GatherBatch(const std::vector<OwnedPartition*>& touched);
  Status WriteBatch(const std::vector<OwnedPartition*>& touched);
  void UnwindBatch();
  void ClearBatch();
  void Count(Outcome outcome);

  Stream& stream_;
  ProcessorLoopSettings settings_;
  Builder::SettingsOf settings_of_;
  ProcessorCounters counters_;

  std::int32_t partition_count_ = 0;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<PostDecoder> decoder_;
  std::map<std::int32_t, std::unique_ptr<OwnedPartition>> partitions_;
  std::vector<TopicPartition> waiting_;  // assigned, paused, their restoration not yet begun
  std::unique_ptr<Restoration> restoration_;
  std::uint64_t restored_before_ = 0;  // by the restorations that are over
  std::deque<std::int32_t> to_trim_;
  Clock::time_point trimmed_at_;
  Clock::time_point passed_at_;

  // The open batch.
  std::vector<Reject> rejects_;
  std::size_t batch_records_ = 0;
  bool commit_now_ = false;
  Clock::time_point batch_since_;
  std::map<std::int32_t, std::vector<VersionInput>> inputs_;  // of one poll, by partition
  std::vector<Outcome> outcomes_now_;
  std::vector<Outcome> outcomes_;  // counted once it is committed
  RecordBatch timelines_;
  RecordBatch rejected_;

  Backoff backoff_;
  Clock::time_point failed_at_;

  mutable std::mutex mutex_;
  std::map<std::int32_t, PartitionProgress> progress_;  // guarded by mutex_
  std::optional<Reloaded> reloaded_;                    // guarded by mutex_
  std::atomic<bool> reload_wanted_{false};
};

}  // namespace latecomer
