// Restoring the cursors of sources that share a partition of the topic `cursors`, after their
// writers were opened: what an earlier owner had under way is committed or aborted by then, and
// everything it wrote lies before the end that is looked up here. Read until the *position* has
// reached that end (KAFKA-10167), so that another's open transaction is waited for.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/source.h"
#include "stream/stream.h"

namespace latecomer {

class CursorRestore {
 public:
  // Looks up the end, and opens a reader.
  static Result<CursorRestore> Begin(Stream& stream, const TopicPartition& partition,
                                     const std::vector<std::string>& sources);
  // Reads on, waiting at most `wait` for records. True once the end is reached.
  Result<bool> Step(std::chrono::milliseconds wait);
  Cursors Take(const std::string& source) { return std::move(cursors_[source]); }
  std::int64_t end() const { return end_; }
  std::uint64_t records() const { return records_; }

 private:
  CursorRestore(std::unique_ptr<Reader> reader, TopicPartition partition, std::int64_t end)
      : reader_(std::move(reader)), partition_(std::move(partition)), end_(end) {}
  void Apply(Record& record);

  std::unique_ptr<Reader> reader_;
  TopicPartition partition_;
  std::int64_t end_;
  std::uint64_t records_ = 0;
  std::map<std::string, Cursors, std::less<>> cursors_;  // by source; others are not kept
};

}  // namespace latecomer
