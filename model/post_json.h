// JSON of the canonical post: strict reading, one spelling in writing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/post.h"

namespace latecomer {

// Reads values of `posts`. Keeps its buffers between calls, so one reader a thread.
//
// Rejects (kInvalid, the message names the field): a missing required field, `v` other than 1, an
// unknown `type` or `via`, a wrong JSON type in a known field, a time that cannot be read or is
// more than a day after `source.retrieved`, ids past their bounds, invalid UTF-8, lone surrogates,
// NUL, duplicate keys, more than 32 levels of nesting. Unknown fields are ignored; `null` and `""`
// are absent. A Tombstone's content and author are checked and dropped.
class PostReader {
 public:
  PostReader();
  ~PostReader();
  PostReader(const PostReader&) = delete;
  PostReader& operator=(const PostReader&) = delete;

  // Reads one JSON text of at most kJsonBytesMax bytes. On success value() is what was read, valid
  // until the next call.
  Status Read(std::string_view json);
  // The same into `value`, whose memory is used again.
  Status Read(std::string_view json, PostsValue& value);
  const PostsValue& value() const { return value_; }
  PostsValue& value() { return value_; }

  static constexpr std::size_t kJsonBytesMax = 16U << 20U;
  static constexpr int kDepthMax = 32;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  PostsValue value_;
};

// Appends the compact JSON of a value, without a line end: members in the contract's order, what is
// absent or empty left out, `via` only where it is not the default.
void AppendPostsValue(std::string& out, const PostsValue& value);
void AppendPost(std::string& out, const Post& post);

// Appends the *content object* of a post: compact JSON of `url updated attributedTo content summary
// language sensitive quoteUri tag attachment`, in this order, absent and empty ones left out. The
// digest is taken of it, and it is the `post` of timeline records.
void AppendContent(std::string& out, const Post& post);

// The digest of a post's content object: XXH3-64 with seed 0 (https://xxhash.com).
std::uint64_t ContentDigest(std::string_view content_json);

// Reads a content object back into the content fields of `post` (which is not cleared). kCorrupt if
// it is none.
Status ReadContent(std::string_view content_json, Post& post);

}  // namespace latecomer
