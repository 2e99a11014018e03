#include "tests/stream/embedded_util.h"

namespace latecomer {

BOOST_AUTO_TEST_SUITE(embedded_contract)
LATECOMER_STREAM_CONTRACT(EmbeddedLog)
BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
