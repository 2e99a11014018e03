// Reads the input as an archive: Atom and RSS.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("feed", data, size);
  return 0;
}
