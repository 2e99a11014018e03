// Drives a Builder as the processor does, keeping what a compacted topic would keep.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/hashtag_settings.h"
#include "model/post.h"
#include "model/timeline_record.h"
#include "processor/builder.h"

namespace latecomer {

class TimelineHarness {
 public:
  explicit TimelineHarness(HashtagSettings settings);

  // Applies one value to the open batch.
  Outcome Apply(const PostsValue& value);
  // Flushes the records, through their JSON, into the compacted log, and commits.
  void Commit();
  // Flushes into nowhere and unwinds.
  void Abort();

  // The `--json` lines of what the compacted log holds.
  std::string Timeline() const;
  std::string Dump() const { return builder_->Dump(); }
  // The dump of a builder that was restored from the compacted log.
  std::string RestoredDump() const;
  // Goes on with a builder restored from the compacted log.
  void Restart();
  // The compacted log itself, as keys and values.
  std::string LogText() const;
  // Fails unless entries of one conversation, and only they, resolve to one tree, and the tree's
  // root is the conversation's id. Nothing: fine.
  std::string CheckTrees() const;
  std::size_t records_written() const { return written_; }

 private:
  struct Held {
    PostsValue value;
    std::string content;
  };
  std::unique_ptr<Builder> Restored() const;
  std::vector<TimelineRecord> Log() const;

  HashtagSettings settings_;
  std::unique_ptr<Builder> builder_;
  std::deque<Held> held_;  // of the open batch
  std::int64_t offset_ = 0;
  std::int64_t next_ = 0;  // of the log
  std::size_t written_ = 0;
  std::map<std::string, std::pair<std::int64_t, std::string>> log_;  // key -> offset, value
};

}  // namespace latecomer
