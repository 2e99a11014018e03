// The source `engage`: Viva Engage (Yammer) by its REST API, on behalf of one user.
//
// Collected: messages of the groups (or, without `groups`, of all that the user may see) whose text
// has a followed hashtag, or whose thread has it as a topic, with their whole threads: late
// replies, edits (seen as changed text) and deletions. Not: private messages; what the user may not
// see; and the API does not promise to list every message.
//
// Options
//   token_file      of a delegated bearer token; required
//   groups          ids of groups, separated by a blank
//   since, requests_a_day, revisit_for, base (default https://www.yammer.com)
//
// Limits: 10 requests in 30 s, and a feed is asked for what is new at most once a minute, all feeds
// together.
//
// Cursors: `feed PATH`: `v1 NEWEST OLDEST POLLED`: ids, and the time of the last poll; what lies
// above OLDEST has been read, 0: all of it. `poll`: `v1 TIME`, the last of any of them. `keys
// THREAD`: `v1 HASHTAG…`; `topic ID`: `v1 HASHTAG`; those of Revisits (`thread …`), SourceCoverage
// and RequestBudget.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeEngageSource(const SourceSpec& spec);

}  // namespace latecomer
