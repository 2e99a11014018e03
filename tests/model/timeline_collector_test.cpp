#include "model/timeline_collector.h"

#include <boost/test/unit_test.hpp>

#include "tests/model/timeline_cases.h"

namespace latecomer {
namespace {

void Apply(TimelineCollector& collector, decltype(TimelineRecord::body) body,
           const std::string& hashtag = "tag") {
  collector.Apply({hashtag, {0, 1}, std::move(body)});
}

BOOST_AUTO_TEST_SUITE(timeline_collector)

BOOST_AUTO_TEST_CASE(the_later_record_holds) {
  TimelineCollector collector("tag");
  EntryRecord entry = Entry("a", kStart);
  Apply(collector, entry);
  entry.content = R"({"content":"new"})";
  entry.stamp = 7;
  Apply(collector, entry);
  RepostRecord repost;
  repost.id = "r";
  Apply(collector, repost);
  repost.deleted = true;
  Apply(collector, repost);
  Apply(collector, Session(kStart, kStart, 1));
  Apply(collector, Session(kStart, kStart + 5, 1));
  Apply(collector, CoverageRecord{"s", {}});
  Apply(collector, CoverageRecord{"s", {{0, 1, true, ""}}});
  const TimelineParts parts = collector.Take();
  BOOST_TEST(parts.hashtag == "tag");
  BOOST_TEST((parts.entries == std::vector<EntryRecord>{entry}));
  BOOST_TEST((parts.reposts == std::vector<RepostRecord>{repost}));
  BOOST_TEST((parts.sessions == std::vector<SessionRecord>{Session(kStart, kStart + 5, 1)}));
  BOOST_TEST(collector.coverage().at("s").ranges.size() == 1U);
  const TimelineParts empty = collector.Take();
  BOOST_TEST(empty.entries.empty());
  BOOST_TEST(empty.reposts.empty());
  BOOST_TEST(empty.sessions.empty());
}

BOOST_AUTO_TEST_CASE(a_link_leaves_the_content) {
  TimelineCollector collector("tag");
  EntryRecord entry = Entry("a", kStart);
  entry.stamp = 5;
  entry.digest = 6;
  Apply(collector, entry);
  EntryRecord link = Entry("a", kStart - 1, "parent");
  link.is_link = true;
  link.content = "";
  link.tree = 9;
  link.deleted = true;
  Apply(collector, link);
  link.is_link = false;
  link.stamp = 5;
  link.digest = 6;
  link.content = entry.content;
  BOOST_TEST((collector.Take().entries == std::vector<EntryRecord>{link}));
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_no_more) {
  TimelineCollector collector("tag");
  RepostRecord repost;
  repost.id = "a";
  Apply(collector, Entry("a", kStart));
  Apply(collector, Entry("b", kStart));
  Apply(collector, repost);
  Apply(collector, Session(kStart, kStart, 1));
  Apply(collector, RemovedRecord{"link", "a"});  // its entry stays
  Apply(collector, RemovedRecord{"entry", "b"});
  Apply(collector, RemovedRecord{"entry", "unknown"});
  Apply(collector, RemovedRecord{"session", FormatTime(kStart)});
  const TimelineParts parts = collector.Take();
  BOOST_TEST((parts.entries == std::vector<EntryRecord>{Entry("a", kStart)}));
  BOOST_TEST(parts.reposts.size() == 1U);
  BOOST_TEST(parts.sessions.empty());
  Apply(collector, repost);
  Apply(collector, RemovedRecord{"repost", "a"});
  BOOST_TEST(collector.Take().reposts.empty());
}

BOOST_AUTO_TEST_CASE(other_hashtags_and_unpublished_ids_are_passed_over) {
  TimelineCollector collector("tag");
  Apply(collector, Entry("a", kStart), "other");
  Apply(collector, Session(kStart, kStart, 1), "other");
  Apply(collector, CoverageRecord{"s", {}}, "other");
  Apply(collector, ForgottenRecord{"sha", 0, true, false}, "");
  EntryRecord unpublished = Entry("u", 0);
  unpublished.unpublished = true;
  Apply(collector, unpublished);
  Apply(collector, TreeRecord{1, "a", {}});
  BOOST_TEST(collector.coverage().empty());
  const TimelineParts parts = collector.Take();
  BOOST_TEST(parts.entries.empty());
  BOOST_TEST(parts.sessions.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
