// The stream in one SQLite file, for one machine: WAL, synchronous=FULL, several processes at once.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

struct EmbeddedStreamSettings {
  std::string path;  // …/stream.db, made if it is not there; its folder must exist
  std::string prefix = "latecomer.";  // of topic names; callers use names without it
  std::chrono::milliseconds busy_timeout{10'000};
  std::chrono::milliseconds session_timeout{45'000};  // a group member not heard of is lost
};

// kFatal with a message that says what to do for a read-only folder, a full disk, a file of a newer
// version; kCorrupt for a damaged file.
Result<std::unique_ptr<Stream>> OpenEmbeddedStream(const EmbeddedStreamSettings& settings);

}  // namespace latecomer
