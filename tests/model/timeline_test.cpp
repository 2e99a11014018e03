#include "model/timeline.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/model/timeline_cases.h"

namespace latecomer {
namespace {

const TimelineEntry& Of(const Timeline& timeline, const std::string& id) {
  const std::uint32_t entry = timeline.FindEntry(id);
  BOOST_REQUIRE_MESSAGE(entry != kNone, "no entry " << id);
  return timeline.entries()[entry];
}

std::string ParentOf(const Timeline& timeline, const std::string& id) {
  const std::uint32_t parent = Of(timeline, id).parent_node;
  return parent == kNone ? "" : std::string(timeline.NodeId(parent));
}

std::string ConversationOf(const Timeline& timeline, const std::string& id) {
  return timeline.conversations()[Of(timeline, id).conversation].id;
}

// "id<parent@depth" of each entry in order.
std::string Tree(const Timeline& timeline) {
  std::string out;
  for (const TimelineEntry& entry : timeline.entries()) {
    out += (out.empty() ? "" : " ") + entry.record.id + "<" + ParentOf(timeline, entry.record.id) +
           "@" + std::to_string(entry.depth);
  }
  return out;
}

BOOST_AUTO_TEST_SUITE(timeline)

BOOST_AUTO_TEST_CASE(an_empty_one) {
  const Timeline timeline({"tag", {}, {}, {}});
  BOOST_TEST(timeline.hashtag() == "tag");
  BOOST_TEST(timeline.entries().empty());
  BOOST_TEST(timeline.FindEntry("x") == kNone);
  BOOST_TEST(timeline.FindConversation("x") == kNone);
  BOOST_TEST(timeline.SessionAt(kStart) == kNone);
  BOOST_TEST(timeline.FindSession(kStart, kHour) == kNone);
}

BOOST_AUTO_TEST_CASE(entries_stand_in_order_of_time_and_id) {
  const Timeline timeline({"tag",
                           {Entry("b", kStart), Entry("z", kStart - 1), Entry("a", kStart),
                            Entry("é", kStart), Entry("B", kStart)},
                           {},
                           {}});
  BOOST_TEST(Tree(timeline) == "z<@0 B<@0 a<@0 b<@0 é<@0");
  BOOST_TEST(timeline.conversations().size() == 5U);
}

BOOST_AUTO_TEST_CASE(the_parent_is_in_reply_to_or_else_context) {
  EntryRecord root = Entry("r", kStart, "a");
  root.root = true;
  const Timeline timeline({"tag",
                           {Entry("a", kStart + 1), root, Entry("b", kStart + 2, "a", "r"),
                            Entry("c", kStart + 3, "", "r"), Entry("d", kStart + 4, "c"),
                            Entry("before", kStart - 9, "d")},
                           {},
                           {}});
  BOOST_TEST(Tree(timeline) == "before<d@3 r<@0 a<@0 b<a@1 c<r@1 d<c@2");
  BOOST_TEST(ConversationOf(timeline, "before") == "r");
  BOOST_TEST(timeline.placeholders().empty());
  BOOST_TEST(Of(timeline, "r").replies == 1U);
  BOOST_TEST(Of(timeline, "a").replies == 1U);
}

BOOST_AUTO_TEST_CASE(a_missing_parent_is_a_placeholder_for_the_pair) {
  const Timeline timeline({"tag",
                           {Entry("x", kStart, "m", "c"), Entry("x2", kStart + 1, "m", "c"),
                            Entry("y", kStart + 2, "m", "d"), Entry("z", kStart + 3, "m"),
                            Entry("w", kStart + 4, "m", "m"), Entry("d", kStart + 5)},
                           {},
                           {}});
  BOOST_TEST(Tree(timeline) == "x<m@2 x2<m@2 y<m@2 z<m@1 w<m@1 d<@0");
  BOOST_TEST(ConversationOf(timeline, "x") == "c");
  BOOST_TEST(ConversationOf(timeline, "x2") == "c");
  BOOST_TEST(ConversationOf(timeline, "y") == "d");
  BOOST_TEST(ConversationOf(timeline, "z") == "m");
  BOOST_TEST(timeline.placeholders().size() == 4U);  // three of m, and c
  BOOST_TEST(timeline.missing_ids() == 2U);
  BOOST_TEST(timeline.conversations().size() == 3U);
  const TimelineConversation& first = timeline.conversations().front();
  BOOST_TEST(first.id == "c");
  BOOST_TEST(!first.root_known);
  BOOST_TEST(first.first == kStart);
  BOOST_TEST(first.last == kStart + 1);
  BOOST_TEST(first.participants == 2U);
  BOOST_TEST(timeline.conversations()[1].root_known);
}

BOOST_AUTO_TEST_CASE(a_conversation_is_found_by_any_of_its_nodes) {
  const Timeline timeline(
      {"tag",
       {Entry("y", kStart, "m", "c"), Entry("z", kStart + 1, "m"), Entry("k", kStart + 2, "y")},
       {},
       {}});
  for (const std::string id : {"y", "k", "c", "m"}) {
    BOOST_TEST(timeline.conversations()[timeline.FindConversation(id)].id == "c");
  }
  BOOST_TEST(timeline.conversations()[timeline.FindConversation("z")].id == "m");
  BOOST_TEST(timeline.FindConversation("other") == kNone);
  BOOST_TEST(timeline.FindEntry("m") == kNone);
}

BOOST_AUTO_TEST_CASE(a_cycle_is_cut_at_its_smallest_member) {
  const Timeline timeline({"tag",
                           {Entry("c", kStart, "a"), Entry("b", kStart, "c"),
                            Entry("a", kStart + 1, "b"), Entry("out", kStart + 2, "a")},
                           {},
                           {}});
  BOOST_TEST(Tree(timeline) == "b<@0 c<a@2 a<b@1 out<a@2");
  BOOST_TEST(timeline.conversations().size() == 1U);
  BOOST_TEST(Of(timeline, "c").replies == 0U);
  // Through a placeholder: x hangs from (m, x), and that from x.
  const Timeline through(
      {"tag", {Entry("x", kStart, "m", "x2"), Entry("x2", kStart + 1, "x")}, {}, {}});
  BOOST_TEST(Tree(through) == "x<@0 x2<x@1");
  BOOST_TEST(through.FindConversation("m") != kNone);
}

BOOST_AUTO_TEST_CASE(counts_and_participants) {
  EntryRecord deleted = Entry("d", kStart + 2, "a");
  deleted.deleted = true;
  EntryRecord same = Entry("e", kStart + 3, "a");
  same.author = "author of a";
  EntryRecord nobody = Entry("f", kStart + 4, "a");
  nobody.author = "";
  RepostRecord repost;
  repost.id = "r1";
  repost.objects = {"a", "e"};
  RepostRecord gone = repost;
  gone.id = "r2";
  gone.deleted = true;
  RepostRecord strange = repost;
  strange.id = "r3";
  strange.objects = {"elsewhere"};
  const Timeline timeline({"tag",
                           {Entry("a", kStart), deleted, same, nobody},
                           {repost, gone, strange},
                           {Session(kStart, kStart + 4, kHour)}});
  BOOST_TEST(Of(timeline, "a").replies == 3U);
  BOOST_TEST(Of(timeline, "a").reposts == 1U);
  BOOST_TEST(Of(timeline, "e").reposts == 0U);
  BOOST_TEST(timeline.reposts_alive() == 2U);
  BOOST_TEST(timeline.conversations()[0].participants == 1U);
  BOOST_TEST(timeline.sessions()[0].participants == 1U);
  BOOST_TEST(timeline.sessions()[0].entries == 4U);
}

BOOST_AUTO_TEST_CASE(late_after_an_event_at_its_end_elsewhere_after_ends) {
  const TimeMs end = kStart + kHour;
  const TimeMs next = kStart + 100 * kHour;
  const Timeline timeline(
      {"tag",
       {Entry("e", kStart), Entry("e1", end - 1, "e"), Entry("e2", end, "e"),
        Entry("e3", end + 1999, "e"), Entry("p", next), Entry("p1", next + 6 * kHour, "p"),
        Entry("p2", next + 6 * kHour + 1, "p"), Entry("early", kStart - kHour, "p")},
       {},
       {Event(kStart, end, "event"), Session(next, next, 6 * kHour)}});
  const auto late = [&](const std::string& id) { return Of(timeline, id).late_by_s.value_or(-1); };
  BOOST_TEST(late("e") == -1);
  BOOST_TEST(late("e1") == -1);
  BOOST_TEST(late("e2") == 0);
  BOOST_TEST(late("e3") == 1);  // rounded down
  BOOST_TEST(late("p1") == -1);
  BOOST_TEST(late("p2") == 6 * 3600);  // since the session's last, not since it ends
  BOOST_TEST(late("early") == -1);
}

BOOST_AUTO_TEST_CASE(late_is_measured_from_the_first_entry_with_the_tag) {
  const std::int64_t gap = kHour;
  EntryRecord top = Entry("top", kStart - 50 * kHour);
  top.via = Via::kThread;
  EntryRecord deep = Entry("deep", kStart, "mid");
  EntryRecord mid = Entry("mid", kStart + kMinute, "top");
  mid.deleted = true;  // counts all the same
  EntryRecord after = Entry("after", kStart + 3 * kHour, "top");
  after.via = Via::kThread;
  EntryRecord alone = Entry("alone", kStart + 99 * kHour);
  alone.via = Via::kThread;
  const Timeline timeline(
      {"tag", {top, mid, deep, after, alone}, {}, {Session(kStart, kStart + kMinute, gap)}});
  BOOST_TEST(!Of(timeline, "top").late_by_s.has_value());
  BOOST_TEST(Of(timeline, "after").late_by_s.value() == 3 * 3600 - 60);
  BOOST_TEST(!Of(timeline, "alone").late_by_s.has_value());
  BOOST_TEST(Of(timeline, "top").session == kNone);
}

BOOST_AUTO_TEST_CASE(the_session_of_an_instant) {
  // A session that an event cuts off, the event, and one right after it.
  SessionRecord before = Session(kStart - 2 * kHour, kStart - kMinute, 0);
  before.ends = kStart;
  const TimeMs end = kStart + kHour;
  const Timeline timeline(
      {"tag", {}, {}, {Session(end, end, kHour), Event(kStart, end, "event"), before}});
  BOOST_TEST(timeline.SessionAt(before.id - 1) == kNone);
  BOOST_TEST(timeline.SessionAt(before.id) == 0U);
  BOOST_TEST(timeline.SessionAt(kStart - 1) == 0U);
  BOOST_TEST(timeline.SessionAt(kStart) == 1U);  // where both hold, the event's
  BOOST_TEST(timeline.SessionAt(end - 1) == 1U);
  BOOST_TEST(timeline.SessionAt(end) == 2U);
  BOOST_TEST(timeline.SessionAt(end + kHour) == 2U);
  BOOST_TEST(timeline.SessionAt(end + kHour + 1) == kNone);
}

BOOST_AUTO_TEST_CASE(an_unknown_session_id_resolves) {
  const std::int64_t gap = kHour;
  const Timeline timeline({"tag",
                           {},
                           {},
                           {Session(kStart, kStart + kHour, gap),
                            Session(kStart + 9 * kHour, kStart + 9 * kHour, gap)}});
  BOOST_TEST(timeline.FindSession(kStart, gap) == 0U);
  BOOST_TEST(timeline.FindSession(kStart + 1, gap) == 0U);  // spans it
  BOOST_TEST(timeline.FindSession(kStart + 2 * kHour, gap) == 0U);
  BOOST_TEST(timeline.FindSession(kStart + 2 * kHour + 1, gap) == kNone);
  BOOST_TEST(timeline.FindSession(kStart + 8 * kHour - 1, gap) == kNone);
  BOOST_TEST(timeline.FindSession(kStart + 8 * kHour, gap) == 1U);  // starts within a gap
  BOOST_TEST(timeline.FindSession(kStart - kHour, gap) == 0U);
  BOOST_TEST(timeline.FindSession(kStart - kHour - 1, gap) == kNone);
  BOOST_TEST(timeline.FindSession(kStart + 10 * kHour + 1, gap) == kNone);
}

BOOST_AUTO_TEST_CASE(the_order_of_the_parts_does_not_matter) {
  TimelineParts parts{
      "tag",
      {Entry("a", kStart, "b"), Entry("b", kStart + 1, "m", "c"), Entry("c", kStart + 2),
       Entry("d", kStart + 3, "m")},
      {},
      {Session(kStart, kStart + 3, kHour), Event(kStart + kHour, kStart + 2 * kHour, "e")}};
  const std::string expected = Tree(Timeline(parts));
  std::mt19937 random(1);
  for (int i = 0; i < 24; ++i) {
    std::shuffle(parts.entries.begin(), parts.entries.end(), random);
    std::swap(parts.sessions[0], parts.sessions[1]);
    const Timeline timeline(parts);
    BOOST_TEST(Tree(timeline) == expected);
    BOOST_TEST(timeline.sessions()[0].record.id == kStart);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
