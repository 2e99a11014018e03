// What embed_files.cmake puts into the executable.
#pragma once

#include <span>
#include <vector>

#include "replay/assets.h"

namespace latecomer {

// The files of the built page, sorted by path; none where it is not built in.
std::span<const Asset> EmbeddedFiles();

}  // namespace latecomer
