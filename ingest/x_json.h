// Parts of X's JSON that its two API versions share.
#pragma once

#include <string_view>

#include "ingest/json_tree.h"
#include "ingest/x_post.h"

namespace latecomer {

// The id in a string; "" if it is none.
std::string_view XIdOf(JsonValue value);

// Hashtags, links and mentions of an `entities` object of either version.
void ReadXEntities(JsonValue entities, XTweet& tweet);

}  // namespace latecomer
