// What a source writes at once: posts under hashtags, coverage, rejects, and the cursors that they
// move. Kept in memory, serialised, until PostWriter makes it one transaction. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/archive.h"
#include "model/post.h"

namespace latecomer {

class PostBatch {
 public:
  // `source` names the rejects and stands before the keys of the cursors.
  explicit PostBatch(std::string source) : source_(std::move(source)) {}

  // A post, or coverage, under each of these hashtags (folded); a Forget goes into every partition.
  // kInvalid: longer than kPostBytesMax; nothing was added.
  Status Add(const std::vector<std::string>& hashtags, const PostsValue& value);
  Status Add(std::string_view hashtag, const PostsValue& value);
  // The same for a post as it came from a network: tidied and checked (post_check.h) first. One
  // that cannot be taken becomes a reject, and false is given. `where` says for a person where it
  // was found, without secrets: "GET /api/v1/timelines/tag/x item 3".
  bool AddOrReject(const std::vector<std::string>& hashtags, Post post, const std::string& where);
  void AddReject(const Reject& reject);

  // Moves or deletes the cursor `key` (without the source's name; "" is the one that has no other
  // key). The last word on a key counts. kInvalid: key or value past its bound.
  Status MoveCursor(std::string_view key, std::string_view value);
  Status DeleteCursor(std::string_view key);

  // Whether it is time to write: more would still be taken, but memory and transactions are meant
  // to stay small.
  bool IsFull() const { return records() >= kRecordsMax || bytes_ >= kBytesMax; }
  bool IsEmpty() const { return records() == 0; }
  std::size_t records() const { return held_.size() + cursors_.size(); }
  std::uint64_t posts() const { return posts_; }  // records of posts, one under each hashtag
  std::uint64_t rejects() const { return rejects_; }
  std::size_t bytes() const { return bytes_; }
  const std::string& source() const { return source_; }
  void Clear();

  static constexpr std::size_t kRecordsMax = 5'000;
  static constexpr std::size_t kBytesMax = 8U << 20U;
  static constexpr std::size_t kCursorKeyBytesMax = 4'096;
  static constexpr std::size_t kCursorValueBytesMax = 256U << 10U;

  // For the writer.
  struct Held {
    enum class Kind : std::uint8_t { kPost, kEverywhere, kReject };
    Kind kind;
    std::string key;
    std::string value;
  };
  using Cursors = std::map<std::string, std::optional<std::string>, std::less<>>;
  const std::vector<Held>& held() const { return held_; }
  const Cursors& cursors() const { return cursors_; }  // nothing: deleted

 private:
  void Hold(Held::Kind kind, std::string key, std::string value);
  Status SetCursor(std::string_view key, std::optional<std::string> value);

  std::string source_;
  std::vector<Held> held_;
  Cursors cursors_;
  std::uint64_t posts_ = 0;
  std::uint64_t rejects_ = 0;
  std::size_t bytes_ = 0;
};

// The key of a source's cursor in the topic `cursors`: the name, and after one space the rest.
std::string CursorRecordKey(std::string_view source, std::string_view key);

}  // namespace latecomer
