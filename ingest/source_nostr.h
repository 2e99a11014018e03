// The source `nostr`: tagged notes and comments from relays of Nostr, with their conversations.
//
// Collected: notes (kind 1) and comments (kind 1111) with a followed hashtag, what they answer and
// what answers them, on every relay, and reposts of them (kinds 6 and 16); deletions (kind 5) by
// their authors. Each event's id and signature are checked. Live, and backward as far as each relay
// keeps; what came while a relay was away is read when it is back. Not collected: reactions, long
// articles, and what no configured relay has.
//
// Options: `base` (required): one or several relays, "wss://relay.example"; `since`, `revisit_for`,
// `requests_a_day` (to each relay, questions and connections together), `stream` ("false": asks
// each minute instead of listening).
//
// Cursors: nostr_pull.h.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeNostrSource(const SourceSpec& spec);

}  // namespace latecomer
