// What a source of several instances has written lately, so that a post that all of them show is
// written once and not by each. Forgetful: of two that meet in one place the later stays. What is
// forgotten is written twice, and folds into itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/post.h"

namespace latecomer {

class MastodonRecent {
 public:
  // How many are remembered: of one instance only those that several hashtags show at once matter.
  static constexpr std::size_t kPlacesOfOne = 1'024;
  static constexpr std::size_t kPlacesOfMany = 16'384;

  explicit MastodonRecent(std::size_t places = kPlacesOfMany) : places_(places) {}

  // Whether this version is to be written under the hashtag; if so, it then counts as written.
  // Versions of different instances are told apart by when they were edited, to the second, which
  // is all that is sent from one to another. Written anyhow is what the post's own instance shows,
  // and what names a parent that was not known before.
  bool Take(const Post& post, std::string_view hashtag, std::uint32_t digest, int instance,
            bool is_own);

 private:
  struct Place {
    std::uint64_t hash = 0;
    std::int64_t edited_s = 0;
    std::uint32_t digest = 0;
    std::int16_t instance = -1;
    bool is_own = false;
    bool has_parent = false;
  };
  std::vector<Place> places_;
};

}  // namespace latecomer
