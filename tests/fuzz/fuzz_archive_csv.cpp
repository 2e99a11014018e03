// Reads the input as an archive: any other CSV.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("csv", data, size);
  return 0;
}
