// What each imported post did to the timeline: new, changed, unchanged or forgotten. A builder of
// its own, restored from `timelines` and from what `posts` holds beyond them, so that the answer is
// there at once, whether or not a processor runs.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "model/post.h"
#include "processor/builder.h"
#include "stream/stream.h"

namespace latecomer {

struct ImportCounts {
  std::uint64_t accepted = 0;
  std::uint64_t made = 0;  // new
  std::uint64_t changed = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t forgotten = 0;
  std::uint64_t skipped = 0;
  std::uint64_t rejects = 0;
};

// `{"accepted":…,"new":…,…}`, and the same for people.
std::string ImportCountsJson(const ImportCounts& counts);
std::string ImportCountsText(const ImportCounts& counts);

class ImportLedger {
 public:
  explicit ImportLedger(const HashtagSettings& settings);
  ~ImportLedger();

  // Takes what is known of the hashtag so far. Reads its partitions whole, up to where they end
  // when it gets there, so a processor may be at work meanwhile. kRetryLater: `stop` was requested.
  Status Load(Stream& stream, const std::stop_token& stop);
  // Counts a value that belongs, and keeps what it did. Records go to `records` (may be null) now
  // and then; Finish gives the rest.
  void Apply(const PostsValue& value);
  void Finish();
  void SendRecordsTo(RecordSink* records) { records_ = records; }

  ImportCounts counts;

 private:
  Status LoadTimelines(Stream& stream, const TopicPartition& partition,
                       const std::stop_token& stop);
  Status LoadPosts(Stream& stream, const TopicPartition& partition, std::int32_t partitions,
                   std::int64_t begin, const std::stop_token& stop);
  void Flush();

  HashtagSettings settings_;
  Builder builder_;
  struct Held;
  std::vector<std::unique_ptr<Held>> held_;
  std::size_t used_ = 0;
  RecordSink* records_ = nullptr;
};

}  // namespace latecomer
