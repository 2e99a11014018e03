// Answers of X's API, of any shape: nothing but values and errors come of them.
#include <cstddef>
#include <cstdint>
#include <string>

#include "ingest/x_api_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static latecomer::XEdits edits;
  static latecomer::XAnswerReader reader(&edits);
  std::string text(reinterpret_cast<const char*>(data), size);
  std::string again = text;
  (void)reader.Read(text, 1'700'000'000'000);
  (void)reader.ReadRules(again);
  edits.clear();
  return 0;
}
