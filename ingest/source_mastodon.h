// The source `mastodon`: tagged posts and their conversations, from instances that speak the API of
// Mastodon: Mastodon and what is made from it, GoToSocial, Pleroma, Akkoma, Pixelfed.
//
// Options
//   base            the address of an instance, or of several, separated by blanks: each sees what
//                   has come to it, and what several see counts once
//   token_file      a file with an access token (scope read) of the instance; not with several
//   since           how far back history is pulled; absent: as far as there is
//   requests_a_day  a ceiling for each instance
//   revisit_for     how long a conversation without anything new is still visited; absent: for ever
//   stream          whether what is new is streamed; absent: where there is a token and Mastodon
//
// Collected: what the timelines of the hashtags and of their aliases show, forward and backward
// (source_mastodon_feed.h), by stream where that is possible (source_mastodon_stream.h); the whole
// conversation of each (source_mastodon_threads.h); edits; deletions, by the word of the instance a
// post was written on; reposts where the API shows them (Mastodon's timelines of hashtags do not).
// Not collected: what is not public or unlisted, and what has not come to the instances named.
//
// Cursors: those of source_mastodon_feed.h; `thread/INSTANCE` of revisits.h, with posts as
// source_mastodon_posts.h has them; those of source_coverage.h and request_budget.h.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeMastodonSource(const SourceSpec& spec);

}  // namespace latecomer
