#include "ingest/membership.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

ArchivePost Note(const std::string& id, const std::string& reply = "",
                 const std::string& context = "", const std::string& hashtag = "") {
  Post post;
  post.id = id;
  post.in_reply_to = reply;
  post.context = context;
  ArchivePost out;
  if (!hashtag.empty()) out.hashtags.push_back(hashtag);
  out.value = post;
  return out;
}

ArchivePost Announce(const std::string& id, const std::string& object,
                     const std::string& hashtag = "") {
  ArchivePost out = Note(id, "", "", hashtag);
  auto& post = std::get<Post>(out.value);
  post.type = PostType::kAnnounce;
  post.object = object;
  return out;
}

ArchivePost Tombstone(const std::string& id, const std::string& reply = "") {
  ArchivePost out = Note(id, reply);
  std::get<Post>(out.value).type = PostType::kTombstone;
  return out;
}

// A letter each: t(ag), h (thread), a(s it stands), - (skipped).
std::string Verdicts(const std::vector<ArchivePost>& posts, bool all = false) {
  Membership membership({"tag", "alias"}, all);
  for (const ArchivePost& post : posts) BOOST_REQUIRE(static_cast<bool>(membership.Add(post)));
  membership.Finish();
  std::string out;
  for (const ArchivePost& post : posts) {
    out += "-tha"[static_cast<int>(membership.Of(post))];
  }
  return out;
}

BOOST_AUTO_TEST_SUITE(membership)

BOOST_AUTO_TEST_CASE(what_belongs) {
  const struct {
    const char* what;
    std::vector<ArchivePost> posts;
    const char* expected;
  } cases[] = {
      {"carries it", {Note("a", "", "", "tag"), Note("b", "", "", "alias"), Note("c")}, "tt-"},
      {"another hashtag", {Note("a", "", "", "tags")}, "-"},
      {"a chain upwards", {Note("a", "b", "", "tag"), Note("b", "c"), Note("c")}, "thh"},
      {"a chain downwards", {Note("c", "b"), Note("b", "a"), Note("a", "", "", "tag")}, "hht"},
      {"by context", {Note("a", "", "r"), Note("b", "", "r", "tag"), Note("r", "", "r")}, "hth"},
      {"over what is not there",
       {Note("a", "m"), Note("b", "m", "", "tag"), Note("c", "n")},
       "ht-"},
      {"two conversations", {Note("a", "", "r"), Note("b", "", "s", "tag")}, "-t"},
      {"joined late", {Note("a", "x"), Note("b", "y", "", "tag"), Note("x", "y")}, "hth"},
      {"itself as context", {Note("a", "", "a")}, "-"},
      {"another version", {Note("a", "", "", "tag"), Note("a")}, "th"},
      {"repost of what carries it", {Announce("r", "a", "tag")}, "t"},
      {"repost of what belongs",
       {Announce("r", "b"), Note("b", "a"), Note("a", "", "", "tag")},
       "hht"},
      {"repost of something else", {Announce("r", "b"), Note("a", "", "", "tag")}, "-t"},
      {"a repost joins nothing",
       {Announce("r", "a", "tag"), Note("b", "r"), Note("c", "a")},
       "t--"},
      {"deleted", {Tombstone("b"), Note("a", "b", "", "tag"), Tombstone("z")}, "at-"},
      {"deleted in between",
       {Note("a", "", "", "tag"), Tombstone("b", "a"), Note("c", "b")},
       "tah"},
      {"deleted repost", {Announce("r", "a", "tag"), Tombstone("r"), Tombstone("a")}, "taa"},
      {"deleted repost of what belongs",
       {Announce("r", "b"), Note("b", "a"), Note("a", "", "", "tag"), Tombstone("r")},
       "hhta"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      BOOST_TEST(Verdicts(c.posts) == c.expected);
      // The order of the posts makes no difference.
      std::vector<ArchivePost> reversed(c.posts.rbegin(), c.posts.rend());
      std::string verdicts = Verdicts(reversed);
      std::reverse(verdicts.begin(), verdicts.end());
      BOOST_TEST(verdicts == c.expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(all_of_it) {
  BOOST_TEST(Verdicts({Note("a", "", "", "tag"), Note("b"), Announce("r", "x"), Tombstone("z")},
                      true) == "thha");
}

BOOST_AUTO_TEST_CASE(coverage_and_forget_belong) {
  ArchivePost coverage;
  coverage.value = Coverage{};
  ArchivePost forget;
  forget.value = Forget{};
  BOOST_TEST(Verdicts({coverage, forget}) == "aa");
}

// Also the bound on the cost of long chains.
BOOST_AUTO_TEST_CASE(a_long_conversation) {
  std::vector<ArchivePost> posts;
  for (int i = 0; i < 100'000; ++i) posts.push_back(Note(std::to_string(i), std::to_string(i + 1)));
  BOOST_TEST(Verdicts(posts) == std::string(100'000, '-'));
  posts.push_back(Note("100000", "", "", "tag"));
  BOOST_TEST(Verdicts(posts) == std::string(100'000, 'h') + "t");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
