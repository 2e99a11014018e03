// The exactly-once loop around the builder: posts in, timelines out, one transaction a batch that
// carries the read offsets too (KIP-447).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "processor/builder.h"
#include "processor/post_decoder.h"
#include "stream/stream.h"

namespace latecomer {

struct ProcessorLoopSettings {
  std::string instance = "processor-0";  // unique; names the transactions and the group's member
  std::size_t batch_records_max = 5'000;
  std::chrono::milliseconds commit_interval{100};
  std::int64_t grace_ms = 7LL * 86'400'000;  // how long processed posts stay in the topic
  std::vector<std::string> hashtags;         // configured ones, folded: their events have sessions
};

// Counts since the start; read by other threads.
struct ProcessorCounters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> made{0};  // new
  std::atomic<std::uint64_t> changed{0};
  std::atomic<std::uint64_t> unchanged{0};
  std::atomic<std::uint64_t> forgotten{0};
  std::atomic<std::uint64_t> rejects{0};
  std::atomic<std::uint64_t> records_written{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> batches_unwound{0};
  std::atomic<std::uint64_t> records_restored{0};
  std::atomic<std::uint64_t> state_bytes{0};
  std::atomic<std::uint64_t> partitions{0};  // owned, and restored
};

class ProcessorLoop {
 public:
  ProcessorLoop(Stream& stream, ProcessorLoopSettings settings, Builder::SettingsOf settings_of);
  ~ProcessorLoop();

  // Runs until `stop`, which it obeys within a second, leaving everything committed or untouched.
  // Comes back earlier only with what it cannot mend: kFatal, or kCorrupt.
  Status Run(std::stop_token stop);
  const ProcessorCounters& counters() const { return counters_; }

 private:
  struct Partition;
  struct Reject {
    std::int32_t partition;
    std::int64_t offset;
    std::uint64_t bytes;
    std::string reason;
    std::string sample;
  };

  Status RunOnce(
      std::stop_token stop);  // until stop or an error; a new writer and reader each time
  Status Turn(std::stop_token stop);
  Status Handle(Polled polled, std::stop_token stop);
  Status Take(Records records);
  Status Assign(const std::vector<TopicPartition>& partitions, std::stop_token stop);
  Status RestorePartition(Partition& partition, std::stop_token stop);
  Status Heartbeat();
  Status CommitBatch();
  Status WriteBatch(const std::vector<Partition*>& touched);
  Status UnwindBatch();
  void Drop(const std::vector<TopicPartition>& partitions);
  void Count(Outcome outcome);
  Status TrimOld();

  Stream& stream_;
  ProcessorLoopSettings settings_;
  Builder::SettingsOf settings_of_;
  ProcessorCounters counters_;

  std::int32_t partition_count_ = 0;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<PostDecoder> decoder_;
  std::map<std::int32_t, std::unique_ptr<Partition>> partitions_;
  std::deque<Polled> pending_;  // events of the group that came while restoring
  std::vector<Reject> rejects_;
  std::size_t batch_records_ = 0;
  std::map<std::int32_t, std::vector<VersionInput>> inputs_;  // of one poll, by partition
  std::vector<Outcome> outcomes_now_;
  std::vector<Outcome> outcomes_;  // of the open batch: counted once it is committed
  std::chrono::steady_clock::time_point batch_since_;
  std::chrono::steady_clock::time_point trimmed_at_;
};

}  // namespace latecomer
