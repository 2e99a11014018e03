// A stream whose calls fail as a plan says.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "stream/stream.h"

namespace latecomer {

class FaultyStream : public Stream {
 public:
  enum class Call { kBegin, kAppend, kSendOffsets, kCommit, kPollGroup, kPollPartition };
  // What a call fails with, if at all; asked before each one, by one thread at a time.
  //
  // A commit that fails with kFatal became durable all the same, as when a disk fails at its very
  // end; with another code it was aborted. A writer that met kConflict is of no more use. Other
  // calls that fail have done nothing.
  using Plan = std::function<std::optional<Error>(Call)>;

  explicit FaultyStream(Stream& inner, Plan plan = {}) : inner_(inner), plan_(std::move(plan)) {}

  // At most this many records a poll of a reader without a group.
  void LimitPolls(std::size_t records) { poll_max_ = records; }
  // The next group's poll that follows one with records waits so long before it goes on.
  void StallOnce(std::chrono::milliseconds time) { stall_ = time; }

  Status EnsureTopic(const TopicSettings& settings) override {
    return inner_.EnsureTopic(settings);
  }
  Result<std::int32_t> PartitionCount(std::string_view topic) override {
    return inner_.PartitionCount(topic);
  }
  Result<std::string> TopicId(std::string_view topic) override { return inner_.TopicId(topic); }
  Result<std::int64_t> StartOffset(const TopicPartition& partition) override {
    return inner_.StartOffset(partition);
  }
  Result<std::int64_t> EndOffset(const TopicPartition& partition) override {
    return inner_.EndOffset(partition);
  }
  Result<std::optional<std::int64_t>> CommittedOffset(std::string_view group,
                                                      const TopicPartition& partition) override {
    return inner_.CommittedOffset(group, partition);
  }
  Status Trim(const TopicPartition& partition, std::int64_t before) override {
    return inner_.Trim(partition, before);
  }
  Status Clean(TimeMs now) override { return inner_.Clean(now); }
  Result<std::unique_ptr<Reader>> NewReader(const ReaderSettings& settings) override;
  Result<std::unique_ptr<Writer>> NewWriter(const std::string& transactional_id) override;

 private:
  class FaultyReader;
  class FaultyWriter;
  std::optional<Error> FaultOf(Call call);

  Stream& inner_;
  Plan plan_;
  std::mutex mutex_;  // of plan_
  std::atomic<std::size_t> poll_max_{100'000};
  std::atomic<std::chrono::milliseconds> stall_{std::chrono::milliseconds(0)};
};

}  // namespace latecomer
