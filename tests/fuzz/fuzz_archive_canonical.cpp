// Reads the input as an archive: the canonical JSONL.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("posts", data, size);
  return 0;
}
