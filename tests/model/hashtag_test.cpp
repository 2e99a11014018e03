#include "model/hashtag.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "model/utf8.h"
#include "tests/model/twitter_text_cases.h"
#include "tests/test_data.h"

namespace latecomer {
namespace {

std::string Repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

std::vector<std::string> Names(std::string_view text) {
  std::vector<std::string> names;
  for (const HashtagInText& found : FindHashtags(text)) names.push_back(found.name);
  return names;
}

void CheckNames(std::string_view text, const std::vector<std::string>& expected) {
  const std::vector<std::string> names = Names(text);
  BOOST_TEST_CONTEXT(text) {
    BOOST_CHECK_EQUAL_COLLECTIONS(names.begin(), names.end(), expected.begin(), expected.end());
  }
}

std::size_t CodePointsBefore(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  for (const char c : text.substr(0, at)) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

void CheckConformance(const std::string& section, std::size_t at_least) {
  const auto file = FindTestData("twitter-text/extract.yml");
  if (!file) {
    BOOST_TEST_MESSAGE("LATECOMER_SKIP: twitter-text/extract.yml is absent");
    return;
  }
  const std::vector<TwitterTextCase> cases = ReadTwitterText(*file, section);
  BOOST_TEST(cases.size() >= at_least);
  for (const TwitterTextCase& c : cases) {
    BOOST_TEST_CONTEXT(c.description) {
      CheckNames(c.text, c.expected);
      const std::vector<HashtagInText> found = FindHashtags(c.text);
      for (std::size_t i = 0; i < c.indices.size() && i < found.size(); ++i) {
        BOOST_TEST(CodePointsBefore(c.text, found[i].begin) == c.indices[i].first);
        BOOST_TEST(CodePointsBefore(c.text, found[i].end) == c.indices[i].second);
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hashtag)

BOOST_AUTO_TEST_CASE(folds_to_one_key) {
  const std::pair<std::string, std::string> cases[] = {
      {"hrevolution", "hrevolution"},
      {"#HRevolution", "hrevolution"},
      {"＃ＨＲｅｖｏｌｕｔｉｏｎ１", "hrevolution1"},
      {"#Café", "café"},
      {"#Cafe\xCC\x81", "café"},
      {"CAFE", "cafe"},
      {"İstanbul", "i̇stanbul"},
      {"Straße", "strasse"},
      {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
      {"ｻｯｶｰ", "サッカー"},
      {"می\xE2\x80\x8Cخواهم", "میخواهم"},  // the joiner is not seen, so it makes no difference
      {"##x", "#x"},                       // one sign only
      {"a_b-c", "a_b-c"},
      {Repeat("é", 100), Repeat("é", 100)},
  };
  for (const auto& [text, key] : cases) {
    const Result<std::string> folded = FoldHashtag(text);
    BOOST_REQUIRE_MESSAGE(folded, text);
    BOOST_TEST(*folded == key);
    const Result<std::string> again = FoldHashtag(*folded);
    if (!key.starts_with('#')) BOOST_TEST((again && *again == *folded));
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_key) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "is empty"},
      {"#", "is empty"},
      {"＃", "is empty"},
      {"\xE2\x80\x8D", "is empty"},  // folds to nothing
      {"a b", "contains white space"},
      {"a\tb", "contains white space"},
      {"a\xC2\xA0"
       "b",
       "contains white space"},
      {"a\xE3\x80\x80"
       "b",
       "contains white space"},
      {"\xC2\xA8x", "contains white space"},  // U+00A8 folds to a blank and a mark
      {std::string("a\0b", 3), "contains a control character"},
      {"a\x7F", "contains a control character"},
      {"a\xC2\x80", "contains a control character"},
      {"a\xFF", "is not valid UTF-8"},
      {"\xED\xA0\x80", "is not valid UTF-8"},
      {Repeat("a", 101), "is longer than 100 characters"},
      {Repeat("é", 101), "is longer than 100 characters"},
      {Repeat("\xEF\xB7\xBA", 6), "contains white space"},  // U+FDFA is 18 characters, some blanks
      {Repeat("é", 1'000'000), "is longer than 100 characters"},
  };
  for (const auto& [text, why] : cases) {
    const Result<std::string> folded = FoldHashtag(text);
    BOOST_REQUIRE_MESSAGE(!folded, text.substr(0, 200));
    BOOST_CHECK(folded.error().code == ErrorCode::kInvalid);
    BOOST_TEST(folded.error().message.find(why) != std::string::npos, folded.error().message);
    BOOST_TEST(folded.error().message.size() < 300);
  }
}

BOOST_AUTO_TEST_CASE(twitter_text_hashtags) { CheckConformance("hashtags", 60); }
BOOST_AUTO_TEST_CASE(twitter_text_hashtags_from_astral) {
  CheckConformance("hashtags_from_astral", 3);
}
BOOST_AUTO_TEST_CASE(twitter_text_hashtags_with_indices) {
  CheckConformance("hashtags_with_indices", 8);
}

BOOST_AUTO_TEST_CASE(finds_beside_neighbours) {
  CheckNames("", {});
  CheckNames("#", {});
  CheckNames("no sign", {});
  CheckNames("#a", {"a"});
  CheckNames("a#b", {});
  CheckNames("&#b", {});
  CheckNames("1#b _#c é#d", {});
  CheckNames("#a#b", {});
  CheckNames("#a #b", {"a", "b"});
  CheckNames("##a", {"a"});
  CheckNames("#a-b #c.d", {"a", "c"});
  CheckNames("😀#a 👍🏽#b", {"a", "b"});
  CheckNames("#a😀", {"a"});
  CheckNames("#\xEF\xB8\x8F\xE2\x83\xA3 keycap", {});
  CheckNames("「#東京」、#大阪。", {"東京", "大阪"});
  CheckNames("#1 #2024 #y2024", {"y2024"});
  CheckNames("\xFF#a\xFF#b", {"a", "b"});
  CheckNames("#a\xC3", {"a"});
}

BOOST_AUTO_TEST_CASE(finds_none_within_addresses) {
  CheckNames("http://x.example/#y", {});
  CheckNames("HTTPS://x.example/a?b=c#y z #t", {"t"});
  CheckNames("(http://x.example/a)#t", {"t"});
  CheckNames("http://x.example/a_(b#c)#d", {});
  CheckNames("http://x.example/a?q=(b)#d", {});
  CheckNames("http://x.example/、#t", {"t"});
  CheckNames("x.example/#y", {});
  CheckNames("日本語x.example/#y", {"y"});
  CheckNames("and/or/#t 1.5/#u a/#v", {"t", "u", "v"});
  CheckNames("mail@x.example/#y", {"y"});
  CheckNames("#http://x.example/ #t", {"t"});
  CheckNames("http://#t", {"t"});
}

BOOST_AUTO_TEST_CASE(positions_are_in_bytes) {
  const std::string text = "é ＃Ünï, #x";
  const std::vector<HashtagInText> found = FindHashtags(text);
  BOOST_REQUIRE(found.size() == 2);
  BOOST_TEST(text.substr(found[0].begin, found[0].end - found[0].begin) == "＃Ünï");
  BOOST_TEST(found[0].name == "Ünï");
  BOOST_TEST(text.substr(found[1].begin, found[1].end - found[1].begin) == "#x");
}

// Half a megabyte each: were it quadratic, the test would run into its timeout.
BOOST_AUTO_TEST_CASE(long_text_takes_linear_time) {
  for (const std::string piece :
       {"#", "#1", "#a", "http://", "http://x/#", "a.a/", "a.", "/", "#a://", "(", "http://x/(",
        "é#", "＃", "\xFF#", "#\xE2\x80\x8D"}) {
    const std::string text = Repeat(piece, (512U << 10U) / piece.size());
    BOOST_TEST(FindHashtags(text).size() <= text.size());
  }
}

BOOST_AUTO_TEST_CASE(random_text) {
  static constexpr const char* kPieces[] = {"#",
                                            "＃",
                                            "a",
                                            "1",
                                            "_",
                                            " ",
                                            "&",
                                            "/",
                                            ":",
                                            "://",
                                            "http",
                                            ".",
                                            "x.example/",
                                            "é",
                                            "東",
                                            "😀",
                                            "\xFF",
                                            "\xE2\x80",
                                            "\xEF\xB8\x8F",
                                            "(",
                                            ")",
                                            "?",
                                            "@",
                                            "\n"};
  std::mt19937 random(4);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 30; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    std::size_t last = 0;
    for (const HashtagInText& found : FindHashtags(text)) {
      BOOST_REQUIRE(found.begin >= last);
      BOOST_REQUIRE(found.end > found.begin && found.end <= text.size());
      BOOST_REQUIRE(IsValidUtf8(found.name));
      BOOST_REQUIRE(text.substr(found.begin, found.end - found.begin).ends_with(found.name));
      last = found.end;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
