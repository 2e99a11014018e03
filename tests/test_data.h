// Where tests find public data sets that the project does not ship.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/source_dir.h"

namespace latecomer {

// The path of `name` below $LATECOMER_DATA, by default `../shared/data` beside the source folder;
// nothing where it is absent. A test then prints "LATECOMER_SKIP: …", which ctest counts as
// skipped.
inline std::optional<std::filesystem::path> FindTestData(const std::string& name) {
  const char* dir = std::getenv("LATECOMER_DATA");
  const std::filesystem::path base =
      dir != nullptr ? std::filesystem::path(dir) : SourceDir() / "../shared/data";
  std::filesystem::path path = base / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace latecomer
