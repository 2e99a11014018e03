#include <boost/test/unit_test.hpp>

#include "archive_harness.h"
#include "ingest/csv_reader.h"

namespace latecomer {
namespace {

// Rows joined by `;`, their fields by `|`; a row with a fault is `!LINE`.
std::string Rows(std::string_view text, char delimiter = ',') {
  const std::unique_ptr<ByteSource> source = MakeMemorySource(text);
  CsvReader reader(*source, delimiter);
  CsvRow row;
  std::string out;
  for (;;) {
    Result<bool> more = reader.Next(row);
    BOOST_REQUIRE(static_cast<bool>(more));
    if (!*more) return out;
    if (!out.empty()) out += ';';
    if (!row.fault.empty()) out += "!" + std::to_string(row.line);
    for (std::size_t i = 0; row.fault.empty() && i < row.count; ++i) {
      out += (i > 0 ? "|" : "") + row.fields[i];
    }
  }
}

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(rows) {
  const struct {
    const char* text;
    const char* rows;
  } cases[] = {
      {"", ""},
      {"a,b\nc,d", "a|b;c|d"},
      {"a,b\r\nc,d\r\n", "a|b;c|d"},
      {"\n\na,b\n\n", "a|b"},
      {"a,,\n", "a||"},
      {"\"a,b\",\"c\"\"d\"\n", "a,b|c\"d"},
      {"\"a\nb\",c\nd,e\n", "a\nb|c;d|e"},
      {"\"a\r\nb\",c\r\n", "a\r\nb|c"},
      {"a,\"\"\n", "a|"},
      {"a,\"b\"", "a|b"},
      // A broken row costs its line, the next one is read.
      {"a,\"b\"x\nc,d\n", "!1;c|d"},
      {"a,b\"x\nc,d\n", "!1;c|d"},
      {"a,\"b\nc,d\ne,f\n", "!1;c|d;e|f"},
      {"a,\"b\nc,\"d\"\n", "!1;c|d"},
  };
  for (const auto& c : cases) BOOST_TEST(Rows(c.text) == c.rows);
  BOOST_TEST(Rows("a;b\nc;d", ';') == "a|b;c|d");
}

BOOST_AUTO_TEST_CASE(rows_past_the_bound) {
  const std::string long_field(CsvReader::kRowBytesMax + 5, 'x');
  BOOST_TEST(Rows("a," + long_field + "\nb,c\n") == "!1;b|c");
  BOOST_TEST(Rows("a,\"" + long_field + "\"\nb,c\n") == "!1;b|c");
  BOOST_TEST(Rows("a,\"" + long_field + long_field + long_field) == "!1");
  const std::string fits(CsvReader::kRowBytesMax - 5, 'x');
  BOOST_TEST(Rows("a," + fits + "\nb,c\n") == "a|" + fits + ";b|c");
}

const std::string kTagsHeader =
    "id_str,from_user,text,created_at,time,geo_coordinates,user_lang,in_reply_to_user_id_str,"
    "in_reply_to_screen_name,from_user_id_str,in_reply_to_status_id_str,source,profile_image_url,"
    "user_followers_count,user_friends_count,user_location,status_url,entities_str\n";

BOOST_AUTO_TEST_CASE(tags) {
  const ReadResult r = ReadAll(
      kTagsHeader +
      "1050118621198921728,ana,\"Hi, \"\"all\"\" #Tag https://t.co/a\",Wed Oct 10 20:19:24 +0000 "
      "2018,"
      "10/10/2018 20:19:24,,en,,,42,1050118621198921000,web,https://i.example/a.png,1,2,here,"
      "http://twitter.com/ana/statuses/"
      "1050118621198921728,\"{\"\"hashtags\"\":[{\"\"text\"\":\"\"Tag"
      "\"\"}],\"\"urls\"\":[{\"\"url\"\":\"\"https://t.co/a\"\",\"\"expanded_url\"\":\"\"https://"
      "a.e"
      "xample/\"\",\"\"display_url\"\":\"\"a.example\"\"}]}\"\n"
      "1.05012E+18,ana,x,,,,,,,,,,,,,,,\n"
      "1050118621198921729,ana,y,soon,,,,,,,,,,,,,,\n"
      "1050118621198921730,ana,shifted,by,one,Wed Oct 10 20:19:24 +0000 2018,,,,,,,,,,,,,,\n"
      "1050118621198921731,ben,only the text #Other,,,,,,,,,,,,,,,{broken\n"
      "1050118621198921732,b\xE9n,Latin-1,,,,,,,,,,,,,,,\n");
  BOOST_TEST(r.error == "");
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  const auto& post = std::get<Post>(r.values[0]);
  BOOST_TEST(post.content ==
             "<p>Hi, \"all\" #Tag <a href=\"https://a.example/\">a.example</a></p>");
  BOOST_TEST(post.in_reply_to == "https://x.com/i/status/1050118621198921000");
  BOOST_TEST(post.attributed_to.id == "https://x.com/i/user/42");
  BOOST_TEST(r.hashtags[0] == "tag");
  BOOST_TEST(r.hashtags[1] == "other");
  BOOST_TEST(std::get<Post>(r.values[1]).attributed_to.id == "https://x.com/ben");
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 4U);
  BOOST_TEST(r.rejects[0] == "f:3 field id_str: `id_str` is no id of a post of X.");
  BOOST_TEST(r.rejects[1] == "f:4 field created_at: `created_at` is no time.");
  BOOST_TEST(r.rejects[2] == "f:5: The row has 20 values, the header names 18.");
  BOOST_TEST(r.rejects[3] == "f:7: Invalid UTF-8 at byte 22 of the row.");
}

BOOST_AUTO_TEST_CASE(generic) {
  const char* const same_row[] = {
      "id,text,created_at,username,in_reply_to,url,hashtags\n"
      "https://a.example/1,Hello <b> #One,2020-01-01T00:00:00Z,ana,https://a.example/0,"
      "https://a.example/p/1,\"['Two', 'three']\"\n",
      "ID;Content;Published;UserName;InReplyTo;URL;Hashtags\n"
      "https://a.example/1;Hello <b> #One;2020-01-01 00:00:00;ana;https://a.example/0;"
      "https://a.example/p/1;#Two #three\n",
      "id\tcontent\tdate\tscreen name\tin reply to\turl\ttags\n"
      "https://a.example/1\tHello <b> #One\t2020-01-01\tana\thttps://a.example/0\t"
      "https://a.example/p/1\tTwo,three\n"};
  for (const char* text : same_row) {
    const ReadResult r = ReadAll(text);
    BOOST_TEST(r.error == "");
    BOOST_TEST(r.rejects.empty());
    BOOST_REQUIRE_EQUAL(r.posts.size(), 1U);
    BOOST_TEST(r.hashtags[0] == "two,three,one");
    BOOST_TEST(
        r.posts[0] ==
        R"({"v":1,"type":"Note","id":"https://a.example/1","url":"https://a.example/p/1",)"
        R"("published":"2020-01-01T00:00:00.000Z","attributedTo":{"id":"ana",)"
        R"("preferredUsername":"ana"},"content":"<p>Hello &lt;b&gt; #One</p>",)"
        R"("inReplyTo":"https://a.example/0","tag":[{"type":"Hashtag","name":"#Two"},)"
        R"({"type":"Hashtag","name":"#three"},{"type":"Hashtag","name":"#One"}],)"
        R"("source":{"kind":"csv","instance":"a.example","retrieved":"2023-11-14T22:13:20.000Z"}})");
  }
}

BOOST_AUTO_TEST_CASE(columns_that_the_user_names) {
  ArchiveOptions options;
  options.columns = {"id=Nr", "content=Was", "published=Wann"};
  const ReadResult r =
      ReadAll("Nr;Was;Wann\n7;Hallo;2020-01-01\n;ohne;2020-01-01\n8;x;gestern\n", options);
  BOOST_TEST(r.error == "");
  BOOST_REQUIRE_EQUAL(r.posts.size(), 1U);
  BOOST_TEST(std::get<Post>(r.values[0]).id == "7");
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 2U);
  BOOST_TEST(r.rejects[0] == "f:3 field id: `id` is missing.");
  BOOST_TEST(r.rejects[1] == "f:4 field published: `published` is no time.");
  options.columns = {"id=Nope"};
  BOOST_TEST(ReadAll("a,b,c\n1,2,3\n", options).error == "f:1: There is no column \"Nope\".");
  options.columns = {"ident=a"};
  BOOST_TEST(
      ReadAll("a,b,c\n1,2,3\n", options).error.starts_with("f:1: \"ident=a\" maps no column"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
