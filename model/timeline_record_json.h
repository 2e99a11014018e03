// Keys and JSON values of the topic `timelines`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/timeline_record.h"

namespace latecomer {

// Appends the record's key: `hashtag kind id`, one blank between. An `entry` and a `link` of one
// post have different keys.
void AppendTimelineKey(std::string& out, const TimelineRecord& record);

// Appends the record's value; returns false, appending nothing, where the value is null
// (RemovedRecord). Members in the contract's order, `post` last.
bool AppendTimelineValue(std::string& out, const TimelineRecord& record);

enum class ReadContentToo { kNo, kYes };

// Reads a record of `timelines`. `value` nothing: null, which gives a RemovedRecord ("link" is kept
// as kind). With kNo reading stops at an entry's last field `post`, leaving `content` empty.
// kCorrupt if it is no record of ours: what we wrote ourselves must be readable.
Result<TimelineRecord> ReadTimelineRecord(std::string_view key,
                                          std::optional<std::string_view> value,
                                          ReadContentToo content);

}  // namespace latecomer
