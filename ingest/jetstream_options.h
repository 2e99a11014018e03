// What a source of a Jetstream is told by the settings: source_jetstream.h.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/jetstream_stream.h"
#include "ingest/revisits.h"
#include "ingest/source.h"

namespace latecomer {

struct JetstreamOptions {
  std::vector<JetstreamStream::Host> hosts;
  std::optional<Url> app_view;
  Url directory;
  std::optional<TimeMs> since;
  std::int64_t requests_a_day = 0;  // 0: no ceiling
  RevisitPolicy policy;
  bool once = false;
};

// kInvalid: what makes no sense, and what to do about it.
Result<JetstreamOptions> ReadJetstreamOptions(const SourceSpec& spec);

}  // namespace latecomer
