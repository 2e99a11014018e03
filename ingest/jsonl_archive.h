// What formats of JSON records share: reading them one by one, rejecting those that are none.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/archive_format.h"
#include "ingest/json_tree.h"

namespace latecomer {

using JsonRecordSink = std::function<void(JsonValue object)>;

// Calls `sink` with the object of each line that is not blank. `skipped`: keys of no interest.
Status ReadJsonLines(ArchiveInput& input, std::vector<std::string_view> skipped,
                     const JsonRecordSink& sink);

// Calls `sink` with each object of an array: see JsonItemReader for `key`.
Status ReadJsonItems(ArchiveInput& input, std::string key, std::vector<std::string_view> skipped,
                     const JsonRecordSink& sink);

}  // namespace latecomer
