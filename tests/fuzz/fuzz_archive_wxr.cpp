// Reads the input as an archive: a WordPress export.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("wxr", data, size);
  return 0;
}
