// Replay events in the text of Server-Sent Events (WHATWG HTML, 9.2).
#pragma once

#include <string>
#include <string_view>

#include "replay/feed.h"

namespace latecomer {

// Appends one event. `entry_json` is the Entry object, for kEntry only.
void AppendSseEvent(std::string& out, const HashtagView& view, const FeedEvent& event,
                    std::string_view entry_json);

}  // namespace latecomer
