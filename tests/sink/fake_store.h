// A timeline store in memory that records what happened to it and fails on demand.
#pragma once

#include <map>
#include <mutex>
#include <random>
#include <vector>

#include "store_model.h"

namespace latecomer::test {

class FakeStore : public TimelineWriteStore {
 public:
  enum class Failure {
    kNone,
    kRetryBefore,  // nothing happens
    kRetryAfter,   // it is applied, but the answer is lost
    kConflict,     // another sink took the same records
  };
  // What the next Apply does; called for each.
  std::function<Failure()> failure = [] { return Failure::kNone; };

  Result<std::vector<SinkPosition>> Positions() override {
    const std::lock_guard lock(mutex_);
    std::vector<SinkPosition> out;
    for (const auto& [partition, position] : positions_) out.push_back(position);
    return out;
  }
  Status Apply(const SinkBatch& batch) override {
    const std::lock_guard lock(mutex_);
    const Failure what = failure();
    if (what == Failure::kRetryBefore) return RetryLater("the store is away");
    const auto found = positions_.find(batch.partition);
    const bool fits = found == positions_.end() ? batch.from == 0
                                                : found->second.topic_id == batch.topic_id &&
                                                      found->second.next == batch.from;
    if (!fits) return Conflict("not there");
    for (const SequencedRecord& record : batch.records) {
      if (record.seq < batch.from || record.seq >= batch.next) ++misplaced;
      applied.push_back(record);
      models_[batch.partition].Apply(record);
    }
    SinkPosition& position = positions_[batch.partition];
    position.topic_id = batch.topic_id;
    position.partition = batch.partition;
    position.next = batch.next;
    position.moved_at = batch.at;
    if (what == Failure::kRetryAfter) return RetryLater("the answer was lost");
    if (what == Failure::kConflict) return Conflict("another sink was faster");
    return {};
  }
  Status BeginRebuild(const std::string& topic_id, std::int32_t partition,
                      std::int64_t from) override {
    const std::lock_guard lock(mutex_);
    positions_[partition] = {topic_id, partition, from, 0, true};
    models_[partition] = {};
    ++begun;
    return {};
  }
  Status EndRebuild(std::int32_t partition) override {
    const std::lock_guard lock(mutex_);
    positions_[partition].rebuilding = false;
    ++ended;
    return {};
  }
  Status Scrub(TimeMs) override {
    const std::lock_guard lock(mutex_);
    ++scrubbed;
    return {};
  }

  SinkPosition Position(std::int32_t partition) {
    const std::lock_guard lock(mutex_);
    return positions_[partition];
  }
  void SetPosition(const SinkPosition& position) {
    const std::lock_guard lock(mutex_);
    positions_[position.partition] = position;
  }
  StoreModel Model(std::int32_t partition) {
    const std::lock_guard lock(mutex_);
    return models_[partition];
  }
  std::size_t AppliedCount() {
    const std::lock_guard lock(mutex_);
    return applied.size();
  }

  std::vector<SequencedRecord> applied;  // in order
  std::atomic<int> misplaced = 0;
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> scrubbed = 0;

 private:
  std::mutex mutex_;
  std::map<std::int32_t, SinkPosition> positions_;
  std::map<std::int32_t, StoreModel> models_;
};

}  // namespace latecomer::test
