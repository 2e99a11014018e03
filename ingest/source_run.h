// One owned source at work: its thread, its writer, its cursors, and its starting again after a
// failure. IngestLoop makes one for each source of its partitions.
//
// The life of a run: the source's writer is opened, which fences whoever owned the source before;
// then the cursors are asked for (WantsCursors), which the loop restores from the stream; then the
// source runs, again and again after failures, until it is done, has failed for good, or is
// stopped. When the writer was fenced, or nobody knows what became of a transaction, all of it
// begins anew.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/backoff.h"
#include "base/outage.h"
#include "ingest/group_seat.h"
#include "ingest/post_writer.h"
#include "ingest/source.h"
#include "stream/stream.h"

namespace latecomer {

struct SourceRunSettings {
  SourceMaker make = MakeSource;
  HttpClient* http = nullptr;  // for sources that ask the network; outlives the loop
  std::function<TimeMs()> now = Now;
  std::chrono::milliseconds restart_first{1'000};  // after a failure; doubles up to
  std::chrono::milliseconds restart_most{300'000};
  std::chrono::milliseconds write_again_first{100};  // the log is away; doubles up to
  std::chrono::milliseconds write_again_most{5'000};
  // Before a fenced writer is opened again: a member that was paused must have had time to learn
  // that it owns nothing any more, or it would fence the owner.
  std::chrono::milliseconds reopen_wait{4'000};
};

enum class SourceState {
  kStarting,  // its writer is opened, its cursors are restored
  kRunning,
  kWaiting,  // to be started again after a failure
  kFinished,
  kGivenUp,
  kStopped,
};
const char* SourceStateName(SourceState state);

class SourceRun final : private SourceContext {
 public:
  // All of the references must outlive the run.
  SourceRun(Stream& stream, SourceSpec spec, TopicPartition partition, const GroupSeat& seat,
            SourceCounters& counters, const SourceRunSettings& settings);
  // Waits for the thread, however long its source takes.
  ~SourceRun() override;
  SourceRun(const SourceRun&) = delete;
  SourceRun& operator=(const SourceRun&) = delete;

  const SourceSpec& spec() const override { return spec_; }
  std::int32_t partition() const { return partition_.partition; }

  // For the loop's thread.
  void RequestStop();
  bool stop_requested() const { return stop_.stop_requested(); }
  std::chrono::steady_clock::time_point stop_requested_at() const { return stop_requested_at_; }
  // The source is somebody else's now: no transaction is committed that has not been handed to the
  // stream's commit already.
  void Cut() { owned_ = false; }
  bool cut() const { return !owned_; }
  bool IsWriting() const { return writing_; }
  bool HasEnded() const { return ended_; }
  bool WantsCursors() const;
  // `end`: of the partition, when restoring began; it was read up to there at least.
  void GiveCursors(Cursors cursors, std::int64_t end);

  // For any thread.
  struct View {
    SourceState state = SourceState::kStarting;
    std::string message;  // of the last failure
  };
  View view() const;
  std::optional<bool> is_finite() const;
  // An error of the stream that no waiting mends.
  std::optional<Error> stream_failure() const;

 private:
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch& batch) override;
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return *settings_.http; }
  TimeMs Now() const override { return settings_.now(); }
  bool WaitFor(std::chrono::milliseconds time) override;

  void Main();
  SourceState Work();
  Status Prepare();
  Status OpenWriter();
  Status AwaitCursors();
  Status RunSource();
  void WaitAfter(const Error& error);
  void WaitToReopen(std::chrono::milliseconds asked);
  Status WriteOnce(const PostBatch& batch);
  Status Attempt();
  void Apply(PostBatch& batch);
  void FailStream(const Error& error);
  void Show(SourceState state, std::string message);

  Stream& stream_;
  const SourceSpec spec_;
  const TopicPartition partition_;
  const GroupSeat& seat_;
  SourceCounters& counters_;
  const SourceRunSettings& settings_;

  std::stop_source stop_;
  std::chrono::steady_clock::time_point stop_requested_at_;  // of the loop's thread
  std::atomic<bool> owned_{true};
  std::atomic<bool> writing_{false};
  std::atomic<bool> ended_{false};

  // Of the source's thread.
  std::unique_ptr<Source> source_;
  std::optional<PostWriter> writer_;
  std::optional<Error> broken_;  // why the writer is of no more use
  GroupMetadata failed_group_;   // of the last write that failed
  Cursors cursors_;
  std::int64_t fence_offset_ = 0;
  bool progressed_ = false;
  Backoff restart_;
  Outage outage_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  View view_;  // guarded by mutex_, as what follows
  bool wants_cursors_ = false;
  std::optional<std::pair<Cursors, std::int64_t>> given_;
  std::optional<bool> is_finite_;
  std::optional<Error> stream_failure_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latecomer
