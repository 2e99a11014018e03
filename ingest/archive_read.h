// Reading archives from memory: for tests and fuzzing.
#pragma once

#include <string_view>

#include "ingest/archive.h"

namespace latecomer {

// ReadArchive of a file with these bytes; options.name is its name.
Status ReadArchiveBytes(std::string_view bytes, const ArchiveOptions& options, ArchiveSink& sink);

}  // namespace latecomer
