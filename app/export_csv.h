// A timeline as CSV (RFC 4180, with a header line), one entry a row.
#pragma once

#include "model/timeline_json.h"

namespace latecomer {

// Columns: published, author, text, id, parent, conversation, depth, session, late_by_s, via,
// deleted, replies, reposts. A cell that a spreadsheet would take for a formula begins with an
// apostrophe.
void WriteTimelineCsv(const Timeline& timeline, std::uint32_t only_session, const EntryText& text,
                      const LineSink& sink);

}  // namespace latecomer
