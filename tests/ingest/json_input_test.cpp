#include <boost/test/unit_test.hpp>
#include <memory>

#include "archive_harness.h"
#include "ingest/json_items.h"
#include "ingest/json_tree.h"
#include "ingest/line_reader.h"

namespace latecomer {
namespace {

std::string ParseError(std::string text) {
  JsonTree tree({"skipped"});
  Status status = tree.Parse(text.data(), text.size());
  return status ? "" : status.error().message;
}

BOOST_AUTO_TEST_SUITE(json_input)

BOOST_AUTO_TEST_CASE(a_tree) {
  std::string text =
      R"({"a":[1,-2,3.5,true,null,"x\u00e9\n"],"skipped":{"b":[{}]},"o":{"k":{"l":"m"}},"e":[]})";
  JsonTree tree({"skipped"});
  BOOST_REQUIRE(static_cast<bool>(tree.Parse(text.data(), text.size())));
  const JsonValue root = tree.root();
  std::string seen;
  for (JsonValue item : root["a"]) seen += std::to_string(static_cast<int>(item.type()));
  BOOST_TEST(seen == "223104");
  BOOST_TEST(!root["skipped"]);
  BOOST_TEST(root["o"]["k"]["l"].text() == "m");
  BOOST_TEST(!root["o"]["x"]["l"]);
  BOOST_TEST(root["e"].is_array());
  for (JsonValue item : root["e"]) BOOST_ERROR(std::string(item.text()));
  for (JsonValue item : root["missing"]) BOOST_ERROR(std::string(item.text()));
}

BOOST_AUTO_TEST_CASE(what_is_no_json) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "Bad JSON at byte 1: The document is empty."},
      {"{", "Bad JSON at byte 2: Missing a name for object member."},
      {R"({"a":1,"a":2})", "Bad JSON at byte 10: the key \"a\" stands twice."},
      {R"({"a":"\ud800"})", "Bad JSON at byte 7: The surrogate pair in string is invalid."},
      {R"({"a":"\udc00"})", "Bad JSON at byte 13: a string holds NUL or a lone surrogate."},
      {R"({"a":"\u0000"})", "Bad JSON at byte 13: a string holds NUL or a lone surrogate."},
      {std::string("{}\0{}", 5), "A NUL at byte 3."},
      {"{\"a\":\"\xE9\"}", "Invalid UTF-8 at byte 7."},
      {"{\"a\":\"\xED\xA0\x80\"}", "Invalid UTF-8 at byte 7."},
      {"{} {}", "Bad JSON at byte 4: The document root must not be followed by other values."},
      {std::string(100'000, '['), "Bad JSON at byte 65: it is nested too deeply."},
      {"{\"skipped\":" + std::string(100'000, '['),
       "Bad JSON at byte 75: it is nested too deeply."},
  };
  for (const auto& [text, message] : cases) BOOST_TEST(ParseError(text) == message);
  std::string many = "[";
  for (int i = 0; i < 5'000'000; ++i) many += "1,";
  BOOST_TEST(ParseError(many + "1]").find("too many values") != std::string::npos);
}

// Line ends that are given out as long as asked for, without being held anywhere.
class Endless final : public ByteSource {
 public:
  explicit Endless(std::uint64_t bytes) : left_(bytes) {}
  Result<std::size_t> Read(char* out, std::size_t size) override {
    if (left_ == 0) {
      if (tail_.empty()) return std::size_t{0};
      const std::size_t count = tail_.copy(out, size);
      tail_.erase(0, count);
      return count;
    }
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    std::fill_n(out, size, '[');
    left_ -= size;
    largest_ = std::max(largest_, size);
    return size;
  }
  std::uint64_t BytesOnDisk() const override { return 0; }
  std::size_t largest() const { return largest_; }

 private:
  std::uint64_t left_;
  std::string tail_ = "\nshort\n";
  std::size_t largest_ = 0;
};

BOOST_AUTO_TEST_CASE(a_line_of_two_gigabytes) {
  constexpr std::uint64_t kBytes = 2'000'000'000;
  Endless source(kBytes);
  LineReader lines(source, 1U << 20U);
  RecordText line;
  Result<bool> more = lines.Next(line);
  BOOST_REQUIRE((more && *more));
  BOOST_TEST(line.too_long);
  BOOST_TEST(line.bytes == kBytes + 1);
  BOOST_TEST(line.size == kRecordStartBytes);
  more = lines.Next(line);
  BOOST_REQUIRE((more && *more));
  BOOST_TEST(line.number == 2U);
  BOOST_TEST(std::string(line.text, line.size) == "short");
  more = lines.Next(line);
  BOOST_TEST((more && !*more));
  // What is asked of the source is what there is room for.
  BOOST_TEST(source.largest() <= (2U << 20U));
}

BOOST_AUTO_TEST_CASE(lines_of_a_text) {
  const std::string long_line(3000, 'x');
  const struct {
    std::string text;
    std::vector<std::string> lines;  // "!" for too long
  } cases[] = {{"", {}},
               {"\n", {""}},
               {"a\nb", {"a", "b"}},
               {"a\r\n\r\nb\r", {"a", "", "b"}},
               {long_line + "\na", {"!", "a"}},
               {"a\n" + long_line, {"a", "!"}},
               {std::string(2000, 'y') + "\n", {std::string(2000, 'y')}},
               {std::string(2001, 'y') + "\nz", {"!", "z"}}};
  for (const auto& c : cases) {
    const std::unique_ptr<ByteSource> source = MakeMemorySource(c.text);
    LineReader lines(*source, 2000);
    std::vector<std::string> seen;
    RecordText line;
    for (;;) {
      Result<bool> more = lines.Next(line);
      BOOST_REQUIRE(static_cast<bool>(more));
      if (!*more) break;
      BOOST_TEST(line.number == seen.size() + 1);
      if (!line.too_long) BOOST_TEST(line.text[line.size] == '\0');
      seen.push_back(line.too_long ? "!" : std::string(line.text, line.size));
    }
    BOOST_TEST(seen == c.lines, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(items_of_an_array) {
  const struct {
    const char* text;
    std::vector<std::string> items;
    bool whole;
  } cases[] = {{"x = []", {}, true},
               {"[ ]", {}, true},
               {"[1]", {"1"}, true},
               {R"([{"a":"]"},[1,2],"\"]"] rest)", {R"({"a":"]"})", "[1,2]", R"("\"]")"}, true},
               {"[1,", {"1"}, false},
               {"[{\"a\":[", {}, false},
               {"nothing", {}, false}};
  for (const auto& c : cases) {
    const std::unique_ptr<ByteSource> source = MakeMemorySource(c.text);
    JsonItemReader items(*source, "");
    std::vector<std::string> seen;
    RecordText item;
    bool whole = true;
    for (;;) {
      Result<bool> more = items.Next(item);
      whole = static_cast<bool>(more);
      if (!whole || !*more) break;
      seen.emplace_back(item.text, item.size);
    }
    BOOST_TEST(seen == c.items, boost::test_tools::per_element());
    BOOST_TEST(whole == c.whole);
  }
}

BOOST_AUTO_TEST_CASE(an_item_past_the_bound) {
  const std::string text = "[{\"a\":\"" + std::string(5000, 'x') + "\"},{\"b\":1}]";
  const std::unique_ptr<ByteSource> source = MakeMemorySource(text);
  JsonItemReader items(*source, "", 2000);
  RecordText item;
  Result<bool> more = items.Next(item);
  BOOST_REQUIRE((more && *more));
  BOOST_TEST(item.too_long);
  BOOST_TEST(item.bytes == 5008U);
  more = items.Next(item);
  BOOST_REQUIRE((more && *more));
  BOOST_TEST(std::string(item.text, item.size) == "{\"b\":1}");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
