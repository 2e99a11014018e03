// Reads the input as an archive: JSONL of Twitter's API v1.1.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("twitter1", data, size);
  return 0;
}
