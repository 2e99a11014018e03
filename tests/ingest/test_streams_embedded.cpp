#include "tests/ingest/test_streams.h"

namespace latecomer {

std::string NameTestStream(const std::string& folder) {
  return "embedded," + folder + "/stream.db," + std::to_string(TestSession().count());
}

std::chrono::milliseconds TestSession() { return std::chrono::milliseconds(1'000); }

}  // namespace latecomer
