// The `--json` form of a timeline (contract, section 6): `preview --json` and
// `export --format timeline`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "model/timeline.h"

namespace latecomer {

// One line of output, without its line end.
using LineSink = std::function<void(std::string_view line)>;
// The text (TextFromHtml of its content) of an entry that is not deleted.
using EntryText = std::function<std::string(const TimelineEntry& entry)>;

// Writes header, sessions, conversations and entries, in this order. With `only_session` (into
// timeline.sessions(), kNone: all) just that session, its entries, and the conversations they stand
// in; the header's counts are those of the whole.
void WriteTimelineJson(const Timeline& timeline, std::int64_t gap_ms, std::uint32_t only_session,
                       const EntryText& text, const LineSink& sink);

}  // namespace latecomer
