#include "model/utf8.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace latecomer {
namespace {

// One code point as UTF-8 would spell it, surrogates and too large ones too.
std::string Spelled(unsigned c) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6U), byte(0x80 | (c & 63U))};
  if (c < 0x10000) {
    return {byte(0xE0 | c >> 12U), byte(0x80 | (c >> 6U & 63U)), byte(0x80 | (c & 63U))};
  }
  return {byte(0xF0 | c >> 18U), byte(0x80 | (c >> 12U & 63U)), byte(0x80 | (c >> 6U & 63U)),
          byte(0x80 | (c & 63U))};
}

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(every_code_point) {
  for (unsigned c = 0; c < 0x120000; ++c) {
    const bool valid = (c < 0xD800 || c > 0xDFFF) && c <= 0x10FFFF;
    BOOST_REQUIRE_MESSAGE(IsValidUtf8(Spelled(c)) == valid, "U+" << std::hex << c);
  }
}

// Of all rows of up to three bytes that do not begin with ASCII, just those that spell something.
BOOST_AUTO_TEST_CASE(every_row_of_two_and_three_bytes) {
  std::size_t two = 0;
  std::size_t three = 0;
  for (unsigned a = 0x80; a < 0x100; ++a) {
    for (unsigned b = 0; b < 0x100; ++b) {
      const std::string pair{static_cast<char>(a), static_cast<char>(b)};
      two += IsValidUtf8(pair) ? 1U : 0U;
      if (a < 0xE0) continue;
      for (unsigned c = 0x80; c < 0xC0; ++c) {
        three += IsValidUtf8(pair + static_cast<char>(c)) ? 1U : 0U;
      }
    }
  }
  BOOST_TEST(two == 0x800U - 0x80U);
  BOOST_TEST(three == 0x10000U - 0x800U - 0x800U);
}

BOOST_AUTO_TEST_CASE(the_place_of_what_is_invalid) {
  for (const std::string bad :
       {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3("}) {
    for (std::size_t before = 0; before < 20; ++before) {  // eight bytes at a time, or one
      for (const std::string end : {"", "12345678", "é"}) {
        BOOST_TEST(FindInvalidUtf8(std::string(before, 'x') + bad + end) == before);
        BOOST_TEST(FindInvalidUtf8(std::string(before, 'x') + "é漢😀" + bad + end) == before + 9);
      }
    }
  }
  BOOST_TEST(FindInvalidUtf8("") == 0U);
  BOOST_TEST(FindInvalidUtf8("éa漢b😀cdefghijklmnop") == 25U);
}

BOOST_AUTO_TEST_CASE(a_sample_can_be_shown) {
  BOOST_TEST(Sample("abc", 10) == "abc");
  BOOST_TEST(Sample("abc", 2) == "ab");
  BOOST_TEST(Sample("aé漢", 2) == "a");  // cut between code points
  BOOST_TEST(Sample("aé漢", 3) == "aé");
  BOOST_TEST(Sample("aé漢", 5) == "aé");
  BOOST_TEST(Sample("aé漢", 6) == "aé漢");
  BOOST_TEST(Sample("a\n\x01\x7f\xc2\x85z", 100) == "a    z");
  BOOST_TEST(Sample("a\xff\xfe z", 100) == "a\uFFFD\uFFFD z");
  BOOST_TEST(Sample(std::string("a\0b", 3), 100) == "a b");
  BOOST_TEST(Sample("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(controls) {
  for (unsigned c = 0; c < 0x3000; ++c) {
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    BOOST_REQUIRE_MESSAGE(HasControl("é" + Spelled(c) + "x") == control, "U+" << std::hex << c);
  }
  BOOST_TEST(!HasControl(""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
