// How a post spells the hashtag that it stands under ("HRevolution" under "hrevolution"), for a
// store to count.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "model/post.h"

namespace latecomer {

// Remembers what it has seen, which repeats: bounded by kKnownMax.
class Spellings {
 public:
  // Without the sign; empty where the post has no tag of that name.
  std::string Of(std::string_view hashtag, const Post& post);

 private:
  static constexpr std::size_t kKnownMax = 10'000;
  bool IsSpellingOf(std::string_view hashtag, const std::string& name);

  std::unordered_map<std::string, bool> known_;  // "hashtag name"
};

}  // namespace latecomer
