// The source `feed`: items of RSS 2.0, RSS 1.0, Atom and JSON Feed that carry a followed hashtag as
// a category or in their text, and the comments on them where the feed says where these are
// (wfw:commentRss, <link rel="replies">).
//
// Options
//   base            addresses of feeds, or of pages that offer some, separated by blanks; required
//   since           how far back history is pulled where the feed has pages; absent: all of it
//   requests_a_day  at most so many to each host; default 5,000
//   revisit_for     how long comments are read after the last new one; absent: for ever
//
// A feed is polled every 10 to 60 minutes, as often as it has something new, and not more often
// than it asks for. Cursors: feed_follow.h.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeFeedSource(const SourceSpec& spec);

}  // namespace latecomer
