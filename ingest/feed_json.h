// Reads JSON Feed (https://www.jsonfeed.org/version/1.1/). Pure.
#pragma once

#include <string>

#include "base/result.h"
#include "ingest/feed_reader.h"

namespace latecomer {

// As ReadFeed; `text` is destroyed. kInvalid: no JSON, or no JSON Feed.
Status ReadJsonFeed(std::string& text, const FeedReadOptions& options, FeedEvents& events,
                    FeedHead& head);

}  // namespace latecomer
