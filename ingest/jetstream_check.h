// What `latecomer doctor` learns of a Jetstream: whether each of its hosts sends, and what will be
// missing. One connection a host, one request.
#pragma once

#include <vector>

#include "ingest/jetstream_options.h"
#include "ingest/source.h"

namespace latecomer {

std::vector<SourceFinding> CheckJetstream(SourceContext& context, const JetstreamOptions& options);

}  // namespace latecomer
