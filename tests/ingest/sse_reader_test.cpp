#include "ingest/sse_reader.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace latecomer {
namespace {

using Events = std::vector<std::string>;

Events Drain(SseReader& reader) {
  Events events;
  SseEvent event;
  while (reader.Next(event)) events.push_back(event.event + "|" + event.data);
  return events;
}

Events ReadWhole(std::string_view text) {
  SseReader reader;
  reader.Feed(text);
  return Drain(reader);
}

Events ReadInPieces(std::string_view text, std::size_t size) {
  SseReader reader;
  Events events;
  for (std::size_t i = 0; i < text.size(); i += size) {
    reader.Feed(text.substr(i, size));
    for (std::string& event : Drain(reader)) events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sse_reader)

// From the specification's own examples, and its corners.
BOOST_AUTO_TEST_CASE(reads_what_the_specification_says) {
  const auto check = [](std::string_view text, const Events& expected) {
    BOOST_TEST(ReadWhole(text) == expected, boost::test_tools::per_element());
  };
  check("data: YHOO\ndata: +2\ndata: 10\n\n", {"message|YHOO\n+2\n10"});
  check(
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
      "event\n\n",
      {"message|first event", "message|second event", "message| third event"});
  check("data\n\ndata\ndata\n\ndata:", {"message|", "message|\n"});
  check("data:test\n\ndata: test\n\n", {"message|test", "message|test"});
  check("event: add\ndata: 1\n\nevent: x\n\ndata: 2\n\n", {"add|1", "message|2"});
  check(
      "\xef\xbb\xbf"
      "data: bom\n\n",
      {"message|bom"});
  check(
      "\xef\xbb\xbf\xef\xbb\xbf"
      "data: two\n\ndata: x\n\n",
      {"message|x"});
  check("data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\n\n",
        {"message|a", "message|b", "message|c", "message|d"});
  check("data: a:b: c\nunknown: x\n data: y\n\n", {"message|a:b: c"});
  check("data: cut short", {});
  check("data: no empty line\n", {});
}

BOOST_AUTO_TEST_CASE(mastodon) {
  SseReader reader;
  reader.Feed(
      ":)\n:thump\nevent: update\ndata: {\"id\":\"1\"}\n\n:thump\nevent: delete\ndata: 22\n\n");
  BOOST_TEST(Drain(reader) == (Events{"update|{\"id\":\"1\"}", "delete|22"}),
             boost::test_tools::per_element());
  BOOST_TEST(reader.comments() == 3U);
}

BOOST_AUTO_TEST_CASE(any_split_gives_the_same) {
  const std::string text =
      "\xef\xbb\xbf"
      ":)\r\nevent: update\r\ndata: {\"a\":1}\r\ndata: x\r\n\r\n:thump\n\nid: 7\ndata: "
      "lf\n\nevent: e\rdata: cr\r\r\ndata: \xc3\xa9\n\nretry: 250\n\ndata: end\r\n\r\n";
  const Events whole = ReadWhole(text);
  BOOST_TEST(whole == (Events{"update|{\"a\":1}\nx", "message|lf", "e|cr", "message|\xc3\xa9",
                              "message|end"}),
             boost::test_tools::per_element());
  for (std::size_t size = 1; size < text.size(); ++size) {
    BOOST_TEST(ReadInPieces(text, size) == whole, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(an_event_is_given_as_soon_as_it_is_whole) {
  SseReader reader;
  reader.Feed("data: a\r\r");  // the LF that might follow is not waited for
  BOOST_TEST(Drain(reader) == Events{"message|a"}, boost::test_tools::per_element());
  reader.Feed("\ndata: b\n\n");
  BOOST_TEST(Drain(reader) == Events{"message|b"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ids_and_retry) {
  SseReader reader;
  reader.Feed(std::string_view("id: 1\ndata: x\n\nid: 2\n\nid: 3\0\ndata: y\n\nretry: 3000\n", 51));
  Drain(reader);
  BOOST_TEST(reader.last_event_id() == "2");
  BOOST_TEST((reader.retry() == std::chrono::milliseconds(3000)));
  reader.Feed("id: 4\ndata: cut short");
  Drain(reader);
  BOOST_TEST(reader.last_event_id() == "2");  // that event must be asked for again
  reader.Feed("\n\nid\ndata: z\n\nretry: 1x\nretry: -1\nretry:\n");
  Drain(reader);
  BOOST_TEST(reader.last_event_id() == "");
  BOOST_TEST((reader.retry() == std::chrono::milliseconds(3000)));
  reader.Feed("retry: 99999999999999999999999\n");
  Drain(reader);
  BOOST_TEST((reader.retry() == std::chrono::hours(24)));
}

BOOST_AUTO_TEST_CASE(too_large_is_dropped_and_nothing_else) {
  const std::string big(200, 'x');
  for (std::size_t piece : {1U, 7U, 64U, 5000U}) {
    SseReader reader(100);
    Events events;
    const std::string text = "data: a\n\ndata: " + big +
                             "\n\ndata: b\n\ndata: " + big.substr(0, 60) +
                             "\ndata: " + big.substr(0, 60) + "\n\nevent: e\ndata: c\n\n:" + big +
                             "\ndata: d\n\ndata: e\n\n";
    for (std::size_t i = 0; i < text.size(); i += piece) {
      reader.Feed(std::string_view(text).substr(i, piece));
      for (std::string& event : Drain(reader)) events.push_back(std::move(event));
    }
    BOOST_TEST(events == (Events{"message|a", "message|b", "e|c", "message|e"}),
               boost::test_tools::per_element());
    BOOST_TEST(reader.dropped() == 3U);
  }
}

BOOST_AUTO_TEST_CASE(lines_of_json) {
  for (std::size_t piece : {1U, 2U, 3U, 100U}) {
    LineSplitter lines(LineSplitter::Ends::kLf, 8);
    const std::string text = "{\"a\":1}\r\n\r\n\n{\"b\"\r:2}\n0123456789\n{}\n{\"c";
    Events got;
    for (std::size_t i = 0; i < text.size(); i += piece) {
      lines.Feed(std::string_view(text).substr(i, piece));
      LineSplitter::Line line;
      while (lines.Next(line)) got.push_back(line.too_long ? "LONG" : std::string(line.text));
    }
    BOOST_TEST(got == (Events{"{\"a\":1}", "", "", "{\"b\"\r:2}", "LONG", "{}"}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
