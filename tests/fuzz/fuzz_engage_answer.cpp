// Answers of Viva Engage, of any shape: nothing but values and errors come of them.
#include <cstddef>
#include <cstdint>
#include <string>

#include "ingest/engage_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static latecomer::EngageReader reader;
  std::string text(reinterpret_cast<const char*>(data), size);
  (void)reader.Read(text, 1'700'000'000'000);
  return 0;
}
