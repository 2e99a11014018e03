#include "model/timeline_json.h"

#include <boost/test/unit_test.hpp>

#include "tests/model/timeline_cases.h"

namespace latecomer {
namespace {

std::vector<std::string> Lines(const Timeline& timeline, std::uint32_t only_session = kNone) {
  std::vector<std::string> lines;
  WriteTimelineJson(
      timeline, 90 * kMinute, only_session,
      [](const TimelineEntry& entry) { return "\"" + entry.record.id + "\"\n"; },
      [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

void CheckLines(const std::vector<std::string>& lines, const std::vector<std::string>& expected) {
  BOOST_REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) BOOST_TEST(lines[i] == expected[i]);
}

TimelineParts Parts() {
  EntryRecord deleted = Entry("d", kStart + kMinute, "a");
  deleted.deleted = true;
  EntryRecord late = Entry("l", kStart + 3 * kHour, "m", "a");
  late.via = Via::kThread;
  late.author = "";
  RepostRecord repost;
  repost.id = "r";
  repost.objects = {"a"};
  return {"tag",
          {Entry("a", kStart), deleted, late, Entry("x", kStart + 20 * kHour, "gone")},
          {repost},
          {Event(kStart, kStart + kHour, "An \"event\""),
           Session(kStart + 20 * kHour, kStart + 20 * kHour, 90 * kMinute)}};
}

const std::string kHeader =
    R"({"kind":"hashtag","hashtag":"tag","gap_s":5400,"entries":4,"placeholders":2,)"
    R"("conversations":2,"sessions":2,"reposts":1})";
const std::string kPlainSession =
    R"({"kind":"session","id":"2013-06-26T14:00:00.000Z","first":"2013-06-26T14:00:00.000Z",)"
    R"("last":"2013-06-26T14:00:00.000Z","ends":"2013-06-26T15:30:00.000Z","event":null,)"
    R"("entries":1,"participants":1})";
const std::string kOther =
    R"({"kind":"conversation","id":"gone","root_known":false,"entries":1,"participants":1,)"
    R"("first":"2013-06-26T14:00:00.000Z","last":"2013-06-26T14:00:00.000Z"})";
const std::string kEntryX =
    R"({"kind":"entry","id":"x","published":"2013-06-26T14:00:00.000Z","author":"author of x",)"
    R"("parent":"gone","conversation":"gone","depth":1,"session":"2013-06-26T14:00:00.000Z",)"
    R"("late_by_s":null,"via":"tag","deleted":false,"replies":0,"reposts":0,)"
    R"("text":"\"x\"\n"})";

BOOST_AUTO_TEST_SUITE(timeline_json)

BOOST_AUTO_TEST_CASE(an_empty_timeline_is_its_header) {
  CheckLines(Lines(Timeline({"tag", {}, {}, {}})),
             {R"({"kind":"hashtag","hashtag":"tag","gap_s":5400,"entries":0,"placeholders":0,)"
              R"("conversations":0,"sessions":0,"reposts":0})"});
}

BOOST_AUTO_TEST_CASE(a_whole_timeline) {
  CheckLines(
      Lines(Timeline(Parts())),
      {kHeader,
       R"({"kind":"session","id":"2013-06-25T18:00:00.000Z","first":null,"last":null,)"
       R"("ends":"2013-06-25T19:00:00.000Z","event":"An \"event\"","entries":2,"participants":1})",
       kPlainSession,
       R"({"kind":"conversation","id":"a","root_known":true,"entries":3,"participants":1,)"
       R"("first":"2013-06-25T18:00:00.000Z","last":"2013-06-25T21:00:00.000Z"})",
       kOther,
       R"({"kind":"entry","id":"a","published":"2013-06-25T18:00:00.000Z",)"
       R"("author":"author of a","parent":null,"conversation":"a","depth":0,)"
       R"("session":"2013-06-25T18:00:00.000Z","late_by_s":null,"via":"tag","deleted":false,)"
       R"("replies":1,"reposts":1,"text":"\"a\"\n"})",
       R"({"kind":"entry","id":"d","published":"2013-06-25T18:01:00.000Z","author":null,)"
       R"("parent":"a","conversation":"a","depth":1,"session":"2013-06-25T18:00:00.000Z",)"
       R"("late_by_s":null,"via":"tag","deleted":true,"replies":0,"reposts":0,"text":null})",
       R"({"kind":"entry","id":"l","published":"2013-06-25T21:00:00.000Z","author":null,)"
       R"("parent":"m","conversation":"a","depth":2,"session":null,"late_by_s":7200,)"
       R"("via":"thread","deleted":false,"replies":0,"reposts":0,"text":"\"l\"\n"})",
       kEntryX});
}

BOOST_AUTO_TEST_CASE(one_session_with_its_entries_and_their_conversations) {
  CheckLines(Lines(Timeline(Parts()), 1), {kHeader, kPlainSession, kOther, kEntryX});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
