// The second pass of a migration: the source's records as the destination is to have them, in one
// order that depends on the plan alone. It is made twice: once to be written, once to be compared
// with what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/migration_plan.h"
#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

// In this order. `posts` come twice: what has been processed first; where it ends the destination's
// processors are placed (kOffsets), and after that stands what they have to do.
enum class MigrationPhase : std::uint8_t {
  kForgotten,
  kTimelines,
  kProcessed,
  kOffsets,
  kCarried,
  kUnprocessed,
  kCursors,
  kRejects,
  kCopied,  // all is there, and not yet compared
  kFinished
};

struct MigrationPosition {
  MigrationPhase phase = MigrationPhase::kForgotten;
  std::int32_t partition = 0;  // of the source
  std::int64_t next = 0;       // offset in it, or place in a list of the plan
  bool operator==(const MigrationPosition&) const = default;
};

struct MigrationCounts {
  std::uint64_t timelines = 0;
  std::uint64_t posts = 0;        // processed ones that were still kept
  std::uint64_t unprocessed = 0;  // posts
  std::uint64_t cursors = 0;
  std::uint64_t rejects = 0;
  std::uint64_t dropped = 0;  // processed posts in a wrong partition: rejected long ago
  bool operator==(const MigrationCounts&) const = default;
};

struct MigrationRecord {
  MigrationPhase phase;
  const char* topic;
  std::int32_t partition;
  std::string key;
  std::optional<std::string> value;
};

struct MigrationChunk {
  std::vector<MigrationRecord> records;
  std::size_t bytes = 0;
  // Not records, but the ends of `posts` as the processors' places. Then there are no records.
  bool places_processors = false;
  MigrationPosition after;
  MigrationCounts counts;  // since the beginning, with this chunk
};

class MigrationFeed {
 public:
  struct Limits {
    std::size_t records_max = 5'000;
    std::size_t bytes_max = std::size_t{8} << 20;
    std::size_t read_max = 50'000;  // records of the source, written or not
  };

  // `from` and `plan` must outlive it. It goes on at `at`, after chunks that counted `counts`.
  MigrationFeed(Stream& from, const MigrationPlan& plan, Limits limits, MigrationPosition at = {},
                MigrationCounts counts = {});

  // The next chunk; empty, at kCopied, where there is none. kCorrupt names a record.
  Status Next(MigrationChunk& chunk, const std::stop_token& stop);
  // How many of the source's offsets lie before the end of the last chunk.
  std::uint64_t Passed() const;

 private:
  struct Range {
    TopicPartition of;
    std::int64_t begin;
    std::int64_t end;
  };

  bool IsFull(const MigrationChunk& chunk) const;
  Status Step(MigrationChunk& chunk, const std::stop_token& stop);
  Status StepRange(MigrationChunk& chunk, const std::stop_token& stop);
  void StepForgotten(MigrationChunk& chunk);
  void StepCarried(MigrationChunk& chunk);
  void NextPhase();
  std::optional<Range> RangeNow() const;

  bool IsLive(const char* topic, const Record& record) const;
  Status Take(Record record, MigrationChunk& chunk);
  Status TakeTimeline(Record& record, MigrationChunk& chunk);
  Status TakePost(Record& record, MigrationChunk& chunk);
  Status TakeMisplaced(Record& record, MigrationChunk& chunk);
  void Add(MigrationChunk& chunk, const char* topic, std::int32_t partition, std::string key,
           std::optional<std::string> value);
  void AddForget(MigrationChunk& chunk, const PlannedForget& forget);
  std::uint64_t& CountOf(const char* topic);

  Stream& from_;
  const MigrationPlan& plan_;
  const Limits limits_;
  MigrationPosition at_;
  MigrationCounts counts_;
  std::unique_ptr<PartitionReader> reader_;  // of RangeNow()
  std::size_t read_ = 0;                     // for the chunk under way
  ForgetReader forgets_;
};

// How many offsets Passed counts in all.
std::uint64_t OffsetsToCopy(const MigrationSource& source);

}  // namespace latecomer
