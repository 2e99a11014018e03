// The main of every test executable.
#define BOOST_TEST_MODULE latecomer
#include <boost/test/unit_test.hpp>

#include "base/log.h"

namespace {

// The log is there before any thread is, as it is in the daemons: spdlog makes it at its first use,
// in a library that ThreadSanitizer does not see into.
struct Log {
  Log() { static_cast<void>(spdlog::default_logger_raw()); }
};
BOOST_TEST_GLOBAL_FIXTURE(Log);

}  // namespace
