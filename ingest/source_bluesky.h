// The source `bluesky`: tagged posts and their conversations, through the Bluesky API.
//
// Options
//   base            the host that is asked: the account's server, or an AppView that searches for
//                   everybody; default https://bsky.social. After a blank, the directory in which
//                   did:plc is looked up to ask authors' repositories; default
//                   https://plc.directory
//   handle, token_file   an account and the file with an app password of it; without both, calls
//   are
//                   anonymous, and Bluesky's own hosts then refuse to search
//   since           how far back history is pulled; absent: as far as there is
//   requests_a_day  a ceiling
//   revisit_for     how long a conversation without anything new is still visited; absent: for ever
//
// Collected: posts that carry a hashtag in a facet or in `tags` (search, forward and backward), the
// whole conversation of each (bluesky_threads.h), edits as far as the AppView shows them, deletions
// by the word of the author's own repository. Not collected: reposts and likes; replies that the
// AppView hides from the account (blocks, thread gates, moderation); a reply that was never seen
// before the post that it answers was deleted.
//
// Cursors: those of bluesky_finder.h, bluesky_conversations.h, source_coverage.h, request_budget.h.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeBlueskySource(const SourceSpec& spec);

}  // namespace latecomer
