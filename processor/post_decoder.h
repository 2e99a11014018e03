// Records of `posts` as the builder takes them.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <string>

#include "base/result.h"
#include "model/post_json.h"
#include "processor/builder.h"
#include "stream/stream.h"

namespace latecomer {

// Decodes records and keeps what the builder's inputs lead to, until Clear.
class PostDecoder {
 public:
  explicit PostDecoder(std::int32_t partitions) : partitions_(partitions) {}

  // kInvalid, with the reason, for what belongs into `rejects`: no post, its key no folded hashtag,
  // or in a wrong partition. The record is then as it was.
  Result<VersionInput> Decode(Record&& record);
  void Clear() { used_ = 0; }

 private:
  struct Held {
    std::string hashtag;
    PostsValue value;
    std::string content;
  };
  Status CheckKey(const Record& record);

  std::int32_t partitions_;
  PostReader reader_;
  boost::unordered_flat_set<std::string> folded_;  // keys that are folded hashtags; bounded
  std::deque<Held> held_;                          // reused, so that decoding allocates little
  std::size_t used_ = 0;
};

}  // namespace latecomer
