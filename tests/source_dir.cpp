#include "tests/source_dir.h"

namespace latecomer {

std::filesystem::path SourceDir() { return LATECOMER_SOURCE_DIR; }

}  // namespace latecomer
