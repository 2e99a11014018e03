// The timeline builder: posts in, timeline records out. Pure: no I/O, no clock, no threads.
//
// One builder a partition. A batch is a row of Apply calls, then Flush, which gives the records of
// all that changed; then Commit, once they are durable, or Unwind, which takes the batch back. What
// comes out after any batching, order or repetition of the same posts restores to the same state.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/hashtag_settings.h"
#include "model/post.h"
#include "model/timeline_record.h"

namespace latecomer {

// One value of `posts`. What the views and the pointer lead to must live until Flush.
struct VersionInput {
  Cause cause;
  TimeMs at = 0;             // when it was appended: the `at` of what it makes forgotten
  std::string_view hashtag;  // folded
  const PostsValue* value = nullptr;
  std::string_view content;  // of a Note: its content object (AppendContent)
  std::uint64_t digest = 0;  // of a Note or Announce: ContentDigest of its content object
};

// What a post did. Coverage and Forget count as kUnchanged or kChanged.
enum class Outcome { kNew, kChanged, kUnchanged, kForgotten };

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // The record is valid during the call only.
  virtual void OnRecord(const TimelineRecord& record) = 0;
  // A link of an entry whose record, as written before, names what is now forgotten. Who keeps
  // records writes the entry anew, with the content that stands there; to others it is a link.
  virtual void OnRewrite(const TimelineRecord& record) { OnRecord(record); }
};

class Builder {
 public:
  using SettingsOf = std::function<HashtagSettings(const std::string& hashtag)>;

  Builder(std::int32_t partition, SettingsOf settings_of);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Outcome Apply(const VersionInput& input);
  // The same for several, faster: the memory that a post needs is fetched while those before it are
  // applied. `outcomes` gets one for each.
  void ApplyAll(std::span<const VersionInput> inputs, std::vector<Outcome>& outcomes);
  // Makes a hashtag known, so that its events have their sessions before its first post.
  void Touch(std::string_view hashtag);
  // Gives the records of the batch, in an order that restores: at most one a key.
  void Flush(RecordSink& sink);
  void Commit();
  void Unwind();

  // Takes one record of `timelines`, in log order, `content` not needed; before the first Apply.
  // kCorrupt if the records contradict each other.
  Status Restore(const TimelineRecord& record);
  // After the last one. Sessions that the settings now make different are part of the next Flush.
  Status FinishRestore();

  // A text that two builders share exactly if their states are the same, batches apart. For tests.
  std::string Dump() const;
  std::size_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latecomer
