// Cursors: a source's own position, kept in the compacted topic `cursors` and moved in the
// transaction that carries the data it covers.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

// The latest value under `key`; nothing where there is none. Reads the key's partition whole.
Result<std::optional<std::string>> ReadCursor(Stream& stream, const std::string& source,
                                              const std::string& key);

}  // namespace latecomer
