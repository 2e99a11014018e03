// Ingest as a scaled service: the sources of all ingesters, shared among them by Kafka's own means.
//
// The loop is a member of the consumer group `latecomer.ingest` on the topic `cursors`: whoever
// owns a partition of it owns the sources whose names fall into it (PartitionOf(name)). Each source
// has a thread and a writer of its own. Opening the writer fences the former owner's; and every
// transaction commits an offset of the owned partition under the group's present generation, so
// that a member which was paused past its session is refused even before that.
//
// What a source does while its partition moves: on kRevoking it is asked to stop and is waited for,
// at most `stop_wait`, then cut off; on kLost it is cut off at once. Cut off: nothing that has not
// been handed to the stream's commit is committed any more, and what has been is decided by the
// stream alone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/heartbeat.h"
#include "base/outage.h"
#include "base/result.h"
#include "ingest/cursor_restore.h"
#include "ingest/group_seat.h"
#include "ingest/source.h"
#include "ingest/source_run.h"
#include "stream/stream.h"

namespace latecomer {

struct IngestLoopSettings {
  std::string instance = "ingest";  // unique among ingesters, and survives restarts
  std::chrono::milliseconds poll_wait{100};
  std::chrono::milliseconds stop_wait{10'000};  // for sources that do not stop at once
  // Sources of one partition are restored together: how long those whose writers are open wait for
  // the others.
  std::chrono::milliseconds restore_wait{2'000};
  SourceRunSettings run;
};

// How an owned source is doing.
struct SourceStatus {
  std::string name;
  std::string kind;
  std::int32_t partition = 0;  // of `cursors`
  SourceState state = SourceState::kStarting;
  std::string message;  // of the last failure, while it is waiting or failed
  bool is_stopping = false;
  const SourceCounters* counters = nullptr;  // valid as long as the loop
};

// Of the loop itself; any thread may read them.
struct IngestCounters {
  std::atomic<std::uint64_t> partitions{0};  // of `cursors`, owned
  std::atomic<std::uint64_t> assigned{0};
  std::atomic<std::uint64_t> revoked{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> cursors_restored{0};  // records read for it
  std::atomic<std::uint64_t> cut_off{0};           // sources that did not stop in time
};

class IngestLoop {
 public:
  // All ingesters are given the same sources: whoever owns one's partition runs it as it knows it,
  // and one that the owner does not know is not run.
  IngestLoop(Stream& stream, std::vector<SourceSpec> specs, IngestLoopSettings settings);
  // Waits for sources that are cut off and still at work.
  ~IngestLoop();
  IngestLoop(const IngestLoop&) = delete;
  IngestLoop& operator=(const IngestLoop&) = delete;

  // Runs until `stop`, and then returns as soon as the sources have stopped, which they promise
  // within a second; one that breaks the promise is cut off after `stop_wait` (and the destructor
  // waits for it). Comes back earlier only with what no waiting mends: kFatal or kCorrupt of the
  // stream, never for what a source does. While the stream is away it waits, says so once, and goes
  // on by itself. Once only.
  Status Run(std::stop_token stop);

  // The sources from now on: those that are no more are stopped, changed ones are stopped and
  // started again, failed and finished ones are started again. Any thread.
  void Reload(std::vector<SourceSpec> specs);

  // Whether every source is owned here, every finite one has come to its end (done, or failed: see
  // Sources), and every other one has been started. Any thread.
  bool IsIdle() const { return idle_; }
  // The owned sources, by name. Any thread.
  std::vector<SourceStatus> Sources() const;
  const IngestCounters& counters() const { return counters_; }
  const Heartbeat& heartbeat() const { return heartbeat_; }
  const Outage& outage() const { return outage_; }  // of the stream, as the loop's thread sees it

 private:
  using Clock = std::chrono::steady_clock;
  struct Restoring {
    CursorRestore restore;
    std::set<std::string> runs;  // the sources that wait for it
  };

  Status RunOnce(const std::stop_token& stop);
  Status Turn();
  void TakeReload();
  Status Handle(const Polled& polled);
  void Assign(const std::vector<TopicPartition>& partitions);
  void Revoke(const std::vector<TopicPartition>& partitions);
  void Lose(const std::vector<TopicPartition>& partitions);

  Status Reconcile();
  bool IsWanted(const SourceRun& run) const;
  Status StartMissing();
  void CutOverdue();
  Status StartRestores();
  Status StepRestores();
  Status BeginRestore(std::int32_t partition, const std::vector<SourceRun*>& waiting);
  void StopRuns(const std::vector<SourceRun*>& runs);
  std::vector<SourceRun*> RunsOf(const std::set<std::int32_t>* partitions) const;
  void Erase(const std::string& name);
  void ShowIdle();

  Stream& stream_;
  const IngestLoopSettings settings_;
  IngestCounters counters_;
  Heartbeat heartbeat_;
  Outage outage_;
  GroupSeat seat_;
  std::int32_t partition_count_ = 0;
  std::unique_ptr<Reader> reader_;
  std::set<std::int32_t> owned_;
  std::map<std::string, SourceSpec> specs_;
  bool restart_ended_ = false;  // after a reload
  std::map<std::int32_t, Restoring> restoring_;
  std::map<std::int32_t, Clock::time_point> waiting_since_;  // for a restore to begin
  std::atomic<bool> idle_{false};

  mutable std::mutex mutex_;
  std::optional<std::vector<SourceSpec>> reload_;  // guarded by mutex_
  // Changed by the loop's thread under mutex_, and so read by it without.
  std::map<std::string, std::unique_ptr<SourceCounters>> source_counters_;
  std::map<std::string, std::unique_ptr<SourceRun>> runs_;
};

}  // namespace latecomer
