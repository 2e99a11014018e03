// Making the states of newly assigned partitions again out of `timelines`, a chunk at a time, so
// that the partitions that are ready are worked meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "processor/owned_partition.h"
#include "stream/stream.h"

namespace latecomer {

class Restoration {
 public:
  // `posts`: assigned to `group`, the reader of `posts`, and paused there. The order in which
  // things are asked matters (KAFKA-10167): committed offsets, then where the output ends, open
  // transactions included; Step then reads until the *position* has reached that end. kRetryLater:
  // nothing was started.
  static Result<std::unique_ptr<Restoration>> Start(Stream& stream, Reader& group,
                                                    const std::vector<TopicPartition>& posts,
                                                    const Builder::SettingsOf& settings_of);

  // Applies one chunk, waiting for it at most `wait`; gives the partitions that are whole with it.
  // kRetryLater: call again.
  Result<std::vector<std::unique_ptr<OwnedPartition>>> Step(std::chrono::milliseconds wait);
  // Leaves a partition alone from now on.
  void Drop(const TopicPartition& posts);
  bool done() const { return pending_.empty(); }
  std::size_t partitions() const { return pending_.size(); }
  std::vector<TopicPartition> pending() const;

  std::uint64_t restored() const { return restored_; }  // records applied so far
  // How far it is: offsets of the partitions that are still restored. Compaction leaves fewer
  // records than offsets.
  std::uint64_t offsets_done() const;
  std::uint64_t offsets_total() const;

 private:
  struct Pending {
    std::unique_ptr<OwnedPartition> partition;
    std::int64_t end = 0;  // of its timelines, when it began
    std::int64_t position = 0;
  };
  explicit Restoration(Stream& stream) : stream_(stream) {}
  Status Apply(const Record& record);

  Stream& stream_;
  std::unique_ptr<Reader> reader_;
  std::map<std::int32_t, Pending> pending_;
  std::uint64_t restored_ = 0;
};

}  // namespace latecomer
