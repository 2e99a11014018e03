#include <unistd.h>

#include <atomic>

#include "tests/ingest/test_streams.h"

namespace latecomer {

// A prefix of its own is a log of its own.
std::string NameTestStream(const std::string&) {
  static std::atomic<int> next{0};
  return "kafka,ingest" + std::to_string(getpid()) + "-" + std::to_string(next++) + ".," +
         std::to_string(TestSession().count());
}

std::chrono::milliseconds TestSession() { return std::chrono::milliseconds(3'000); }

}  // namespace latecomer
