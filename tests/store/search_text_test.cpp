#include "store/search_text.h"

#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_CASE(trigrams_do_not_cross_white_space) {
  std::string out;
  AppendTrigrams(out, "abcd ef 日本語で\nxyz");
  BOOST_TEST(out == "abc bcd 日本語 本語で xyz ");
}

BOOST_AUTO_TEST_CASE(trigrams_of_a_query_stand_in_a_text_that_has_it) {
  std::string text;
  AppendTrigrams(text, "https://social.example/@ana 🔥🔥🔥🔥");
  for (const std::string& trigram : QueryTrigrams({"social.example", "🔥🔥🔥", "//"})) {
    BOOST_TEST((' ' + text).find(' ' + trigram + ' ') != std::string::npos, trigram);
  }
  BOOST_TEST(QueryTrigrams({"ab", "日本", ""}).empty());
  BOOST_TEST(QueryTrigrams({std::string(5000, 'a') + "bcdefgh"}).size() <= 32U);
}

BOOST_AUTO_TEST_CASE(text_of_content) {
  const std::string json = Content("<p>One &amp; <b>T</b>wo<br>x</p>", "Ana", "ANA@s.example");
  BOOST_TEST(*SearchText(json) == "one & two\nx\nana\nana@s.example");
  BOOST_TEST(!SearchText(std::string_view("[]")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
