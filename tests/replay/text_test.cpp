#include <boost/test/unit_test.hpp>

#include "replay/api_message.h"
#include "replay/excerpt.h"
#include "replay/listen_address.h"
#include "replay/question.h"

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(what_asks_something) {
  for (const char* text : {"Who?", "どこ？", "أين؟", "(why?) because", "?",
                           "is this https://a.example/b?", "@ben? #tea", "3.5? yes", "a/b?"}) {
    BOOST_TEST(AsksSomething(text), text);
  }
  for (const char* text : {"", "No.", "see https://a.example/?q=1 there", "www.a.example/?x=1",
                           "a.example/x?y=z", "gemini://a?b c"}) {
    BOOST_TEST(!AsksSomething(text), text);
  }
}

BOOST_AUTO_TEST_CASE(first_words_are_cut_between_words) {
  BOOST_TEST(FirstWords("one two three", 20) == "one two three");
  BOOST_TEST(FirstWords("one  two\n three ", 20) == "one two three");
  BOOST_TEST(FirstWords("one two three", 9) == "one two…");
  BOOST_TEST(FirstWords("一二三四五六", 4) == "一二三四…");
  BOOST_TEST(FirstWords("", 4) == "");
  BOOST_TEST(FirstWords("\xff\xfe", 4) == "\uFFFD\uFFFD");
}

BOOST_AUTO_TEST_CASE(a_snippet_is_around_the_first_word_found) {
  const std::string text = std::string("begin ") + std::string(50, 'a') + " the Needle is here " +
                           std::string(50, 'z') + " end";
  const std::string snippet = Snippet(text, "missing needle", 30);
  BOOST_TEST(snippet.find("the Needle is here") != std::string::npos, snippet);
  BOOST_TEST(snippet.starts_with("…"));
  BOOST_TEST(snippet.ends_with("…"));
  BOOST_TEST(Snippet("short", "nothing", 30) == "short");
  BOOST_TEST(Snippet("ГРУППА", "группа", 30) == "ГРУППА");
  BOOST_TEST(Snippet(text, "", 10) == "begin…");
}

BOOST_AUTO_TEST_CASE(targets_are_split_and_decoded) {
  const Result<ApiRequest> request = ParseApiTarget("/v1/a%2Fb/%23x/?q=a+b%2B&empty=&x=1&x=2");
  BOOST_REQUIRE(request);
  BOOST_TEST(request->path == (std::vector<std::string>{"v1", "a/b", "#x"}),
             boost::test_tools::per_element());
  BOOST_TEST(*request->Query("q") == "a b+");
  BOOST_TEST(!request->Query("empty"));
  BOOST_TEST(*request->Query("x") == "1");
  BOOST_TEST(!request->Query("y"));
  for (const char* bad : {"", "v1", "*", "http://a/", "/%", "/%4", "/%zz", "/?a=%ff"}) {
    BOOST_TEST(!ParseApiTarget(bad), bad);
  }
  BOOST_TEST(!ParseApiTarget("/" + std::string(kTargetBytesMax, 'a')));
  BOOST_TEST(!ParseApiTarget("/?" + std::string(100, '&')));
  std::string encoded;
  AppendPercentEncoded(encoded, "a b/é~");
  BOOST_TEST(encoded == "a%20b%2F%C3%A9~");
}

BOOST_AUTO_TEST_CASE(addresses_to_listen_on) {
  const auto show = [](std::string_view text) -> std::string {
    const Result<ListenAddress> address = ParseListenAddress(text);
    if (!address) return "none";
    return address->unix_path.empty() ? address->host + " " + std::to_string(address->port)
                                      : address->unix_path;
  };
  BOOST_TEST(show("127.0.0.1:8470") == "127.0.0.1 8470");
  BOOST_TEST(show("localhost:0") == "localhost 0");
  BOOST_TEST(show("[::1]:80") == "::1 80");
  BOOST_TEST(show("/run/a:b.sock") == "/run/a:b.sock");
  for (const char* bad : {"", "8470", ":8470", "::1:80", "a:", "a:x", "a:65536", "a:-1"}) {
    BOOST_TEST(show(bad) == "none", bad);
  }
  BOOST_TEST(show("/" + std::string(200, 'x')) == "none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
