// A post in the form of Twitter's API v1.1, which its archives share.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "ingest/json_tree.h"
#include "ingest/x_post.h"

namespace latecomer {

// Reads one status object into `tweet` (views into the tree). kInvalid names the field.
// `default_user` is its author where it states none.
Status ReadTwitter1(JsonValue json, const XUser& default_user, XTweet& tweet);

// The id of a status: `id_str`, else `id` where that is a string.
std::string_view Twitter1Id(JsonValue json);

}  // namespace latecomer
