#include "ingest/source_x.h"

#include "tests/ingest/x_harness.h"

namespace latecomer {
namespace {

using test::InThread;
using test::kXNow;
using test::Sorted;
using test::Tagged;
using test::XBed;

constexpr TimeMs kMinute = 60'000;
constexpr TimeMs kHour = 60 * kMinute;
constexpr TimeMs kDay = 24 * kHour;

test::XTweet Tweet(TimeMs at, std::vector<std::string> tags = {"tag"}) {
  test::XTweet tweet;
  tweet.at = at;
  tweet.tags = std::move(tags);
  tweet.text = "words";
  return tweet;
}

test::XTweet Reply(const std::string& root, const std::string& to, TimeMs at,
                   std::vector<std::string> tags = {}) {
  test::XTweet tweet = Tweet(at, std::move(tags));
  tweet.conversation = root;
  tweet.replied_to = to;
  return tweet;
}

void CheckNoViolations(XBed& bed) {
  const std::vector<std::string> violations = bed.server.violations();
  BOOST_CHECK_EQUAL_COLLECTIONS(violations.begin(), violations.end(), violations.begin(),
                                violations.begin());
  BOOST_TEST(bed.server.refused() == 0U);
}

void CheckPosts(XBed& bed, std::vector<std::string> expected) {
  const std::vector<std::string> posts = bed.Posts();
  expected = Sorted(std::move(expected));
  BOOST_CHECK_EQUAL_COLLECTIONS(posts.begin(), posts.end(), expected.begin(), expected.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_x)

BOOST_AUTO_TEST_CASE(history_and_what_is_new_are_pulled) {
  XBed bed;
  bed.server.page_max = 10;
  std::vector<std::string> expected;
  for (int i = 0; i < 55; ++i) {
    const TimeMs at = kXNow - 6 * kDay + i * kHour;
    expected.push_back(Tagged(bed.server.Post(Tweet(at, {i % 2 == 0 ? "tag" : "alias"}))));
  }
  bed.server.Post(Tweet(kXNow - kHour, {"other"}));
  BOOST_REQUIRE(bed.RunFor(10 * kMinute));
  CheckPosts(bed, expected);
  // More than a page at once, between two runs.
  expected.clear();
  bed.server.now = bed.context->now += kHour;
  for (int i = 0; i < 35; ++i) {
    expected.push_back(
        Tagged(bed.server.Post(Tweet(bed.context->now - kHour / 2 + i * kMinute / 2))));
  }
  BOOST_REQUIRE(bed.RunFor(30 * kMinute));
  CheckPosts(bed, expected);
  CheckNoViolations(bed);
}

BOOST_AUTO_TEST_CASE(a_conversation_is_collected_exactly) {
  XBed bed;
  // The root has no tag, a reply has; others do not.
  const std::string root = bed.server.Post(Tweet(kXNow - 3 * kHour, {}));
  const std::string tagged = bed.server.Post(Reply(root, root, kXNow - 2 * kHour, {"tag"}));
  const std::string plain = bed.server.Post(Reply(root, tagged, kXNow - kHour));
  // Nobody's business.
  const std::string other = bed.server.Post(Tweet(kXNow - kHour, {}));
  bed.server.Post(Reply(other, other, kXNow - kHour));
  test::XTweet repost = Tweet(kXNow - kHour / 2, {});
  repost.retweeted = tagged;
  const std::string announce = bed.server.Post(repost);
  test::XTweet quote = Tweet(kXNow - kHour / 2);
  quote.quoted = other;
  const std::string quoting = bed.server.Post(quote);
  BOOST_REQUIRE(bed.RunFor(30 * kMinute));
  CheckPosts(bed,
             {InThread(root), Tagged(tagged), InThread(plain), Tagged(announce), Tagged(quoting)});

  // A late reply, without the tag.
  const std::string late = bed.server.Post(Reply(root, plain, bed.context->now));
  BOOST_REQUIRE(bed.RunFor(4 * kHour));
  CheckPosts(bed, {InThread(late)});

  // Gone is gone, and protected is not.
  bed.server.Delete(plain);
  bed.server.Protect(late);
  BOOST_REQUIRE(bed.RunFor(12 * kHour));
  CheckPosts(bed, {Tagged(plain)});  // the Tombstone
  CheckNoViolations(bed);
}

BOOST_AUTO_TEST_CASE(an_edit_is_a_version_of_the_same_post) {
  XBed bed;
  const std::string root = bed.server.Post(Tweet(kXNow - kHour));
  const std::string reply = bed.server.Post(Reply(root, root, kXNow - kHour / 2));
  BOOST_REQUIRE(bed.RunFor(10 * kMinute));
  CheckPosts(bed, {Tagged(root), InThread(reply)});
  const std::string later_root = bed.server.Edit(root, "other words", bed.context->now);
  bed.server.Edit(reply, "other words", bed.context->now);
  // X names the conversation by the version that was answered to.
  const std::string answer =
      bed.server.Post(Reply(later_root, later_root, bed.context->now + kMinute));
  BOOST_REQUIRE(bed.RunFor(6 * kHour));
  CheckPosts(bed, {Tagged(root), InThread(reply), InThread(answer)});
  CheckNoViolations(bed);
}

BOOST_AUTO_TEST_CASE(stopped_at_every_write_nothing_is_missing) {
  XBed bed({}, true);
  bed.server.page_max = 5;
  std::vector<std::string> expected;
  for (int i = 0; i < 23; ++i) {
    const std::string root = bed.server.Post(Tweet(kXNow - 5 * kDay + i * kHour));
    expected.push_back(Tagged(root));
    for (int j = 1; j < 4; ++j) {
      const TimeMs at = kXNow - 4 * kDay + i * kHour + j * kMinute;
      expected.push_back(InThread(bed.server.Post(Reply(root, root, at))));
    }
  }
  int runs = 0;
  Status done = RetryLater("");
  while (!done && ++runs < 400) {
    int writes = 0;
    bed.context->on_write = [&]() -> std::optional<Error> {
      if (++writes > 2) return Conflict("somebody else's");
      return std::nullopt;
    };
    done = bed.RunUntil(kXNow + kDay * 365);
  }
  BOOST_TEST(static_cast<bool>(done));
  BOOST_TEST(runs > 10);
  std::vector<std::string> posts = bed.Posts();
  posts.erase(std::unique(posts.begin(), posts.end()), posts.end());
  expected = Sorted(expected);
  BOOST_CHECK_EQUAL_COLLECTIONS(posts.begin(), posts.end(), expected.begin(), expected.end());
  CheckNoViolations(bed);
}

BOOST_AUTO_TEST_CASE(full_archive_search_is_asked_once_a_second_and_from_the_beginning) {
  XBed bed({{"search", "all"}}, true);
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    expected.push_back(Tagged(bed.server.Post(Tweet(kXNow - 3'000 * kDay + i * 60 * kDay))));
  }
  bed.server.page_max = 7;
  BOOST_REQUIRE(bed.RunUntil(kXNow + kDay));
  CheckPosts(bed, expected);
  CheckNoViolations(bed);
}

BOOST_AUTO_TEST_CASE(clocks_hours_off_change_nothing) {
  for (const TimeMs ahead : {5 * kHour, -5 * kHour}) {
    XBed bed;
    bed.server.clock_ahead = ahead;
    const std::string old = bed.server.Post(Tweet(kXNow + ahead - kDay));
    BOOST_REQUIRE(bed.RunFor(10 * kMinute));
    const std::string fresh = bed.server.Post(Tweet(0));
    BOOST_REQUIRE(bed.RunFor(10 * kMinute));
    CheckPosts(bed, {Tagged(old), Tagged(fresh)});
    CheckNoViolations(bed);
  }
}

BOOST_AUTO_TEST_CASE(pages_that_do_not_end_are_given_up) {
  for (const bool repeats : {true, false}) {
    XBed bed({}, true);
    const std::string post = bed.server.Post(Tweet(kXNow - kHour));
    bed.server.page_max = 1;
    bed.server.has_endless_pages = true;
    bed.server.repeats_tokens = repeats;
    BOOST_REQUIRE(bed.RunUntil(kXNow + kDay));
    CheckPosts(bed, {Tagged(post)});
    BOOST_TEST(bed.server.requests() < 500U);
  }
}

BOOST_AUTO_TEST_CASE(answers_that_are_none_are_tried_again) {
  const std::string bad[] = {
      test::Reply(200, "<html>busy</html>", {"Content-Type: text/html"}),
      test::Reply(200, "{\"data\":[{\"id\":\"12", {"Content-Type: application/json"}),
      test::Reply(200, "", {"Content-Type: application/json"}),
      test::Reply(503, "", {}),
      "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"da",
  };
  for (const std::string& garbage : bad) {
    XBed bed({}, true);
    const std::string post = bed.server.Post(Tweet(kXNow - kHour));
    bed.server.garbage = garbage;
    Status done = bed.RunUntil(kXNow + kDay);
    if (!done) {
      BOOST_TEST((done.error().code == ErrorCode::kRetryLater));
      done = bed.RunUntil(kXNow + kDay);
    }
    BOOST_TEST(static_cast<bool>(done));
    CheckPosts(bed, {Tagged(post)});
  }
}

BOOST_AUTO_TEST_CASE(the_cap_of_a_month_is_said) {
  XBed bed;
  bed.server.Post(Tweet(kXNow - kHour));
  BOOST_REQUIRE(bed.RunFor(5 * kMinute));
  bed.server.is_capped = true;
  const Status capped = bed.RunFor(kDay);
  BOOST_REQUIRE(!capped);
  BOOST_TEST((capped.error().code == ErrorCode::kRetryLater));
  BOOST_TEST(capped.error().message.find("cap of posts a month") != std::string::npos,
             capped.error().message);
  BOOST_TEST((capped.error().retry_after >= std::chrono::hours(1)));
  BOOST_TEST(bed.context->cursors().find("coverage tag")->second.find("cap of posts") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_day_within_the_limits) {
  XBed bed;
  bed.server.recent_limit = 60;
  bed.server.lookup_limit = 15;
  bed.server.page_max = 20;
  std::vector<std::string> expected;
  std::vector<std::string> roots;
  for (int i = 0; i < 300; ++i) {
    const std::string root = bed.server.Post(Tweet(kXNow - 6 * kDay + i * 20 * kMinute));
    expected.push_back(Tagged(root));
    roots.push_back(root);
  }
  for (int i = 0; i < 300; ++i) {
    expected.push_back(InThread(bed.server.Post(Reply(roots[static_cast<std::size_t>(i) % 50],
                                                      roots[static_cast<std::size_t>(i) % 50],
                                                      kXNow - kDay + i * kMinute))));
  }
  BOOST_REQUIRE(bed.RunFor(kDay));
  CheckPosts(bed, expected);
  CheckNoViolations(bed);
  BOOST_TEST(bed.server.requests() > 1'000U);
}

BOOST_AUTO_TEST_CASE(a_token_that_is_refused_is_a_persons_to_mend) {
  XBed bed;
  std::ofstream(bed.spec.options["token_file"]) << "wrong";
  const Status refused = bed.RunFor(kHour);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kFatal));
  BOOST_TEST(refused.error().message.find("wrong") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(options_and_doctor) {
  XBed bed;
  bed.spec.hashtags.push_back({"a-b", "", {}});
  for (const auto& [option, value] : {std::pair<std::string, std::string>{"search", "some"},
                                      {"stream", "yes"},
                                      {"since", "then"},
                                      {"groups", "1"},
                                      {"base", "ftp://x"}}) {
    SourceSpec spec = bed.spec;
    spec.options[option] = value;
    const auto made = MakeXSource(spec);
    BOOST_TEST((!made && made.error().code == ErrorCode::kInvalid), option);
  }
  FakeContext context(bed.spec);
  context.client = bed.client.get();
  const auto findings = (*MakeXSource(bed.spec))->Check(context);
  BOOST_REQUIRE(findings.size() >= 4U);
  BOOST_TEST((findings[0].level == SourceFinding::Level::kOk));
  BOOST_TEST(findings[0].text.find("of 450") != std::string::npos);
  BOOST_TEST((findings[1].level == SourceFinding::Level::kWarning));
  BOOST_TEST(findings[2].text.find("12 posts") != std::string::npos);
  BOOST_TEST(findings[3].text.find("a-b") != std::string::npos);
  BOOST_TEST(context.writes == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
