// A timeline for people to read on a terminal: sessions, threads indented, late replies marked.
#pragma once

#include <functional>

#include "model/post.h"
#include "model/timeline_json.h"

namespace latecomer {

using EntryContent = std::function<Post(const TimelineEntry& entry)>;

void WriteTimelineText(const Timeline& timeline, const EntryContent& content, const LineSink& sink);

// "+3 y", "+7 months", "+2 h": how much later, in its largest unit.
std::string LateText(std::int64_t seconds);

}  // namespace latecomer
