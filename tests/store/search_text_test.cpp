#include "store/search_text.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "store_records.h"

namespace latecomer::test {

BOOST_AUTO_TEST_SUITE(search_text)

BOOST_AUTO_TEST_CASE(folding) {
  BOOST_TEST(FoldForSearch("Hello WORLD") == "hello world");
  BOOST_TEST(FoldForSearch("ÉCOLE ＡＢＣ ß ﬁ") == "école abc ss fi");
  BOOST_TEST(FoldForSearch("e\xcc\x81") == "é");  // composed
  BOOST_TEST(FoldForSearch("İ").size() > 0U);
  BOOST_TEST(FoldForSearch("") == "");
}

BOOST_AUTO_TEST_CASE(words_of_a_query) {
  const std::vector<std::string> words = *SearchWords(" One　two\tONE\xc2\xa0three\n");
  BOOST_TEST(words == (std::vector<std::string>{"one", "two", "three"}),
             boost::test_tools::per_element());
  BOOST_TEST(!SearchWords("\xff"));
}

BOOST_AUTO_TEST_CASE(tokens_do_not_cross_white_space) {
  const auto tokens = [](std::string_view text) {
    std::string out;
    AppendIndexTokens(out, text);
    return out;
  };
  BOOST_TEST(tokens("abc").size() == kIndexTokenBytes + 1);
  BOOST_TEST(tokens("abcd ef 日本語で\nxyz\ta") ==
             tokens("abc") + tokens("bcd") + tokens("日本語") + tokens("本語で") + tokens("xyz"));
  BOOST_TEST(tokens("ab 日本 🔥") == "");
}

BOOST_AUTO_TEST_CASE(tokens_are_what_indexes_hold) {
  // Another result would need another kRulesVersion: the indexes that are there hold these.
  std::string out;
  AppendIndexTokens(out, "abcd 日本語");
  BOOST_TEST(out == "i2fod7 r5f4dc 6jpzry ");
}

BOOST_AUTO_TEST_CASE(tokens_differ) {
  std::set<std::string> tokens;
  int trigrams = 0;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) {
      for (char c = 'a'; c <= 'z'; ++c, ++trigrams) {
        std::string token;
        AppendIndexTokens(token, std::string{a, b, c});
        tokens.insert(token);
      }
    }
  }
  BOOST_TEST(tokens.size() >= static_cast<std::size_t>(trigrams) - 5U);
}

BOOST_AUTO_TEST_CASE(tokens_of_a_query_stand_in_a_text_that_has_it) {
  std::string text;
  AppendIndexTokens(text, "https://social.example/@ana 🔥🔥🔥🔥");
  for (const std::string& token : QueryTokens({"social.example", "🔥🔥🔥", "//s"})) {
    BOOST_TEST((' ' + text).find(' ' + token + ' ') != std::string::npos, token);
  }
  BOOST_TEST(QueryTokens({"ab", "日本", ""}).empty());
  BOOST_TEST(QueryTokens({std::string(5000, 'a') + "bcdefgh"}).size() <= 32U);
}

BOOST_AUTO_TEST_CASE(text_of_content) {
  const std::string json = Content("<p>One &amp; <b>T</b>wo<br>x</p>", "Ana", "ANA@s.example");
  BOOST_TEST(*SearchText(json) == "one & two\nx\nana\nana@s.example");
  BOOST_TEST(!SearchText(std::string_view("[]")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
