// A sink as the tests of faults need it: applies a log in batches, and goes on by itself after
// every kRetryLater and kConflict, as the sink loop does.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "store_contract.h"

namespace latecomer::test {

struct SinkRun {
  int retries = 0;
  int conflicts = 0;
  std::set<std::int64_t> positions;  // that were seen: batches ended there
  std::string error;                 // why it gave up; empty where all is applied
};

// Applies the log to `partition` until all of it is in the store. Gives up on any other error, or
// when it takes longer than `most`. Runs on threads of its own, so it fails no test by itself.
inline SinkRun RunSink(TimelineWriteStore& store, const Log& log, std::int32_t partition,
                       unsigned seed, std::chrono::seconds most = std::chrono::seconds(180)) {
  using Clock = std::chrono::steady_clock;
  std::mt19937 random(seed);
  SinkRun out;
  const Clock::time_point end = Clock::now() + most;
  std::optional<std::int64_t> next;  // nothing: to be read
  const std::vector<SequencedRecord>& records = log.records();
  const auto failed = [&](const Error& error) {
    if (error.code != ErrorCode::kRetryLater) out.error = error.message;
    if (Clock::now() > end) out.error = "in vain: " + error.message;
    ++out.retries;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  while (out.error.empty()) {
    if (!next) {
      const auto positions = store.Positions();
      if (!positions) {
        failed(positions.error());
        continue;
      }
      next = 0;
      for (const SinkPosition& position : *positions) {
        if (position.partition == partition) next = position.next;
      }
      out.positions.insert(*next);
    }
    std::size_t from = 0;
    while (from < records.size() && records[from].seq < *next) ++from;
    if (from == records.size()) return out;
    const std::size_t to = std::min(records.size(), from + 1 + random() % 60);
    SinkBatch batch = BatchOf(log, from, to);
    batch.partition = partition;
    batch.from = *next;
    const Status applied = store.Apply(batch);
    if (applied) {
      next = batch.next;
      out.positions.insert(*next);
    } else if (applied.error().code == ErrorCode::kConflict) {
      ++out.conflicts;
      next.reset();
    } else {
      failed(applied.error());
    }
  }
  return out;
}

}  // namespace latecomer::test
