// Whatever type it is of: what no value of `posts` may have as JSON.
#include "model/post_json.h"

#include <boost/test/unit_test.hpp>

#include "tests/model/post_json_cases.h"

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(post_json_syntax)

BOOST_AUTO_TEST_CASE(duplicate_keys_at_any_level) {
  std::string many;  // more keys than are compared one by one
  for (int i = 0; i < 70; ++i) many += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  CheckAccepts({With(many + R"("last":{)" + many + R"("x":1})"),
                With(R"("a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}])")});
  CheckRejects({
      {With(R"("id":"n")"), "the key id stands twice"},
      {With(R"("a":1,"a":1)"), "the key a stands twice"},
      {With(R"("a":1,"\u0061":1)"), "the key a stands twice"},
      {With(R"("":1,"":2)"), "stands twice"},
      {With(R"("content":null,"content":"x")"), "the key content stands twice"},
      {With(R"("attributedTo":{"id":"a","id":"a"})"), "the key id stands twice"},
      {With(R"("tag":[{"name":"a","name":"b"}])"), "the key name stands twice"},
      {With(R"("x":[[{"y":{"z":1,"z":1}}]])"), "the key z stands twice"},
      {With(many + R"("k3":1)"), "the key k3 stands twice"},
      {With(many + R"("k69":1)"), "the key k69 stands twice"},
      {With(R"("x":{)" + many + R"("k31":1})"), "the key k31 stands twice"},
      {With(many + R"("x":{)" + many + R"("y":1},"k68":1)"), "the key k68 stands twice"},
  });
}

BOOST_AUTO_TEST_CASE(nesting_of_32_levels) {
  const auto nested = [](int levels, const std::string& open, const std::string& close) {
    std::string out;
    for (int i = 1; i < levels; ++i) out += open;  // the post itself is the first level
    out += open == "[" ? "" : "1";
    for (int i = 1; i < levels; ++i) out += close;
    return With("\"x\":" + out);
  };
  CheckAccepts({nested(32, "[", "]"), nested(32, R"({"a":)", "}")});
  CheckRejects({{nested(33, "[", "]"), "nested too deeply"},
                {nested(33, R"({"a":)", "}"), "nested too deeply"},
                {nested(100'000, "[", "]"), "nested too deeply"}});
}

BOOST_AUTO_TEST_CASE(nul_surrogates_and_invalid_utf8) {
  CheckRejects({
      {With(std::string("\"content\":\"a\0b\"", 15)), "a NUL"},
      {"{" + kNote + "}" + std::string(1, '\0'), "a NUL"},
      {With(R"("content":"a\u0000b")"), "a NUL"},
      {With(R"("unknown":"\u0000")"), "a NUL"},
      {With(R"("x":[{"y":"\u0000"}])"), "a NUL"},
      {With(R"("a\u0000":1)"), "a NUL"},
      {With(R"("content":"\ud83d")"), "surrogate"},
      {With(R"("content":"\ud83d!")"), "surrogate"},
      {With(R"("content":"\ud83d\u0041")"), "surrogate"},
      {With(R"("content":"\ude00")"), "surrogate"},
      {With(R"("content":"\ude00\ud83d")"), "surrogate"},
      {With(R"("unknown":"\udfff")"), "surrogate"},
      {With(R"("\udc00":1)"), "surrogate"},
      {With("\"content\":\"\xff\""), "invalid UTF-8 at byte"},
      {With("\"content\":\"\xc3\""), "invalid UTF-8 at byte"},
      {With("\"content\":\"\xc0\x80\""), "invalid UTF-8 at byte"},
      {With("\"content\":\"\xed\xa0\x80\""), "invalid UTF-8 at byte"},
      {With("\"content\":\"\xf4\x90\x80\x80\""), "invalid UTF-8 at byte"},
      {With("\"\x80\":1"), "invalid UTF-8 at byte"},
      {"{" + kNote + "}\xfe", "invalid UTF-8 at byte"},
  });
  BOOST_TEST(ReadPost(With(R"("content":"\ud83d\ude00\u00e9\u001f\u007f\/\b\f")")).content ==
             "😀é\x1f\x7f/\b\f");
}

BOOST_AUTO_TEST_CASE(what_is_no_json_object) {
  const std::string deep(1000, ' ');
  CheckRejects({
      {"", "no JSON"},
      {"   ", "no JSON"},
      {"null", "no JSON object"},
      {"1", "no JSON object"},
      {"true", "no JSON object"},
      {R"("x")", "no JSON object"},
      {R"("")", "no JSON object"},
      {"[]", "no JSON object"},
      {"[{" + kNote + "}]", "no JSON object"},
      {"{" + kNote, "no JSON"},
      {"{" + kNote + ",}", "no JSON"},
      {"{" + kNote + "}}", "no JSON"},
      {"{" + kNote + "} x", "no JSON"},
      {"{" + kNote + "}{" + kNote + "}", "no JSON"},
      {"{" + kNote + "}" + deep + "1", "no JSON"},
      {With("\"content\":\"a\nb\""), "no JSON"},
      {With("\"content\":\"a\x1f\""), "no JSON"},
      {With(R"("content":"\x")"), "no JSON"},
      {With(R"("content":"\u00g0")"), "no JSON"},
      {With(R"("x":01)"), "no JSON"},
      {With(R"("x":NaN)"), "no JSON"},
      {With(R"("x":+1)"), "no JSON"},
      {With(R"("x":.5)"), "no JSON"},
      {With("'x':1"), "no JSON"},
      {With("/* no comments */\"x\":1"), "no JSON"},
      {std::string(PostReader::kJsonBytesMax + 1, ' '), "longer than 16777216 bytes"},
  });
  CheckAccepts({"\r\n\t {" + kNote + "} \n", "{" + kNote + "}" + deep});
}

BOOST_AUTO_TEST_CASE(numbers_of_any_size_are_numbers) {
  const Post post =
      ReadPost(With(R"("x":[18446744073709551616,-9223372036854775809,1e308,1e400,1e-999,)" +
                    std::string(400, '9') +
                    R"(],"attachment":[{"width":1e300,"height":-1e300},)"
                    R"({"width":640.9,"height":9007199254740991}])"));
  BOOST_TEST(*post.attachment[0].width == 9007199254740992);
  BOOST_TEST(*post.attachment[0].height == -9007199254740992);
  BOOST_TEST(*post.attachment[1].width == 640);
  BOOST_TEST(*post.attachment[1].height == 9007199254740991);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
