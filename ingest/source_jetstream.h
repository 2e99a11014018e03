// The source `jetstream`: every post of the AT network as it is written, changed and deleted, of
// which those are kept that carry a followed hashtag, and those that answer in a conversation with
// one.
//
// Options
//   base            Jetstreams, as wss:// addresses, in the order in which they are tried; each
//   with
//                   the path of its version (/subscribe, or …subscribeEvents), or without one: then
//                   the newer is tried first. Beside them, as https:// addresses, an AppView that
//                   answers everybody, and after it a directory of DIDs: names of authors come from
//                   there, and what was in a conversation before its hashtag was seen. Without an
//                   AppView both are missing. Default: Bluesky's.
//   since           how far back the stream is asked for at first; a Jetstream keeps about 36 hours
//   requests_a_day  a ceiling for the AppView
//   revisit_for     how long a conversation without anything new is still fetched again
//
// Collected: the same posts as by the source `bluesky`, each the same to the byte, but at once, and
// with the replies that an AppView hides; edits with their time; deletions by their author, and of
// accounts. Not collected: reposts and likes.
//
// A Jetstream goes back only so far. Where the first event is later than was asked for, what lies
// between becomes coverage that is not complete.
//
// Cursors: `stream`, value `v1 MICROSECONDS`: all events up to then are dealt with; those of
// bluesky_conversations.h, source_coverage.h, request_budget.h.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeJetstreamSource(const SourceSpec& spec);

}  // namespace latecomer
