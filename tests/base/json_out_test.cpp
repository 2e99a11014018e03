#include "base/json_out.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(json_out)

BOOST_AUTO_TEST_CASE(escapes_quote_backslash_and_controls_only) {
  std::string out;
  AppendJsonString(out, std::string_view("a\"\\\b\f\n\r\t\x01\x1f\x7f/é<\0z", 17));
  BOOST_TEST(out == "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/é<\\u0000z\"");
}

BOOST_AUTO_TEST_CASE(writes_members_in_the_order_of_the_calls) {
  std::string out;
  JsonObject object(out);
  object.Int("v", 1).String("id", "x").Bool("root", true).Null("event").Time("at", 0);
  object.Uint("digest", 18446744073709551615U).Raw("post", "{}").Close();
  BOOST_TEST(out == R"({"v":1,"id":"x","root":true,"event":null,"at":"1970-01-01T00:00:00.000Z",)"
                    R"("digest":18446744073709551615,"post":{}})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
