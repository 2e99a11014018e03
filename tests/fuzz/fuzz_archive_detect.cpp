// Reads the input as an archive: anything, its format and packing found by content.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("", data, size);
  return 0;
}
