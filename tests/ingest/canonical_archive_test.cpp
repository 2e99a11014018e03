#include <boost/test/unit_test.hpp>

#include "archive_harness.h"

namespace latecomer {
namespace {

const std::string kNote =
    R"({"v":1,"type":"Note","id":"https://a.example/1","published":"2020-01-01T00:00:00.000Z"})";

BOOST_AUTO_TEST_SUITE(canonical_archive)

BOOST_AUTO_TEST_CASE(every_line_belongs_and_is_given_as_it_stands) {
  const std::string coverage =
      R"({"v":1,"type":"Coverage","source":"s","from":"2020-01-01T00:00:00.000Z",)"
      R"("to":"2020-01-02T00:00:00.000Z","complete":true})";
  const std::string forget = R"({"v":1,"type":"Forget","post":"https://a.example/1"})";
  const ReadResult r = ReadAll(kNote + "\n\n" + coverage + "\r\n  \n" + forget);
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 3U);
  BOOST_TEST(r.posts[0] == kNote);
  BOOST_TEST(r.posts[1] == coverage);
  BOOST_TEST(r.posts[2] == forget);
}

BOOST_AUTO_TEST_CASE(content_is_sanitised) {
  const ReadResult r =
      ReadAll(R"({"type":"Note","id":"https://a.example/1","published":"2020-01-01T00:00:00Z",)"
              R"("content":"<p onclick=\"x()\">a<script>b</script></p>"})");
  BOOST_REQUIRE_EQUAL(r.values.size(), 1U);
  BOOST_TEST(std::get<Post>(r.values[0]).content == "<p>a</p>");
}

BOOST_AUTO_TEST_CASE(a_bad_line_is_named) {
  const ReadResult r =
      ReadAll(kNote + "\n{\"v\":1,\"type\":\"Note\",\"id\":\"x\"}\nnot json\n" + kNote);
  BOOST_TEST(r.posts.size() == 2U);
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 2U);
  BOOST_TEST(r.rejects[0].starts_with("f:2"));
  BOOST_TEST(r.rejects[0].find("published") != std::string::npos);
  BOOST_TEST(r.rejects[1].starts_with("f:3"));
}

BOOST_AUTO_TEST_CASE(the_first_lines_may_be_broken) {
  const ReadResult r = ReadAll("{\"broken\n" + kNote + "\n");
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.posts.size() == 1U);
  BOOST_TEST(r.rejects.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
