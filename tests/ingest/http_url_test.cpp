#include "ingest/url.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

std::string TextOf(const Result<Url>& url) {
  return url ? url->text : "error: " + url.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_url)

BOOST_AUTO_TEST_CASE(reads_and_normalises) {
  const Result<Url> url = ParseUrl("HTTPS://Social.Example/api/v1/x?a=b&c=d#top");
  BOOST_REQUIRE(url);
  BOOST_TEST(url->scheme == "https");
  BOOST_TEST(url->host == "social.example");
  BOOST_TEST(url->port == 443);
  BOOST_TEST(url->path == "/api/v1/x");
  BOOST_TEST(url->text == "https://social.example/api/v1/x?a=b&c=d");
  BOOST_TEST(url->Authority() == "social.example:443");
  BOOST_TEST(ParseUrl("http://h.example:8080")->Authority() == "h.example:8080");
  BOOST_TEST(ParseUrl("http://h.example:8080")->path == "/");
  BOOST_TEST(ParseUrl("http://h.example.:80/")->host == "h.example");
}

// What a filter reads and what is connected to must be the same address.
BOOST_AUTO_TEST_CASE(numeric_hosts_have_one_form) {
  for (const char* text :
       {"http://127.0.0.1/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/",
        "http://127.1/", "http://0x7f.1./", "http://\xef\xbc\x90x7f.1/"}) {
    BOOST_TEST(ParseUrl(text)->host == "127.0.0.1");
  }
  BOOST_TEST(ParseUrl("http://[::1]:81/x")->host == "[::1]");
  BOOST_TEST(ParseUrl("http://[::1]:81/x")->Authority() == "[::1]:81");
  BOOST_TEST(ParseUrl("http://[0:0:0:0:0:0:0:1]/")->host == "[::1]");
}

BOOST_AUTO_TEST_CASE(names_outside_ascii_are_asked_in_ascii) {
  BOOST_TEST(ParseUrl("https://b\xc3\xbc"
                      "cher.example/")
                 ->host == "xn--bcher-kva.example");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_to_be_asked) {
  for (const char* text : {"",
                           "/x",
                           "social.example/x",
                           "ftp://h.example/",
                           "file:///etc/passwd",
                           "gopher://h.example/",
                           "javascript:alert(1)",
                           "http://",
                           "http://user@h.example/",
                           "http://user:pw@h.example/",
                           "http://h.example:0/",
                           "http://h.example:99999/",
                           "http://h.example/a b",
                           "http://h.example/\r\nX: y",
                           "http://h.exa mple/",
                           "http://[::1/",
                           "http://h.example\x01/",
                           "http://%00.example/",
                           "http://../",
                           "http://./",
                           "http://.h.example/",
                           "http://a..b/"}) {
    const Result<Url> url = ParseUrl(text);
    BOOST_TEST(!url, text << " gives " << TextOf(url));
    if (!url) BOOST_TEST((url.error().code == ErrorCode::kInvalid));
  }
  BOOST_TEST(!ParseUrl("http://h.example/" + std::string(kUrlBytesMax, 'a')));
}

BOOST_AUTO_TEST_CASE(resolves_references) {
  const Url base = *ParseUrl("https://h.example/a/b/c?q=1");
  const auto resolve = [&](const char* reference) { return TextOf(ResolveUrl(base, reference)); };
  BOOST_TEST(resolve("d") == "https://h.example/a/b/d");
  BOOST_TEST(resolve("../d?x=y") == "https://h.example/a/d?x=y");
  BOOST_TEST(resolve("/d") == "https://h.example/d");
  BOOST_TEST(resolve("?x") == "https://h.example/a/b/c?x");
  BOOST_TEST(resolve("//other.example/d") == "https://other.example/d");
  BOOST_TEST(resolve("http://other.example:81/d") == "http://other.example:81/d");
  BOOST_TEST(resolve("/a b") == "https://h.example/a%20b");
  BOOST_TEST(!ResolveUrl(base, "file:///etc/passwd"));
  BOOST_TEST(!ResolveUrl(base, "ftp://h.example/x"));
  BOOST_TEST(!ResolveUrl(base, "https://user:pw@h.example/"));
  BOOST_TEST(!ResolveUrl(base, "/x\r\ny"));
}

BOOST_AUTO_TEST_CASE(builds_queries) {
  BOOST_TEST(PercentEncode("caf\xc3\xa9 #1&x=~") == "caf%C3%A9%20%231%26x%3D~");
  BOOST_TEST(WithQuery("https://h.example/x", {{"a", "1"}, {"any[]", "b c"}}) ==
             "https://h.example/x?a=1&any%5B%5D=b%20c");
  BOOST_TEST(WithQuery("https://h.example/x?y=z", {{"a", "1"}}) == "https://h.example/x?y=z&a=1");
}

BOOST_AUTO_TEST_CASE(logs_no_secrets) {
  BOOST_TEST(LoggableUrl("https://h.example/p?access_token=hush") == "https://h.example/p");
  BOOST_TEST(LoggableUrl("https://h.example/p#hush") == "https://h.example/p");
  BOOST_TEST(LoggableUrl("https://u:hush@h.example/p") == "https://h.example/p");
  BOOST_TEST(LoggableUrl("https://u:h@hush@h.example/p") == "https://h.example/p");
  BOOST_TEST(LoggableUrl("https:/u:hush@h.example/p") == "https:/h.example/p");
  BOOST_TEST(LoggableUrl("u:hush@h.example/p").find("hush") == std::string::npos);
  BOOST_TEST(LoggableUrl("s:/\xff@H//a?b") == "s:/H//a");
  BOOST_TEST(LoggableUrl("a\nb:u@h") == "a%0Ab:h");
  BOOST_TEST(LoggableUrl("https://h.example/@ana/1") == "https://h.example/@ana/1");
  BOOST_TEST(LoggableUrl("https://h.example/\n\xc3\xa9") == "https://h.example/%0A%C3%A9");
  BOOST_TEST(LoggableUrl(std::string(9000, 'x')).size() == 200U);
  const Result<Url> bad = ParseUrl("https://u:hush@h.example/p?t=hush");
  BOOST_REQUIRE(!bad);
  BOOST_TEST(bad.error().message.find("hush") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
