// The source `x`: X (Twitter) by its API v2.
//
// Collected: the posts that carry a followed hashtag, reposts of them (as Announce), and the whole
// conversations that they belong to: replies without the hashtag, late ones, edits and deletions.
// Not: more than the last seven days, unless the account has full-archive search; what is
// protected; that a repost was undone.
//
// Options
//   token_file    of a bearer token; required
//   search        "recent" (default: the last seven days) or "all" (full archive)
//   stream        "true": also the filtered stream, one connection, whose rules bear the tag
//                 `latecomer NAME`; default "false": a search a minute
//   since         how far back history is pulled; default: as far as there is
//   requests_a_day, revisit_for, base (default https://api.x.com)
//
// Cursors: those of XPositions (`tag …`), XConversations (`conv …`, `thread …`), XVisits (`gone
// …`), SourceCoverage (`coverage …`) and RequestBudget (`requests …`).
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeXSource(const SourceSpec& spec);

}  // namespace latecomer
