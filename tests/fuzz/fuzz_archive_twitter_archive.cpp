// Reads the input as an archive: a Twitter archive's tweets.js.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  latecomer::FuzzArchive("twitter-archive", data, size);
  return 0;
}
