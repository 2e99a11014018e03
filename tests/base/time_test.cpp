#include "base/time.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(time)

struct Case {
  const char* text;
  const char* utc;  // nullptr: cannot be read
};

BOOST_AUTO_TEST_CASE(reads_rfc3339_and_writes_utc_with_milliseconds) {
  const Case cases[] = {
      {"2013-06-25T18:14:45.000Z", "2013-06-25T18:14:45.000Z"},
      {"2013-06-25t18:14:45z", "2013-06-25T18:14:45.000Z"},
      {"2013-06-25 18:14:45.5-05:00", "2013-06-25T23:14:45.500Z"},
      {"2013-06-25T18:14:45.1239999999Z", "2013-06-25T18:14:45.123Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
      {"2016-12-31T23:59:60.250Z", "2017-01-01T00:00:00.250Z"},
      {"2000-02-29T00:00:00+23:59", "2000-02-28T00:01:00.000Z"},
      {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
      {"0001-01-01T00:00:00+00:01", nullptr},
      {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
      {"9999-12-31T23:59:60Z", nullptr},
      {"0000-12-31T23:59:59-00:01", "0001-01-01T00:00:59.000Z"},
      {"2013-02-29T00:00:00Z", nullptr},
      {"2013-06-25T24:00:00Z", nullptr},
      {"2013-06-25T18:60:00Z", nullptr},
      {"2013-06-25T18:14:61Z", nullptr},
      {"2013-06-25T18:14:45.Z", nullptr},
      {"2013-06-25T18:14:45", nullptr},
      {"2013-06-25T18:14Z", nullptr},
      {"2013-06-25T18:14:45+0500", nullptr},
      {"2013-06-25T18:14:45Zx", nullptr},
      {"13-06-25T18:14:45Z", nullptr},
      {"", nullptr},
  };
  for (const Case& c : cases) {
    const std::optional<TimeMs> time = ParseTime(c.text);
    BOOST_TEST_CONTEXT(c.text) {
      BOOST_TEST(time.has_value() == (c.utc != nullptr));
      if (time && c.utc != nullptr) BOOST_TEST(FormatTime(*time) == c.utc);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_bounds_are_the_years_1_to_9999) {
  BOOST_TEST(FormatTime(kTimeMsMin) == "0001-01-01T00:00:00.000Z");
  BOOST_TEST(FormatTime(kTimeMsMax) == "9999-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(reads_durations) {
  BOOST_TEST(ParseDuration("6h").value() == 6 * 3'600'000);
  BOOST_TEST(ParseDuration("0s").value() == 0);
  BOOST_TEST(ParseDuration("90m").value() == 90 * 60'000);
  BOOST_TEST(ParseDuration("2d").value() == 2 * 86'400'000);
  for (const char* bad : {"", "h", "6", "6 h", "-1h", "1.5h", "6w", "99999999999999999999d"}) {
    BOOST_TEST_CONTEXT(bad) { BOOST_TEST(!ParseDuration(bad).has_value()); }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
