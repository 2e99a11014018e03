#include "stream/partitioner.h"

#include <boost/test/unit_test.hpp>

#include "stream/stream.h"

namespace latecomer {

BOOST_AUTO_TEST_SUITE(partitioner)

// The vectors of Kafka's own UtilsTest.testMurmur2.
BOOST_AUTO_TEST_CASE(AgreesWithKafka) {
  const std::pair<std::string_view, std::int32_t> vectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [text, hash] : vectors) {
    BOOST_TEST(static_cast<std::int32_t>(Murmur2(text)) == hash, text);
    BOOST_TEST(PartitionOf(text, 32) == (hash & 0x7fffffff) % 32, text);
  }
}

BOOST_AUTO_TEST_CASE(TakesBytesAsUnsigned) {
  // Bytes of 0x80 and more would differ if they were sign-extended.
  BOOST_TEST(Murmur2("\xff") != Murmur2("\x7f"));
  for (const std::string_view key : {"", "é", "日本", "#\xff\xfe\xfd"}) {
    BOOST_TEST(PartitionOf(key, 7) >= 0);
    BOOST_TEST(PartitionOf(key, 7) < 7);
    BOOST_TEST(PartitionOf(key, 1) == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
