// The stream in one SQLite file, for one machine: WAL, synchronous=FULL, several processes at once.
#pragma once

#include <chrono>
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

// Every call, this one too, fails with
// - kRetryLater where another writer held the file for longer than `busy_timeout`;
// - kFatal where the folder is missing or may not be written, the disk is full or fails, the file
//   is no stream or of a newer version; nothing that was committed is lost;
// - kCorrupt where the file is damaged.
// Its message names the file and says what to do. A Commit that failed with kFatal may still have
// become durable if the disk failed at its very end: read the committed offsets again, as after a
// restart.
//
// A writer without a place in the group (GroupMetadata with an empty `member`) may commit offsets
// while the group has no members. An offset past the partition's end is kInvalid, as is a record of
// more than 16 MiB or a transaction of more than 256 MiB.
Result<std::unique_ptr<Stream>> OpenEmbeddedStream(const EmbeddedStreamSettings& settings);

}  // namespace latecomer
