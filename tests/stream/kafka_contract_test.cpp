#include "tests/stream/kafka_util.h"

namespace latecomer {

BOOST_AUTO_TEST_SUITE(kafka_contract)
LATECOMER_STREAM_CONTRACT(KafkaTestLog)
BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
