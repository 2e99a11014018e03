// A second, naive implementation of the contract's section 3: sorts everything and builds from
// scratch, sharing no code with the builder or with model/timeline.cpp. The tests compare both.
#pragma once

#include <string>
#include <vector>

#include "model/hashtag_settings.h"
#include "model/post.h"

namespace latecomer {

// The `--json` lines (contract, section 6), joined by LF, of the set of posts. The order and the
// repetitions of `posts` do not matter. `text` of an entry is its content as it stands.
std::string OracleTimeline(const HashtagSettings& settings, const std::vector<PostsValue>& posts);

}  // namespace latecomer
