// What holds for every post that ingest writes, wherever it comes from (contract, section 1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/post.h"

namespace latecomer {

struct PostFault {
  std::string_view field;
  std::string reason;  // continues "`field` "
};

// Drops addresses that are not http or https and an author without an id; then says why the post
// cannot be taken, if it cannot: a missing field, ids, times or sizes past their bounds.
std::optional<PostFault> TidyAndCheckPost(Post& post);

}  // namespace latecomer
