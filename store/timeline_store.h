// Where timelines are kept for readers: written by the sink, exactly once, read by commands and the
// replay server. `sqlite_*` keeps it in one file; any other implementation passes the same contract
// suite (tests/store/store_contract.h).
//
// Threads: a TimelineWriteStore by one thread at a time; a TimelineReadStore by any number at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/timeline.h"
#include "model/timeline_record.h"

namespace latecomer {

// A record with its place in the `timelines` partition: `seq`, the version of the row it writes.
struct SequencedRecord {
  std::int64_t seq = 0;
  TimelineRecord record;
};

struct SinkPosition {
  std::string topic_id;
  std::int32_t partition = 0;
  std::int64_t next = 0;    // next offset to apply
  TimeMs moved_at = 0;      // when it last moved
  bool rebuilding = false;  // BeginRebuild without its EndRebuild so far
};

struct SinkBatch {
  std::string topic_id;
  std::int32_t partition = 0;
  std::int64_t from = 0;  // must equal the stored position (0 where there is none)
  std::int64_t next = 0;  // the position afterwards
  TimeMs at = 0;          // the present
  std::span<const SequencedRecord> records;  // in log order; what they hold wins over what is there
};

class TimelineWriteStore {
 public:
  virtual ~TimelineWriteStore() = default;

  virtual Result<std::vector<SinkPosition>> Positions() = 0;
  // One transaction: all rows and the moved position, or nothing. kConflict: the stored position is
  // not `from` (another sink moved on). kRetryLater: the database is away or busy, or its disk is
  // full and somebody else's to mend. kFatal: our own disk is full.
  virtual Status Apply(const SinkBatch& batch) = 0;
  // Rebuilding a partition whose stored position cannot be continued from: after BeginRebuild,
  // Apply starts at `from`; EndRebuild deletes the rows of the partition that no batch since wrote.
  virtual Status BeginRebuild(const std::string& topic_id, std::int32_t partition,
                              std::int64_t from) = 0;
  virtual Status EndRebuild(std::int32_t partition) = 0;
  // Makes deletions physical (indexes optimised, log truncated, free pages overwritten), and drops
  // the removed rows' numbers older than 30 days. Slow; run seldom.
  virtual Status Scrub(TimeMs now) = 0;
};

struct HashtagSummary {
  std::string hashtag;
  std::string display;  // the spelling that most posts use
  std::uint64_t entries = 0;
  std::uint64_t reposts = 0;
  std::optional<TimeMs> first;
  std::optional<TimeMs> last;
  std::int64_t seq = 0;  // the newest of its rows' versions: whether anything changed
};

// A place in timeline order.
struct Place {
  TimeMs published = 0;
  std::string id;
  auto operator<=>(const Place&) const = default;
};

struct StoredEntry {
  std::int64_t seq = 0;
  EntryRecord record;  // `tree` resolved through merges; `content` only where asked for
};

struct RemovedRow {
  std::int64_t seq = 0;
  std::int64_t n = 0;
};

// All that the store holds of one hashtag's structure, as of one moment.
struct TimelineSnapshot {
  std::int64_t applied = -1;              // the last offset applied to its partition
  TimelineParts parts;                    // entries without content
  std::vector<std::int64_t> entry_seqs;   // parallel to parts.entries
  std::vector<std::int64_t> repost_seqs;  // parallel to parts.reposts
  std::vector<CoverageRecord> coverage;
};

struct SearchHit {
  std::string hashtag;
  std::string id;
  TimeMs published = 0;
};

class TimelineReadStore {
 public:
  virtual ~TimelineReadStore() = default;

  // What keeps it: program and version, size, search index; in a few words for a person.
  virtual Result<std::string> Describe() = 0;

  // Changes when the database was made anew: cursors of another epoch are void.
  virtual Result<std::string> Epoch() = 0;
  virtual Result<std::vector<HashtagSummary>> Hashtags() = 0;
  // kNotFound: nothing stands under this hashtag.
  virtual Result<TimelineSnapshot> Snapshot(const std::string& hashtag) = 0;
  // The newest version among the hashtag's rows; cheap, for polling. 0 where there is none.
  virtual Result<std::int64_t> LastSeq(const std::string& hashtag) = 0;
  // The content objects (JSON) of the ids, in their order; empty where deleted or unknown.
  virtual Result<std::vector<std::string>> Contents(const std::string& hashtag,
                                                    std::span<const std::string> ids) = 0;
  // All entries in timeline order with content, streamed. `visit` returns false to stop.
  virtual Status ForEachEntry(const std::string& hashtag,
                              const std::function<bool(const StoredEntry&)>& visit) = 0;
  // Rows removed after `seq` and within 30 days.
  virtual Result<std::vector<RemovedRow>> RemovedSince(const std::string& hashtag,
                                                       std::int64_t seq) = 0;
  // Entries whose text, author's name or handle contain every word of `query` (case-insensitive,
  // any script), newest first; `hashtag` empty: all of them. `before`: continue after that hit.
  virtual Result<std::vector<SearchHit>> Search(const std::string& hashtag, std::string_view query,
                                                const std::optional<Place>& before,
                                                std::size_t limit) = 0;
};

}  // namespace latecomer
