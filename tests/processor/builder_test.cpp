// The builder against the oracle: all permutations of up to six posts of the awkward kinds, then
// seeded random sets; after every prefix a restored state equals the live one.
#include "processor/builder.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/processor/oracle.h"
#include "tests/processor/timeline_harness.h"

namespace latecomer {
namespace {

constexpr TimeMs kHour = 3'600'000;
constexpr TimeMs kStart = 1'300'000'000'000;

HashtagSettings PlainSettings() {
  HashtagSettings settings;
  settings.hashtag = "tag";
  return settings;
}

HashtagSettings EventSettings() {
  HashtagSettings settings = PlainSettings();
  settings.gap_ms = 2 * kHour;
  settings.events = {{kStart, kStart + 3 * kHour, "one", ""},
                     {kStart + 5 * kHour, kStart + 6 * kHour, "two", ""}};
  return settings;
}

Post Note(const std::string& id, TimeMs at, const std::string& parent = "",
          const std::string& context = "") {
  Post post;
  post.id = id;
  post.published = at;
  post.in_reply_to = parent;
  post.context = context;
  post.attributed_to.id = "author of " + id;
  post.content = "text of " + id;
  return post;
}

Post Edit(Post post, TimeMs updated, const std::string& content) {
  post.updated = updated;
  post.content = content;
  return post;
}

Post Thread(Post post) {
  post.via = Via::kThread;
  return post;
}

Post Gone(const std::string& id, std::optional<TimeMs> published, std::optional<TimeMs> deleted) {
  Post post;
  post.type = PostType::kTombstone;
  post.id = id;
  post.published = published;
  post.deleted = deleted;
  return post;
}

Post Boost(const std::string& id, TimeMs at, const std::string& object) {
  Post post;
  post.type = PostType::kAnnounce;
  post.id = id;
  post.published = at;
  post.object = object;
  post.attributed_to.id = "booster";
  return post;
}

// Applies in the given order with a commit after each post, checking everything after every prefix.
void CheckOrder(const HashtagSettings& settings, const std::vector<PostsValue>& posts) {
  TimelineHarness harness(settings);
  std::vector<PostsValue> prefix;
  for (const PostsValue& post : posts) {
    const std::string before = harness.Dump();
    harness.Apply(post);
    harness.Abort();
    BOOST_REQUIRE_EQUAL(harness.Dump(), before);
    harness.Apply(post);
    harness.Commit();
    prefix.push_back(post);
    BOOST_REQUIRE_EQUAL(harness.Timeline(), OracleTimeline(settings, prefix));
    BOOST_REQUIRE_EQUAL(harness.CheckTrees(), "");
    BOOST_REQUIRE_EQUAL(harness.RestoredDump(), harness.Dump());
  }
}

// All orders of the posts, each both as many batches and as one.
void CheckPermutations(const HashtagSettings& settings, const std::vector<PostsValue>& posts) {
  std::vector<std::size_t> order(posts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::string expected = OracleTimeline(settings, posts);
  do {
    std::vector<PostsValue> ordered;
    for (const std::size_t i : order) ordered.push_back(posts[i]);
    CheckOrder(settings, ordered);
    TimelineHarness at_once(settings);
    for (const PostsValue& post : ordered) at_once.Apply(post);
    at_once.Commit();
    BOOST_REQUIRE_EQUAL(at_once.Timeline(), expected);
    BOOST_REQUIRE_EQUAL(at_once.RestoredDump(), at_once.Dump());
  } while (std::next_permutation(order.begin(), order.end()));
}

BOOST_AUTO_TEST_SUITE(builder)

BOOST_AUTO_TEST_CASE(edits_and_duplicates_that_lack_the_parent) {
  const Post reply = Note("b", kStart + kHour, "a");
  Post without = Edit(Note("b", kStart + kHour), kStart + 2 * kHour, "edited");
  Post duplicate = Note("b", kStart + kHour);
  CheckPermutations(PlainSettings(),
                    {Note("a", kStart), reply, without, duplicate, Note("c", kStart + kHour, "b")});
}

BOOST_AUTO_TEST_CASE(equal_stamps_are_decided_by_the_digest) {
  Post one = Note("a", kStart);
  Post two = Note("a", kStart);
  two.content = "another text";
  two.attributed_to.id = "another author";
  Post three = Note("a", kStart - 10);
  three.updated = kStart;
  three.attributed_to.id.clear();
  CheckPermutations(PlainSettings(), {one, two, three, one});
}

BOOST_AUTO_TEST_CASE(tombstones_with_and_without_published) {
  CheckPermutations(PlainSettings(),
                    {Note("a", kStart), Note("b", kStart + 1, "a"), Gone("a", {}, kStart + 9),
                     Gone("b", kStart, kStart + 8), Note("c", kStart + 2, "b")});
  Post stated = Gone("m", {}, {});
  stated.in_reply_to = "x";
  stated.context = "m";
  CheckPermutations(PlainSettings(), {stated, Note("c", kStart, "m"), Gone("m", {}, kStart),
                                      Thread(Note("m", kStart + 1, "w")), Gone("m", kStart, {})});
}

BOOST_AUTO_TEST_CASE(self_links) {
  CheckPermutations(PlainSettings(),
                    {Note("a", kStart, "a"), Note("b", kStart, "b", "b"), Note("b", kStart, "a"),
                     Note("a", kStart, "b", "a"), Note("c", kStart, "b", "a")});
}

BOOST_AUTO_TEST_CASE(cycles_of_two_and_three) {
  CheckPermutations(PlainSettings(),
                    {Note("a", kStart + 2, "b"), Note("b", kStart + 1, "a"), Note("c", kStart, "a"),
                     Note("a", kStart, "b"), Note("b", kStart + 1, "B")});
  CheckPermutations(PlainSettings(), {Note("a", kStart, "c"), Note("b", kStart, "a"),
                                      Note("c", kStart, "b"), Note("d", kStart, "c"),
                                      Note("b", kStart - 1, "a"), Note("c", kStart, "", "c")});
}

BOOST_AUTO_TEST_CASE(a_cycle_through_a_placeholder) {
  CheckPermutations(PlainSettings(),
                    {Note("x", kStart, "m", "c"), Note("c", kStart + 1, "x"),
                     Note("y", kStart + 2, "m", "c"), Note("m", kStart + 3), Gone("x", {}, {})});
}

BOOST_AUTO_TEST_CASE(a_missing_parent_with_two_contexts) {
  CheckPermutations(PlainSettings(), {Note("x", kStart, "m", "c"), Note("y", kStart, "m", "d"),
                                      Note("z", kStart, "m"), Note("c", kStart),
                                      Note("m", kStart, "d"), Note("w", kStart, "m", "m")});
}

BOOST_AUTO_TEST_CASE(thread_entries_that_turn_out_to_carry_the_tag) {
  CheckPermutations(
      PlainSettings(),
      {Thread(Note("a", kStart)), Note("a", kStart), Thread(Note("b", kStart + kHour, "a")),
       Thread(Note("c", kStart + 20 * kHour, "a")), Note("c", kStart + 20 * kHour)});
}

BOOST_AUTO_TEST_CASE(announces_and_tombstones) {
  CheckPermutations(PlainSettings(),
                    {Note("a", kStart), Boost("r", kStart + 1, "a"), Gone("r", {}, kStart + 2),
                     Note("r", kStart, "a"), Note("s", kStart + 3, "r")});
  CheckPermutations(PlainSettings(),
                    {Boost("r", kStart + 1, "b"), Boost("r", kStart, "a"), Note("a", kStart),
                     Gone("r", kStart, {}), Boost("q", kStart, "a")});
}

BOOST_AUTO_TEST_CASE(events_and_their_borders) {
  CheckPermutations(EventSettings(),
                    {Note("a", kStart), Note("b", kStart + 3 * kHour, "a"),
                     Note("c", kStart + 3 * kHour - 1), Thread(Note("d", kStart + 5 * kHour, "b")),
                     Note("e", kStart - kHour), Note("f", kStart + 6 * kHour + 999, "c")});
}

BOOST_AUTO_TEST_CASE(sessions_split_and_join) {
  HashtagSettings settings = PlainSettings();
  settings.gap_ms = kHour;
  CheckPermutations(settings, {Note("a", kStart), Note("b", kStart + kHour),
                               Note("c", kStart + 2 * kHour), Note("b", kStart - 5 * kHour),
                               Note("d", kStart + 2 * kHour + 1), Boost("c", kStart, "a")});
  settings.gap_ms = 0;
  CheckPermutations(
      settings, {Note("a", kStart), Note("b", kStart), Note("c", kStart + 1), Note("c", kStart)});
}

BOOST_AUTO_TEST_CASE(forgotten_posts_and_authors) {
  Forget post;
  post.post = "b";
  Forget author;
  author.author = "author of b";
  CheckPermutations(PlainSettings(),
                    {Note("a", kStart), Note("b", kStart + 1, "a"), Note("c", kStart + 2, "b"),
                     post, Note("d", kStart + 3, "B", "b")});
  CheckPermutations(PlainSettings(), {Note("b", kStart + 1, "a"), Note("c", kStart + 2, "b"),
                                      Note("c", kStart + 2, "zz"), author, Boost("r", kStart, "b"),
                                      Note("e", kStart, "v")});
  Post other = Note("b", kStart);
  other.attributed_to.id = "x";
  CheckPermutations(PlainSettings(), {other, Note("b", kStart, "a"), Gone("b", {}, {}), author,
                                      Note("c", kStart, "b", "b")});
}

BOOST_AUTO_TEST_CASE(a_forgotten_context_may_be_the_post_itself) {
  Forget forget;
  forget.post = "x";
  const std::string urn =
      "urn:latecomer:forgotten:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
  CheckPermutations(PlainSettings(), {Note(urn, kStart, "q", "x"), forget, Note("c", kStart, "x"),
                                      Note("x", kStart)});
}

BOOST_AUTO_TEST_CASE(coverage_does_not_depend_on_order) {
  const Coverage whole{"s", 0, 100, true, ""};
  const Coverage part{"s", 50, 150, false, "refused"};
  const Coverage later{"s", 120, 200, true, ""};
  CheckPermutations(PlainSettings(), {whole, part, later, Note("a", kStart)});
}

// A random post of the awkward kinds, over few ids so that they meet.
PostsValue RandomPost(std::mt19937& random, int ids, bool forgets) {
  const auto pick = [&](int n) {
    return static_cast<int>(random() % static_cast<std::uint32_t>(n));
  };
  const auto id = [&] { return "p" + std::to_string(pick(ids)); };
  const TimeMs at = kStart + pick(40) * kHour / 2 + pick(3);
  const int kind = pick(100);
  if (forgets && kind < 2) {
    Forget forget;
    (pick(2) == 0 ? forget.post : forget.author) = pick(2) == 0 ? id() : "author of " + id();
    return forget;
  }
  if (kind < 12) {
    Post gone = Gone(id(), {}, {});
    if (pick(2) == 0) gone.published = at;
    if (pick(2) == 0) gone.deleted = at;
    if (pick(3) == 0) gone.in_reply_to = id();
    if (pick(5) == 0) gone.context = id();
    return gone;
  }
  if (kind < 24) return Boost(pick(4) == 0 ? id() : "r" + std::to_string(pick(ids)), at, id());
  Post post = Note(id(), at);
  if (pick(10) < 7) post.in_reply_to = id();
  if (pick(10) < 3) post.context = id();
  if (pick(4) == 0) post.via = Via::kThread;
  if (pick(4) == 0) post.updated = at + pick(3);
  if (pick(6) == 0) post.content = "other text " + std::to_string(pick(3));
  if (pick(8) == 0) post.attributed_to.id = pick(2) == 0 ? "" : "author of " + id();
  return post;
}

BOOST_AUTO_TEST_CASE(random_sets_in_random_orders_and_batches) {
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    std::mt19937 random(seed);
    const HashtagSettings settings = seed % 2 == 0 ? PlainSettings() : EventSettings();
    const int ids = 3 + static_cast<int>(random() % 12);
    std::vector<PostsValue> posts;
    for (unsigned i = 0; i < 4 + random() % 30; ++i) {
      posts.push_back(RandomPost(random, ids, seed % 3 == 0));
    }
    const std::string expected = OracleTimeline(settings, posts);
    for (int round = 0; round < 3; ++round) {
      BOOST_TEST_CONTEXT("seed " << seed << " round " << round) {
        std::vector<PostsValue> order = posts;
        std::shuffle(order.begin(), order.end(), random);
        for (unsigned i = 0; i < random() % 5; ++i) order.push_back(posts[random() % posts.size()]);
        TimelineHarness harness(settings);
        std::size_t begun = 0;  // of the open batch
        for (std::size_t i = 0; i < order.size(); ++i) {
          harness.Apply(order[i]);
          const auto what = random() % 10;
          if (what < 3) {
            harness.Commit();
            begun = i + 1;
            BOOST_REQUIRE_EQUAL(harness.RestoredDump(), harness.Dump());
            if (what == 0) harness.Restart();
          } else if (what == 3) {
            harness.Abort();
            i = begun - 1;  // redelivered
            if (begun == 0) i = static_cast<std::size_t>(-1);
          }
        }
        harness.Commit();
        BOOST_REQUIRE_EQUAL(harness.Timeline(), expected);
        BOOST_REQUIRE_EQUAL(harness.CheckTrees(), "");
        BOOST_REQUIRE_EQUAL(harness.RestoredDump(), harness.Dump());
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
