#include "ingest/http_check.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

HttpResponse Response(int status, const std::string& type = "", const std::string& body = "") {
  HttpResponse response;
  response.status = status;
  response.url = "https://h.example/x?token=hush";
  if (!type.empty()) response.headers.Add("content-type", type);
  response.body = body;
  return response;
}

std::string Message(const Status& status) { return status ? "" : status.error().message; }

}  // namespace

BOOST_AUTO_TEST_SUITE(http_check)

BOOST_AUTO_TEST_CASE(statuses) {
  const auto code = [](int status) {
    const Status checked = CheckStatus(Response(status, "text/html", "hush"));
    BOOST_REQUIRE(!checked);
    BOOST_TEST(Message(checked).find("hush") == std::string::npos);
    BOOST_TEST(Message(checked).find("https://h.example/x answered " + std::to_string(status)) ==
               0U);
    return checked.error().code;
  };
  for (int status : {200, 201, 204, 299, 304}) BOOST_TEST(!!CheckStatus(Response(status)));
  for (int status : {404, 410}) BOOST_TEST((code(status) == ErrorCode::kNotFound));
  for (int status : {401, 403, 407}) BOOST_TEST((code(status) == ErrorCode::kFatal));
  for (int status : {408, 425, 429, 500, 503, 599}) {
    BOOST_TEST((code(status) == ErrorCode::kRetryLater));
  }
  for (int status : {300, 301, 400, 418, 422, 451}) {
    BOOST_TEST((code(status) == ErrorCode::kInvalid));
  }
  BOOST_TEST(Response(410).IsGone());
  BOOST_TEST(!Response(404).IsGone());
}

BOOST_AUTO_TEST_CASE(an_error_page_is_no_json) {
  BOOST_TEST(!!ExpectJson(Response(200, "application/json; charset=utf-8", "[]")));
  BOOST_TEST(!!ExpectJson(Response(200, "Application/Activity+JSON", " \r\n{\"a\":1}")));
  BOOST_TEST(!!ExpectJson(Response(200, "text/plain", "\xef\xbb\xbf{}")));
  BOOST_TEST(!!ExpectJson(Response(200, "", "{}")));
  const Status page = ExpectJson(Response(200, "text/html; charset=utf-8", "<html>hush</html>"));
  BOOST_REQUIRE(!page);
  BOOST_TEST((page.error().code == ErrorCode::kInvalid));
  BOOST_TEST(page.error().message ==
             "https://h.example/x answered 200 with text/html of 17 bytes where JSON was expected");
  BOOST_TEST(!ExpectJson(Response(200, "text/html", "{}")));
  BOOST_TEST(!ExpectJson(Response(200, "application/json", "<!DOCTYPE html>")));
  BOOST_TEST(!ExpectJson(Response(200, "application/json", "")));
  BOOST_TEST(!ExpectJson(Response(200, "application/json", "Error establishing a connection")));
}

BOOST_AUTO_TEST_CASE(a_page_is_no_feed) {
  BOOST_TEST(!!ExpectXml(Response(200, "application/rss+xml", "<?xml version=\"1.0\"?><rss/>")));
  BOOST_TEST(!!ExpectXml(Response(200, "text/html", "\n<rss/>")));
  BOOST_TEST(!ExpectXml(Response(200, "application/rss+xml", "<!DOCTYPE HTML><html>")));
  BOOST_TEST(!ExpectXml(Response(200, "application/rss+xml", "<HTML>")));
  BOOST_TEST(!ExpectXml(Response(200, "application/rss+xml", "{}")));
}

// The other side writes the type: it must not write our log.
BOOST_AUTO_TEST_CASE(messages_are_bounded_and_clean) {
  const Status status =
      ExpectType(Response(200, "evil\x1b[31m\n" + std::string(5000, 'x')), "text/event-stream");
  BOOST_REQUIRE(!status);
  BOOST_TEST(status.error().message.size() < 200U);
  BOOST_TEST(status.error().message.find('\x1b') == std::string::npos);
  BOOST_TEST(!!ExpectType(Response(200, "Text/Event-Stream;charset=utf-8"), "text/event-stream"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
