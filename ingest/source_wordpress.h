// The source `wordpress`: posts and pages of one blog that carry a followed hashtag as a tag, as a
// category or in their text, those on which a comment carries it, and all comments of these.
//
// Options
//   base          the blog's address; required
//   handle        a user's name, with
//   token_file    an application password of that user: for blogs that show little without
//   since         how far back history is pulled; absent: all of it
//   requests_a_day  at most so many to the blog's host; default 10,000
//   revisit_for   how long conversations are visited after their last new comment; absent: for ever
//
// How: the newest posts (by date, and by modification) and comments of the whole blog every five
// minutes, whatever the number of hashtags; for each hashtag a sweep through its tags, categories
// and a search, at first and then once a day, since a blog may date a post back; and visits to each
// conversation (wordpress_visits.h). Where the REST API is closed or missing, the blog's feeds
// (feed_follow.h) are read instead, and coverage says so.
//
// Cursors: those of WpVisits, SourceCoverage, RequestBudget, FeedFollow, and
//   `tail`           `v1 READ_UNTIL MODIFIED DATE COMMENT`: the newest that was seen, times in ms
//   `sweep HASHTAG`  `v1 SET DUE STEP OFFSET LAST`: SET, a digest of what is swept; DUE, when the
//                    next begins (0: one is on its way); then where it stands
//   `round`          with SourceSpec::once: `v1 open`, `v1 done`
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeWordPressSource(const SourceSpec& spec);

}  // namespace latecomer
