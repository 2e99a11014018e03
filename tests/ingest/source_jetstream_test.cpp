#include "ingest/source_jetstream.h"

#include <boost/test/unit_test.hpp>

#include "ingest/jetstream_event.h"
#include "model/post_json.h"
#include "tests/ingest/jetstream_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::DidOf;
using test::JetstreamServer;
using Fixture = test::JetstreamFixture;

JetstreamEvent Read(JsonTree& tree, std::string& text) {
  BOOST_REQUIRE(tree.Parse(text.data(), text.size()));
  return ReadJetstreamEvent(tree.root());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_jetstream)

BOOST_AUTO_TEST_CASE(messages_of_both_versions) {
  using Kind = JetstreamEvent::Kind;
  JsonTree tree;
  const std::string v2 =
      R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#)";
  const std::string post = R"("collection":"app.bsky.feed.post","rkey":"3k")";
  const std::pair<std::string, Kind> cases[] = {
      {R"({"did":"did:plc:a","time_us":5,"kind":"commit","commit":{"operation":"create",)" + post +
           R"(,"cid":"c","record":{}}})",
       Kind::kWritten},
      {R"({"did":"did:plc:a","time_us":5,"kind":"commit","commit":{"operation":"delete",)" + post +
           "}}",
       Kind::kDeleted},
      {R"({"did":"did:plc:a","time_us":5,"kind":"commit","commit":{"operation":"create",)" + post +
           "}}",
       Kind::kMalformed},
      {R"({"did":"did:plc:a","time_us":5,"kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.like"}})",
       Kind::kOther},
      {R"({"did":"did:plc:a","time_us":5,"kind":"identity"})", Kind::kOther},
      {R"({"did":"did:plc:a","time_us":5,"kind":"account","account":{"active":false,"status":"deleted"}})",
       Kind::kAccountGone},
      {R"({"did":"did:plc:a","time_us":5,"kind":"account","account":{"active":false,"status":"takendown"}})",
       Kind::kOther},
      {R"({"did":"did:plc:a","time_us":5,"kind":"account","account":{"active":true}})",
       Kind::kOther},
      {R"({"did":"did:plc:a","kind":"commit"})", Kind::kMalformed},
      {v2 +
           R"(commit","seq":1,"did":"did:plc:a","time":"2024-09-09T19:46:02.329308Z","operation":"update",)" +
           post + R"(,"cid":"c","record":{}}})",
       Kind::kWritten},
      {v2 + R"(commit","seq":1,"did":"did:plc:a","operation":"update"}})", Kind::kMalformed},
      {v2 + R"(info","name":"OutdatedCursor"}})", Kind::kOutdated},
      {v2 + R"(info","name":"FutureCursor"}})", Kind::kOther},
      {v2 + R"(sync","seq":1,"did":"did:plc:a","time":"2024-09-09T19:46:02.329308Z"}})",
       Kind::kOther},
      {v2 + R"(novelty"}})", Kind::kOther},
      {R"({"$type":"error","error":"ConsumerTooSlow"})", Kind::kError},
      {R"({"$type":"later"})", Kind::kOther},
      {R"({"$type":"message","payload":{}})", Kind::kMalformed},
      {"[]", Kind::kMalformed}};
  for (auto [text, kind] : cases) {
    const std::string shown = text;
    BOOST_TEST((Read(tree, text).kind == kind), shown);
  }
  BOOST_TEST(ParseTimeUs("2024-09-09T19:46:02.329308Z") == 1'725'911'162'329'308);
  BOOST_TEST(ParseTimeUs("2024-09-09T19:46:02Z") == 1'725'911'162'000'000);
  BOOST_TEST(ParseTimeUs("soon") == 0);
}

BOOST_AUTO_TEST_CASE(tagged_posts_and_what_answers_them) {
  for (const bool v2 : {true, false}) {
    Fixture fixture;
    fixture.servers[0].speaks_v2 = v2;
    const std::string root = fixture.Say("ana", "#EduChat", {"EduChat"});
    const std::string reply = fixture.Say("ben", "I do", {}, root);
    const std::string other = fixture.Say("cai", "nothing", {});
    const std::string both = fixture.Say("dee", "#MathEd", {"MathEd"}, reply);
    const std::string late = fixture.Say("eve", "late", {}, both);
    fixture.Change(reply, "I do, on Mondays");
    fixture.Delete(late);
    fixture.Pass(1h);
    BOOST_REQUIRE(fixture.Run());
    BOOST_TEST(fixture.context.StateOf("educhat", root) == "tag");
    BOOST_TEST(fixture.context.StateOf("educhat", reply) == "thread");
    BOOST_TEST(fixture.context.ContentOf("educhat", reply) == "<p>I do, on Mondays</p>");
    BOOST_TEST(fixture.context.StateOf("educhat", other).empty());
    BOOST_TEST(fixture.context.StateOf("educhat", both) == "thread");
    BOOST_TEST(fixture.context.StateOf("mathed", both) == "tag");
    BOOST_TEST(fixture.context.StateOf("educhat", late) == "deleted");
    BOOST_TEST(fixture.context.doubled == 0U);
    const std::size_t records = fixture.context.Records();
    // Again, from where it was left.
    BOOST_REQUIRE(fixture.Run());
    BOOST_TEST(fixture.context.Records() == records);
    const std::string target = fixture.servers[0].targets().front();
    BOOST_TEST(target.find(v2 ? "kinds=account" : "subscribeEvents") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_account_that_is_deleted_takes_its_posts_along) {
  Fixture fixture;
  const std::string root = fixture.Say("ana", "#EduChat", {"EduChat"});
  const std::string one = fixture.Say("ben", "one", {}, root);
  const std::string two = fixture.Say("ben", "two", {}, one);
  fixture.Add(
      {fixture.context.now * 1'000 + 990, DidOf("ana"), "account", "", "", "", "", "takendown"});
  fixture.Add(
      {fixture.context.now * 1'000 + 991, DidOf("ben"), "account", "", "", "", "", "deleted"});
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context.StateOf("educhat", root) == "tag");
  BOOST_TEST(fixture.context.StateOf("educhat", one) == "deleted");
  BOOST_TEST(fixture.context.StateOf("educhat", two) == "deleted");
}

BOOST_AUTO_TEST_CASE(a_stream_that_does_not_go_back_so_far_is_a_gap) {
  for (const bool v2 : {true, false}) {
    Fixture fixture;
    fixture.servers[0].speaks_v2 = v2;
    fixture.Say("ana", "#EduChat", {"EduChat"});
    fixture.Pass(1min);
    BOOST_REQUIRE(fixture.Run());
    const TimeMs left_at = fixture.context.now;
    fixture.Pass(10h);
    const std::string lost = fixture.Say("ben", "#EduChat", {"EduChat"});
    fixture.Pass(39h);
    fixture.Say("cai", "nothing", {});
    const TimeMs first = fixture.context.now;
    fixture.Pass(1min);
    fixture.context.coverages.clear();
    BOOST_REQUIRE(fixture.Run());
    BOOST_TEST(fixture.context.StateOf("educhat", lost).empty());
    int gaps = 0;
    for (const Coverage& coverage : fixture.context.coverages) {
      if (coverage.complete) continue;
      ++gaps;
      BOOST_TEST(std::abs(coverage.from - left_at) < 1'000);
      BOOST_TEST(std::abs(coverage.to - first) < 1'000);
      BOOST_TEST(!coverage.why.empty());
    }
    BOOST_TEST(gaps == 2);  // under each hashtag
  }
}

BOOST_AUTO_TEST_CASE(a_short_absence_is_no_gap) {
  Fixture fixture;
  fixture.Say("ana", "#EduChat", {"EduChat"});
  fixture.Pass(1min);
  BOOST_REQUIRE(fixture.Run());
  fixture.Pass(5h);
  const std::string there = fixture.Say("ben", "#EduChat", {"EduChat"});
  fixture.Pass(1min);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context.StateOf("educhat", there) == "tag");
  BOOST_REQUIRE(!fixture.context.coverages.empty());
  for (const Coverage& coverage : fixture.context.coverages) BOOST_TEST(coverage.complete);
}

BOOST_AUTO_TEST_CASE(another_host_steps_in) {
  Fixture fixture(2);
  fixture.servers[0].is_down = true;
  fixture.servers[1].skew_us = 30'000'000;
  const std::string root = fixture.Say("ana", "#EduChat", {"EduChat"});
  fixture.Pass(1h);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context.StateOf("educhat", root) == "tag");
  BOOST_TEST(fixture.servers[1].connections() == 1);
}

BOOST_AUTO_TEST_CASE(names_and_what_was_there_before_come_from_the_app_view) {
  Fixture fixture;
  fixture.WithAppView();
  const std::string root = fixture.network.Say("ana", "no tag yet", {});
  const std::string early = fixture.network.Say("ben", "nor here", {}, root);
  fixture.Pass(48h);  // long before the stream begins
  const std::string tagged = fixture.Say("cai", "#EduChat", {"EduChat"}, early);
  fixture.Pass(1min);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context.StateOf("educhat", root) == "thread");
  BOOST_TEST(fixture.context.StateOf("educhat", early) == "thread");
  BOOST_TEST(fixture.context.StateOf("educhat", tagged) == "tag");
  BOOST_TEST(fixture.context.posts.at({"educhat", tagged})[0].attributed_to.preferred_username ==
             "cai.test");
  BOOST_TEST(fixture.context.doubled == 0U);
}

BOOST_AUTO_TEST_CASE(stream_and_search_give_the_same_post_to_the_byte) {
  Fixture fixture;
  fixture.WithAppView();
  std::vector<std::string> uris{fixture.Say("ana", "Grüße <b> #EduChat &c.", {"EduChat"})};
  uris.push_back(fixture.Say("ben", "yes\n\nno", {}, uris[0]));
  fixture.Pass(1min);
  BOOST_REQUIRE(fixture.Run());

  test::KeepingContext other({});
  other.client = &fixture.context.http();
  other.now = fixture.context.now;
  other.mutable_spec() = fixture.context.spec();
  other.mutable_spec().name = "sky";
  other.mutable_spec().kind = "bluesky";
  other.mutable_spec().options = {{"base", fixture.network.Base()}};
  auto source = MakeSource(other.spec());
  BOOST_REQUIRE(source);
  BOOST_REQUIRE((*source)->Run(other));
  for (const std::string& uri : uris) {
    Post a = fixture.context.posts.at({"educhat", uri})[0];
    Post b = other.posts.at({"educhat", uri})[0];
    std::string content_a;
    std::string content_b;
    AppendContent(content_a, a);
    AppendContent(content_b, b);
    BOOST_TEST(content_a == content_b);
    BOOST_TEST(ContentDigest(content_a) == ContentDigest(content_b));
    a.source = b.source = {};
    BOOST_TEST((a == b));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_rejected_and_the_rest_goes_on) {
  Fixture fixture;
  fixture.servers[0].first = {"{\"did\":", "[]", "", R"({"did":"x","time_us":1,"kind":7})"};
  const std::string root = fixture.Say("ana", "#EduChat", {"EduChat"});
  fixture.Pass(1min);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context.StateOf("educhat", root) == "tag");
  BOOST_TEST(fixture.context.rejects.size() == 4U);
}

BOOST_AUTO_TEST_CASE(doctor_tries_each_host) {
  Fixture fixture(2);
  fixture.servers[1].is_down = true;
  auto source = MakeSource(fixture.context.spec());
  BOOST_REQUIRE(source);
  const std::vector<SourceFinding> findings = (*source)->Check(fixture.context);
  BOOST_REQUIRE_EQUAL(findings.size(), 3U);
  BOOST_TEST((findings[0].level != SourceFinding::Level::kFailure));
  BOOST_TEST((findings[1].level == SourceFinding::Level::kFailure));
  BOOST_TEST(findings[2].text.find("missing will be") == 0U);
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense) {
  Fixture fixture;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"handle", "ana.test"},
           {"base", "https://a.example"},
           {"base", "wss://a.example https://b https://c https://d"},
           {"base", "wss://"},
           {"since", "x"},
           {"requests_a_day", "0"}}) {
    SourceSpec spec = fixture.context.spec();
    spec.options[name] = value;
    const auto source = MakeSource(spec);
    BOOST_REQUIRE(!source);
    BOOST_TEST(source.error().message.find(name) != std::string::npos);
  }
  SourceSpec spec = fixture.context.spec();
  spec.options.clear();
  BOOST_TEST(bool(MakeSource(spec)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
