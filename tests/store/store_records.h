// Makes timeline records and batches of them for the tests of stores and sinks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/post_json.h"
#include "store/timeline_store.h"

namespace latecomer::test {

inline constexpr TimeMs kMoment = 1'372'184'085'000;  // 2013-06-25T18:14:45Z
inline constexpr std::int64_t kMinuteMs = 60'000;
inline constexpr std::int64_t kDayMs = 86'400'000;

inline std::string PostId(int i) {
  return "https://social.example/users/ana/statuses/" + std::to_string(i);
}

inline std::string Content(const std::string& html, const std::string& name = "Ana Lovelace",
                           const std::string& handle = "ana@social.example",
                           const std::string& hashtag = "#HRevolution") {
  Post post;
  post.attributed_to.id = "https://social.example/users/ana";
  post.attributed_to.name = name;
  post.attributed_to.preferred_username = handle;
  post.content = html;
  post.tag.push_back({"Hashtag", "", hashtag});
  std::string out;
  AppendContent(out, post);
  return out;
}

inline EntryRecord Entry(int i, const std::string& html = "<p>Hello</p>") {
  EntryRecord entry;
  entry.id = PostId(i);
  entry.n = 1000 + i;
  entry.tree = i;
  entry.published = kMoment + i * kMinuteMs;
  entry.author = "https://social.example/users/ana";
  entry.stamp = entry.published;
  entry.content = Content(html);
  entry.digest = ContentDigest(entry.content);
  return entry;
}

inline EntryRecord DeletedEntry(int i) {
  EntryRecord entry = Entry(i);
  entry.content.clear();
  entry.author.clear();
  entry.deleted = true;
  entry.deleted_at = kMoment + kDayMs;
  return entry;
}

// A link as the processor writes it: the structure of `entry`.
inline EntryRecord LinkOf(EntryRecord entry) {
  entry.is_link = true;
  entry.stamp = 0;
  entry.digest = 0;
  entry.content.clear();
  return entry;
}

inline RepostRecord Repost(int i, int object) {
  RepostRecord repost;
  repost.id = PostId(i) + "/activity";
  repost.objects = {PostId(object)};
  repost.published = kMoment + i * kMinuteMs;
  repost.by = "https://social.example/users/ben";
  repost.stamp = *repost.published;
  repost.digest = 7;
  return repost;
}

// A log of one partition: what is added gets the next offset.
class Log {
 public:
  template <typename Body>
  std::int64_t Add(const std::string& hashtag, Body body) {
    records_.push_back({next_, TimelineRecord{hashtag, {0, next_}, std::move(body)}});
    return next_++;
  }
  void Skip(std::int64_t offsets) { next_ += offsets; }  // as compaction leaves them
  const std::vector<SequencedRecord>& records() const { return records_; }
  std::vector<SequencedRecord>& mutable_records() { return records_; }
  std::int64_t next() const { return next_; }

 private:
  std::vector<SequencedRecord> records_;
  std::int64_t next_ = 0;
};

}  // namespace latecomer::test
