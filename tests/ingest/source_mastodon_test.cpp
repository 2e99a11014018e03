#include "ingest/source_mastodon.h"

#include <algorithm>

#include "tests/ingest/source_mastodon_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::MastodonFixture;
using test::MastodonHost;
using Lines = std::vector<std::string>;

void Compare(const Lines& found, const Lines& wanted) {
  BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
}

// A conversation with tagged and untagged replies; each post a second after the one before.
struct Talk {
  explicit Talk(MastodonHost& host) {
    const auto post = [&](const std::string& text, const std::vector<std::string>& tags,
                          const std::string& parent) {
      host.now += 1'000;
      return host.Post(text, tags, parent);
    };
    host.now -= 10'000;
    root = post("root", {"educhat"}, "");
    plain = post("plain reply", {}, root);
    tagged = post("tagged reply", {"educhat"}, plain);
    deep = post("deep reply", {}, tagged);
    post("of another hashtag", {"other"}, "");
    above = post("not tagged", {}, "");
    below = post("tagged answer", {"educhat"}, above);
    host.now += 3'000;
  }
  std::string root, plain, tagged, deep, above, below;
};
const Lines kTalk = {"educhat root",
                     "educhat plain reply thread",
                     "educhat tagged reply",
                     "educhat deep reply thread",
                     "educhat not tagged thread",
                     "educhat tagged answer"};

}  // namespace

BOOST_AUTO_TEST_SUITE(source_mastodon)

BOOST_AUTO_TEST_CASE(options) {
  const struct {
    const char* what;
    std::map<std::string, std::string, std::less<>> options;
    const char* error;
  } cases[] = {
      {"all",
       {{"base", "https://a.example"},
        {"token_file", "/x"},
        {"since", "2020-01-01T00:00:00Z"},
        {"requests_a_day", "100"},
        {"revisit_for", "30d"},
        {"stream", "false"}},
       ""},
      {"several", {{"base", "https://a.example  https://b.example:444"}}, ""},
      {"none", {}, "`base` is missing"},
      {"path", {{"base", "https://a.example/tags/x"}}, "is more than the address of an instance"},
      {"no url", {{"base", "a.example"}}, "`base`: "},
      {"twice", {{"base", "https://a.example https://A.example:443/"}}, "twice"},
      {"token",
       {{"base", "https://a.example https://b.example"}, {"token_file", "/x"}},
       "`token_file` belongs to one instance"},
      {"unknown", {{"base", "https://a.example"}, {"path", "/x"}}, "`path` is nothing"},
      {"since", {{"base", "https://a.example"}, {"since", "lately"}}, "is no time"},
      {"stream", {{"base", "https://a.example"}, {"stream", "yes"}}, "is not true or false"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      const auto source = MakeMastodonSource(test::MastodonSpec(c.options));
      const std::string error = source ? "" : source.error().message;
      BOOST_TEST((*c.error == '\0' ? error.empty() : error.find(c.error) != std::string::npos),
                 error);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_conversation_is_read_whole) {
  MastodonFixture fixture;
  const Talk talk(*fixture.host);
  const Status run = fixture.Run();
  BOOST_REQUIRE_MESSAGE(run, (run ? "" : run.error().message));
  Compare(fixture.context->Timeline(), kTalk);
  BOOST_TEST(fixture.context->rejects.empty());
  for (const auto& record : fixture.context->records) {
    if (record.post.content != "<p>deep reply</p>") continue;
    BOOST_TEST(record.post.in_reply_to == fixture.host->At(talk.tagged).uri);
  }
  // Again: nothing new, and nothing is written again.
  const std::size_t records = fixture.context->records.size();
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->records.size() == records);
  // What came since.
  fixture.Pass(1h);
  fixture.host->Post("late", {}, talk.root);
  fixture.host->Post("news", {"educhat"});
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->records.size() == records + 2);
}

// Stopped after each write in turn, it goes on and ends with the same.
BOOST_AUTO_TEST_CASE(goes_on_from_its_cursors) {
  for (int stop = 0;; ++stop) {
    BOOST_TEST_CONTEXT("after write " << stop) {
      MastodonFixture fixture;
      const Talk talk(*fixture.host);
      fixture.context->writes_max = stop;
      const Status run = fixture.Run();
      if (run) break;
      fixture.context->writes_max = -1;
      BOOST_REQUIRE(fixture.Run());
      Compare(fixture.context->Timeline(), kTalk);
      BOOST_TEST(fixture.context->Doubled() == 0U);
    }
    BOOST_REQUIRE(stop < 100);
  }
}

BOOST_AUTO_TEST_CASE(the_past_is_walked_page_by_page) {
  for (const auto kind : {MastodonHost::Kind::kMastodon, MastodonHost::Kind::kPleroma,
                          MastodonHost::Kind::kGoToSocial, MastodonHost::Kind::kPixelfed}) {
    MastodonFixture fixture(kind);
    fixture.UseToken();
    Lines wanted;
    fixture.host->now -= 1'000'000;
    for (int i = 0; i < 205; ++i) {
      fixture.host->now += 1'000;
      fixture.host->Post("post " + std::to_string(i), {"educhat"});
      wanted.push_back("educhat post " + std::to_string(i));
    }
    fixture.Pass(0ms);
    const Status run = fixture.Run();
    BOOST_REQUIRE_MESSAGE(run, (run ? "" : run.error().message));
    Compare(fixture.context->Timeline(), wanted);
    BOOST_TEST(fixture.context->Doubled() == 0U);
    BOOST_REQUIRE(!fixture.context->coverage.empty());
    TimeMs from = fixture.context->now;
    for (const Coverage& covered : fixture.context->coverage) {
      BOOST_TEST(covered.complete);
      from = std::min(from, covered.from);
    }
    BOOST_TEST(from == 1'700'000'000'000 - 999'000);
    // Many at once, more than a page, and then in steps.
    for (int i = 205; i < 330; ++i) {
      fixture.Pass(1s);
      fixture.host->Post("post " + std::to_string(i), {"educhat"});
      wanted.push_back("educhat post " + std::to_string(i));
    }
    BOOST_REQUIRE(fixture.Run());
    Compare(fixture.context->Timeline(), wanted);
    BOOST_TEST(fixture.context->Doubled() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(since) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, true,
                          {{"since", "2023-11-14T22:00:00Z"}});  // 800 s before now
  for (int i = 0; i < 300; ++i) {
    fixture.host->now = fixture.context->now - 3'000'000 + i * 10'000;
    fixture.host->Post("post " + std::to_string(i), {"educhat"});
  }
  fixture.Pass(0ms);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->Timeline().size() == 80U);
  BOOST_TEST(fixture.host->by_path["/api/v1/timelines/tag/educhat"] <= 5U);
}

BOOST_AUTO_TEST_CASE(edits_and_deletions) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
  const Talk talk(*fixture.host);
  const std::string other =
      fixture.host->Post("from elsewhere", {"educhat"}, talk.root, 0, "far.example");
  fixture.Pass(1s);
  const std::string alone = fixture.host->Post("alone", {"educhat"});
  bool done = false;
  fixture.on_wait = [&] {
    if (done || fixture.context->now < 1'700'000'000'000 + 120'000) return;
    done = true;
    const std::scoped_lock lock(fixture.host->mutex);
    fixture.host->Edit(talk.root, "root, mended");
    fixture.host->Edit(talk.deep, "deep, mended");
    fixture.host->Delete(talk.tagged);
    fixture.host->Delete(alone);
    fixture.host->Delete(other);  // taken away here, but this is not where it was written
  };
  BOOST_REQUIRE(fixture.Run(2h));
  Compare(fixture.context->Timeline(),
          {"educhat root, mended", "educhat plain reply thread", "educhat tagged reply deleted",
           "educhat deep, mended thread", "educhat not tagged thread", "educhat tagged answer",
           "educhat from elsewhere", "educhat alone deleted"});
  // Each deletion is said once.
  std::size_t tombstones = 0;
  for (const auto& record : fixture.context->records) {
    if (record.post.type != PostType::kTombstone) continue;
    ++tombstones;
    BOOST_TEST(record.post.deleted.has_value());
    BOOST_TEST(record.post.content.empty());
  }
  BOOST_TEST(tombstones == 2U);
}

// The topmost post is deleted: those below are still visited.
BOOST_AUTO_TEST_CASE(a_conversation_outlives_its_top) {
  MastodonFixture fixture;
  const Talk talk(*fixture.host);
  BOOST_REQUIRE(fixture.Run());
  fixture.host->Delete(talk.root);
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.Run());
  fixture.host->Post("still here", {}, talk.plain);
  fixture.Pass(24h);
  BOOST_REQUIRE(fixture.Run());
  Lines wanted = kTalk;
  wanted[0] += " deleted";
  wanted.push_back("educhat still here thread");
  Compare(fixture.context->Timeline(), wanted);
}

// What comes late from another instance stands behind what was read.
BOOST_AUTO_TEST_CASE(late_arrivals_are_found) {
  for (const auto kind : {MastodonHost::Kind::kMastodon, MastodonHost::Kind::kGoToSocial}) {
    MastodonFixture fixture(kind, false);
    fixture.UseToken();
    int step = 0;
    fixture.on_wait = [&] {
      const std::scoped_lock lock(fixture.host->mutex);
      const TimeMs at = fixture.context->now - 1'700'000'000'000;
      if (step == 0 && at > 600'000) {
        fixture.host->Post("in time", {"educhat"});
        step = 1;
      } else if (step == 1 && at > 1'200'000) {
        fixture.host->Post("an hour late", {"educhat"}, "", fixture.context->now - 3'600'000,
                           "far.example");
        fixture.host->Post("a day late", {"educhat"}, "", fixture.context->now - 86'400'000,
                           "far.example");
        step = 2;
      }
    };
    BOOST_REQUIRE(fixture.Run(8h));
    Compare(fixture.context->Timeline(),
            {"educhat a day late", "educhat an hour late", "educhat in time"});
    BOOST_TEST(fixture.context->Doubled() == 0U);
  }
}

BOOST_AUTO_TEST_CASE(an_instance_that_is_still_fetching_is_asked_again) {
  MastodonFixture fixture;
  const Talk talk(*fixture.host);
  int asked = 0;
  fixture.host->fault = [&](const test::HostRequest& request) -> std::optional<test::HostReply> {
    if (request.path != "/api/v1/statuses/" + talk.root + "/context") return std::nullopt;
    if (++asked == 1) {
      return test::HostReply{200,
                             R"({"ancestors":[],"descendants":[]})",
                             {"Content-Type: application/json",
                              "Mastodon-Async-Refresh: id=\"a:b\", retry=3, result_count=0"}};
    }
    return std::nullopt;
  };
  BOOST_REQUIRE(fixture.Run());
  Compare(fixture.context->Timeline(), kTalk);
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(gotosocial_leaves_replies_to_its_threads) {
  MastodonFixture fixture(MastodonHost::Kind::kGoToSocial);
  const Talk talk(*fixture.host);
  // Without a token it says no, and only a person can mend that.
  const Status refused = fixture.Run();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kFatal));
  BOOST_TEST(refused.error().message.find("token_file") != std::string::npos);
  fixture.UseToken();
  BOOST_REQUIRE(fixture.Run());
  // The last conversation is not tagged at its top, and its tagged reply is not shown.
  Compare(fixture.context->Timeline(), {kTalk[0], kTalk[1], kTalk[2], kTalk[3]});
}

BOOST_AUTO_TEST_CASE(two_hashtags_and_an_alias) {
  MastodonFixture fixture;
  fixture.context->Spec().hashtags = {{"educhat", "", {"edchat"}}, {"moocs", "", {}}};
  MastodonHost& host = *fixture.host;
  host.now -= 10'000;
  const std::string root = host.Post("root", {"edchat"});
  host.now += 1'000;
  host.Post("reply", {"moocs"}, root);
  fixture.Pass(0ms);
  BOOST_REQUIRE(fixture.Run());
  Compare(fixture.context->Timeline(),
          {"educhat root", "moocs root thread", "educhat reply thread", "moocs reply"});
  BOOST_TEST(fixture.context->Doubled() == 0U);
}

BOOST_AUTO_TEST_CASE(check) {
  MastodonFixture fixture;
  fixture.host->Post("root", {"educhat"});
  const auto texts = [&] {
    std::string all;
    for (const SourceFinding& finding : fixture.Check()) {
      all += (finding.level == SourceFinding::Level::kOk        ? "ok: "
              : finding.level == SourceFinding::Level::kWarning ? "warning: "
                                                                : "failure: ") +
             finding.text.substr(finding.text.find(": ") + 2) + "\n";
    }
    return all;
  };
  BOOST_TEST(texts() ==
             "ok: reachable, version 4.3.1, 299 of 300 requests left for now\n"
             "warning: no token: of a thread only 60 replies, 20 deep, are given at once\n"
             "ok: what is new is polled, each half a minute to five minutes\n"
             "ok: #educhat: the newest post is of 2023-11-14T22:13:20.000Z\n");
  fixture.UseToken();
  fixture.context->Spec().hashtags.push_back({"nothing", "", {}});
  BOOST_TEST(texts() ==
             "ok: reachable, version 4.3.1, 297 of 300 requests left for now\n"
             "ok: authorised as @reader, 296 of 300 requests left for now\n"
             "ok: what is new is streamed\n"
             "ok: #educhat: the newest post is of 2023-11-14T22:13:20.000Z\n"
             "warning: #nothing has no post there yet\n");
  fixture.host->token = "another";
  BOOST_TEST(texts().find("failure: ") != std::string::npos);
  BOOST_TEST(fixture.context->writes == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
