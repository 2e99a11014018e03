// What `latecomer doctor` says of an instance.
#pragma once

#include <vector>

#include "ingest/source.h"
#include "ingest/source_mastodon_instance.h"

namespace latecomer {

// A handful of requests: what it is, whether it takes the token, and the newest page of each
// hashtag. Adds what was found.
void CheckMastodonInstance(SourceContext& context, const MastodonOptions& options,
                           std::size_t number, std::vector<SourceFinding>& findings);

}  // namespace latecomer
