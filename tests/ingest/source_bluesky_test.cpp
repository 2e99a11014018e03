#include "ingest/source_bluesky.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/ingest/bluesky_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::BlueskyFixture;
using test::DidOf;
using test::Reply;
using test::ServedRequest;

// A conversation with all that may happen in one.
struct Talk {
  explicit Talk(test::BlueskyNetwork& network) {
    root = network.Say("ana", "Who teaches today? #EduChat", {"EduChat"});
    plain = network.Say("ben", "I do", {}, root);
    below = network.Say("cai", "So do I", {}, plain);
    both = network.Say("dee", "#EduChat meets #MathEd", {"EduChat", "MathEd"}, below);
    other = network.Say("eve", "about something else", {});
    unfollowed = network.Say("fay", "#cats", {"cats"});
    upper = network.Say("gus", "an untagged beginning", {});
    joined = network.Say("hal", "and #educhat joins", {"educhat"}, upper);
  }
  std::string root, plain, below, both, other, unfollowed, upper, joined;
};

void CheckTalk(const test::KeepingContext& context, const Talk& talk) {
  BOOST_TEST(context.StateOf("educhat", talk.root) == "tag");
  BOOST_TEST(context.StateOf("educhat", talk.plain) == "thread");
  BOOST_TEST(context.StateOf("educhat", talk.below) == "thread");
  BOOST_TEST(context.StateOf("educhat", talk.both) == "tag");
  BOOST_TEST(context.StateOf("educhat", talk.upper) == "thread");
  BOOST_TEST(context.StateOf("educhat", talk.joined) == "tag");
  BOOST_TEST(context.StateOf("mathed", talk.both) == "tag");
  BOOST_TEST(context.StateOf("mathed", talk.root) == "thread");
  BOOST_TEST(context.StateOf("mathed", talk.plain) == "thread");
  BOOST_TEST(context.StateOf("mathed", talk.joined).empty());
  for (const std::string& uri : {talk.other, talk.unfollowed}) {
    BOOST_TEST(context.StateOf("educhat", uri).empty());
    BOOST_TEST(context.StateOf("mathed", uri).empty());
  }
  BOOST_TEST(context.Records() == 10U);
  BOOST_TEST(context.doubled == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_bluesky)

BOOST_AUTO_TEST_CASE(a_conversation_is_collected_exactly) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.Once());
  CheckTalk(fixture.context, talk);
  BOOST_TEST(fixture.context.counters().left == 0U);
  BOOST_REQUIRE(!fixture.context.coverages.empty());
  for (const Coverage& coverage : fixture.context.coverages) BOOST_TEST(coverage.complete);
  // Again: nothing is new, nothing is written.
  BOOST_REQUIRE(fixture.Once());
  CheckTalk(fixture.context, talk);
}

BOOST_AUTO_TEST_CASE(late_replies_edits_and_deletions) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  BOOST_REQUIRE(fixture.RunFor(5min));
  CheckTalk(fixture.context, talk);

  const std::string late = fixture.network.Say("ian", "late, but here", {}, talk.below);
  fixture.network.Change(talk.plain, "I do, on Mondays");
  const std::string fresh = fixture.network.Say("jil", "new #EduChat", {"EduChat"});
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.RunFor(2h));
  BOOST_TEST(fixture.context.StateOf("educhat", late) == "thread");
  BOOST_TEST(fixture.context.StateOf("mathed", late) == "thread");
  BOOST_TEST(fixture.context.StateOf("educhat", fresh) == "tag");
  BOOST_TEST(fixture.context.ContentOf("educhat", talk.plain) == "<p>I do, on Mondays</p>");

  // A deletion in the middle hides what is below it; that lives on, and goes on.
  fixture.network.Delete(talk.plain);
  const std::string later = fixture.network.Say("kim", "below a deleted one", {}, talk.below);
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.RunFor(6h));
  BOOST_TEST(fixture.context.StateOf("educhat", talk.plain) == "deleted");
  BOOST_TEST(fixture.context.StateOf("educhat", talk.below) == "thread");
  BOOST_TEST(fixture.context.StateOf("educhat", later) == "thread");
  BOOST_TEST(fixture.context.StateOf("mathed", later) == "thread");

  fixture.network.Delete(talk.root);
  const std::string last = fixture.network.Say("lou", "the root is gone", {}, later);
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.RunFor(24h));
  BOOST_TEST(fixture.context.StateOf("educhat", talk.root) == "deleted");
  BOOST_TEST(fixture.context.StateOf("educhat", last) == "thread");
  BOOST_TEST(fixture.context.doubled == 0U);
  // It is the author's word, once.
  BOOST_TEST(fixture.context.posts.at({"educhat", talk.root}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(only_the_origin_says_that_a_post_is_deleted) {
  for (const std::string status :
       {"active", "deactivated", "suspended", "deleted", "RepoNotFound"}) {
    BlueskyFixture fixture;
    const Talk talk(fixture.network);
    BOOST_REQUIRE(fixture.RunFor(5min));
    fixture.network.With([&] {
      fixture.network.At(talk.plain).in_view = false;  // hidden by the AppView only
      fixture.network.At(talk.below).in_view = fixture.network.At(talk.below).in_repo = false;
      fixture.network.repo_status = status;
    });
    BOOST_REQUIRE(fixture.RunFor(3h));
    const bool gone = status == "active" || status == "deleted" || status == "RepoNotFound";
    BOOST_TEST(fixture.context.StateOf("educhat", talk.plain) == "thread");
    BOOST_TEST(fixture.context.StateOf("educhat", talk.below) == (gone ? "deleted" : "thread"),
               status);
  }
}

BOOST_AUTO_TEST_CASE(what_is_blocked_is_not_taken_for_deleted) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  BOOST_REQUIRE(fixture.RunFor(5min));
  fixture.network.With([&] { fixture.network.At(talk.below).blocked = true; });
  BOOST_REQUIRE(fixture.RunFor(3h));
  BOOST_TEST(fixture.context.StateOf("educhat", talk.below) == "thread");
  BOOST_TEST(fixture.network.Count("com.atproto.repo.getRecord") == 0U);
}

BOOST_AUTO_TEST_CASE(threads_that_are_cut_are_read_to_their_ends) {
  BlueskyFixture fixture;
  fixture.network.depth_max = 3;
  std::string parent = fixture.network.Say("ana", "#EduChat", {"EduChat"});
  std::vector<std::string> all{parent};
  for (int i = 0; i < 40; ++i) all.push_back(parent = fixture.network.Say("ben", "on", {}, parent));
  BOOST_REQUIRE(fixture.Once());
  for (const std::string& uri : all) BOOST_TEST(!fixture.context.StateOf("educhat", uri).empty());
  BOOST_TEST(fixture.context.doubled == 0U);
}

BOOST_AUTO_TEST_CASE(a_long_history_by_cursors_that_end_early) {
  BlueskyFixture fixture;
  fixture.network.reachable = 300;
  std::vector<std::string> all;
  for (int i = 0; i < 1'000; ++i) {
    fixture.Pass(7s);
    all.push_back(fixture.network.Say("u" + std::string(1, static_cast<char>('a' + i % 7)),
                                      "#EduChat", {"EduChat"}));
  }
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.Once());
  std::size_t missing = 0;
  for (const std::string& uri : all)
    missing += fixture.context.StateOf("educhat", uri) == "tag" ? 0U : 1U;
  BOOST_TEST(missing == 0U);
  BOOST_TEST(fixture.context.doubled == 0U);
  BOOST_TEST(fixture.network.refused() == 0U);
}

BOOST_AUTO_TEST_CASE(stopped_anywhere_it_goes_on_with_nothing_missing_and_nothing_extra) {
  std::minstd_rand random(7);
  for (int round = 0; round < 12; ++round) {
    BlueskyFixture fixture;
    const Talk talk(fixture.network);
    fixture.Pass(1h);
    fixture.context.mutable_spec().once = true;
    // Cut by a failing write, or by a stop, after so many writes; then once to the end.
    for (int cut = 0; cut < 4; ++cut) {
      int left = static_cast<int>(random() % 6);
      const bool by_stop = random() % 2 == 0;
      fixture.context.on_write = [&]() -> std::optional<Error> {
        if (left-- > 0) return std::nullopt;
        if (!by_stop) return RetryLater("the log is away");
        fixture.context.RequestStop();
        return std::nullopt;
      };
      const Status ignored = fixture.Run();
      (void)ignored;
      fixture.context.on_write = nullptr;
    }
    BOOST_REQUIRE(fixture.Once());
    CheckTalk(fixture.context, talk);
  }
}

BOOST_AUTO_TEST_CASE(sessions_expire_and_are_made_fresh) {
  BlueskyFixture fixture;
  fixture.network.token_lasts = 3;
  const Talk talk(fixture.network);
  BOOST_REQUIRE(fixture.Once());
  CheckTalk(fixture.context, talk);
  BOOST_TEST(fixture.network.Count("com.atproto.server.createSession") == 1U);
  BOOST_TEST(fixture.network.Count("com.atproto.server.refreshSession") > 0U);
}

BOOST_AUTO_TEST_CASE(what_no_waiting_mends_is_said) {
  BlueskyFixture fixture;
  fixture.network.password = "changed";
  Status refused = fixture.Once();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kFatal));
  BOOST_TEST(refused.error().message.find("`token_file`") != std::string::npos);
  BOOST_TEST(refused.error().message.find("abcd") == std::string::npos);

  fixture.context.mutable_spec().options.erase("handle");
  fixture.context.mutable_spec().options.erase("token_file");
  refused = fixture.Once();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kFatal));
  BOOST_TEST(refused.error().message.find("`handle`") != std::string::npos);
  fixture.network.With([&] { fixture.network.needs_session = false; });
  BOOST_TEST(bool(fixture.Once()));
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  const std::string half = R"({"posts":[{"uri":"at://did:pl)";
  const std::string answers[] = {
      Reply(200, "<html><body>One moment</body></html>", {"Content-Type: text/html"}),
      Reply(200, "<html>", {"Content-Type: application/json"}),
      Reply(200, half, {"Content-Type: application/json"}),
      Reply(200, R"({"posts":7})", {"Content-Type: application/json"}),
      Reply(502, "Bad Gateway"),
      Reply(200, "", {}),
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + half,
      "",  // cut before a byte
  };
  for (const std::string& answer : answers) {
    fixture.network.With([&] {
      fixture.network.trouble = [&](const ServedRequest& request) -> std::optional<std::string> {
        if (request.target.find("searchPosts") == std::string::npos) return std::nullopt;
        return answer;
      };
    });
    const Status failed = fixture.Once();
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().code == ErrorCode::kRetryLater), failed.error().message);
    fixture.Pass(10min);
  }
  fixture.network.With([&] { fixture.network.trouble = nullptr; });
  BOOST_REQUIRE(fixture.Once());
  CheckTalk(fixture.context, talk);
}

BOOST_AUTO_TEST_CASE(one_thread_that_fails_holds_up_no_other) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  const std::string bad = fixture.network.Say("zoe", "#EduChat", {"EduChat"});
  const std::string key = bad.substr(bad.rfind('/') + 1);
  fixture.network.With([&] {
    fixture.network.trouble = [=](const ServedRequest& request) -> std::optional<std::string> {
      if (request.target.find("getPostThread") == std::string::npos) return std::nullopt;
      if (request.target.find(key) == std::string::npos) return std::nullopt;
      return Reply(400, R"({"error":"InvalidRequest"})", {"Content-Type: application/json"});
    };
  });
  BOOST_REQUIRE(fixture.RunFor(30min));
  BOOST_TEST(fixture.context.StateOf("educhat", bad) == "tag");
  BOOST_TEST(fixture.context.StateOf("educhat", talk.below) == "thread");
}

BOOST_AUTO_TEST_CASE(hosts_that_go_in_circles) {
  BlueskyFixture fixture;
  fixture.network.repeats_cursor = true;
  fixture.network.ignores_times = true;
  const Talk talk(fixture.network);
  for (int i = 0; i < 150; ++i) fixture.network.Say("moe", "#cats", {"cats"});
  BOOST_REQUIRE(fixture.Once());
  CheckTalk(fixture.context, talk);
}

BOOST_AUTO_TEST_CASE(clocks_hours_off_and_posts_dated_back) {
  BlueskyFixture fixture;
  BOOST_REQUIRE(fixture.RunFor(1h));
  const std::string ahead = fixture.network.Say("ana", "#EduChat", {"EduChat"});
  const std::string back = fixture.network.Say("ben", "#EduChat", {"EduChat"});
  fixture.network.With([&] {
    fixture.network.At(ahead).created += 5 * 3'600'000;
    fixture.network.At(back).created -= 3 * 86'400'000;
  });
  BOOST_REQUIRE(fixture.RunFor(5min));
  BOOST_TEST(fixture.context.StateOf("educhat", ahead) == "tag");
  BOOST_TEST(*fixture.context.posts.at({"educhat", ahead})[0].published < fixture.context.now);
  // Behind what has been read: found when the day's wide look comes.
  BOOST_REQUIRE(fixture.RunFor(25h));
  BOOST_TEST(fixture.context.StateOf("educhat", back) == "tag");
}

BOOST_AUTO_TEST_CASE(a_day_within_the_limits) {
  BlueskyFixture fixture;
  fixture.network.limit = 60;  // far fewer than the real one
  for (int i = 0; i < 300; ++i) {
    fixture.network.Say("ana", "#EduChat", {"EduChat"});
    fixture.Pass(10s);
  }
  const Status run = fixture.RunFor(24h);
  BOOST_REQUIRE_MESSAGE(bool(run), (run ? "" : run.error().message));
  BOOST_TEST(fixture.network.refused() == 0U);
  BOOST_TEST(fixture.context.Records() == 300U);
  BOOST_TEST(fixture.network.Requests() > 1'440U);
}

BOOST_AUTO_TEST_CASE(a_ceiling_a_day_holds_across_restarts) {
  BlueskyFixture fixture;
  fixture.context.mutable_spec().options["requests_a_day"] = "500";
  for (int i = 0; i < 100; ++i) fixture.network.Say("ana", "#EduChat", {"EduChat"});
  const TimeMs begin = fixture.context.now;
  while (fixture.context.now < begin + 86'400'000) {
    const Status run = fixture.RunFor(3h);
    if (run) continue;
    BOOST_REQUIRE((run.error().code == ErrorCode::kRetryLater));
    fixture.Pass(std::max<std::chrono::milliseconds>(run.error().retry_after, 1min));
  }
  BOOST_TEST(fixture.network.Requests() <= 500U);
  BOOST_TEST(fixture.network.Requests() > 200U);
  BOOST_TEST(fixture.context.Records() == 100U);
}

BOOST_AUTO_TEST_CASE(a_storm_of_429) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  int storm = 5;
  fixture.network.With([&] {
    fixture.network.trouble = [&](const ServedRequest& request) -> std::optional<std::string> {
      if (request.target.find("searchPosts") == std::string::npos || storm <= 0)
        return std::nullopt;
      --storm;
      return Reply(429, R"({"error":"RateLimitExceeded"})", {"Content-Type: application/json"});
    };
  });
  for (int i = 0; i < 10; ++i) {
    const Status run = fixture.Once();
    if (run) break;
    BOOST_TEST((run.error().code == ErrorCode::kRetryLater));
    fixture.Pass(std::max<std::chrono::milliseconds>(run.error().retry_after, 1min));
  }
  CheckTalk(fixture.context, talk);
}

BOOST_AUTO_TEST_CASE(doctor_says_what_works_and_what_will_be_missing) {
  BlueskyFixture fixture;
  const Talk talk(fixture.network);
  auto source = MakeSource(fixture.context.spec());
  BOOST_REQUIRE(source);
  std::string all;
  for (const SourceFinding& finding : (*source)->Check(fixture.context)) {
    BOOST_TEST((finding.level != SourceFinding::Level::kFailure));
    all += finding.text + "\n";
  }
  BOOST_TEST(all.find("signed in") != std::string::npos);
  BOOST_TEST(all.find("#educhat has posts") != std::string::npos);
  BOOST_TEST(all.find("requests left") != std::string::npos);
  BOOST_TEST(all.find("missing will be") != std::string::npos);
  BOOST_TEST(fixture.context.Records() == 0U);
  BOOST_TEST(fixture.network.Requests() <= 4U);
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense) {
  BlueskyFixture fixture;
  for (const auto& [name, value, word] :
       std::vector<std::array<std::string, 3>>{{"path", "/tmp", "path"},
                                               {"stream", "true", "stream"},
                                               {"base", "ftp://x", "base"},
                                               {"base", "http://a http://b http://c", "base"},
                                               {"since", "May", "since"},
                                               {"requests_a_day", "1", "requests_a_day"},
                                               {"revisit_for", "long", "revisit_for"},
                                               {"token_file", "", "token_file"},
                                               {"handle", "", "handle"}}) {
    SourceSpec spec = fixture.MakeSpec();
    spec.options[name] = value;
    const auto source = MakeSource(spec);
    BOOST_REQUIRE(!source);
    BOOST_TEST((source.error().code == ErrorCode::kInvalid));
    BOOST_TEST(source.error().message.find(word) != std::string::npos, source.error().message);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
