// The source against relays in this process: conversations, collected exactly.
#include "ingest/source_nostr.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "ingest/nostr_id.h"
#include "tests/ingest/nostr_source_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::NostrAuthor;
using test::NostrHarness;
using test::TestRelay;

constexpr std::int64_t kThen = 1'650'000'000;  // seconds

}  // namespace

BOOST_AUTO_TEST_SUITE(source_nostr)

BOOST_AUTO_TEST_CASE(what_it_is_made_from) {
  const auto make = [](std::map<std::string, std::string, std::less<>> options) {
    SourceSpec spec{"n", "nostr", {{"x", "X", {}}}, std::move(options), false};
    return MakeNostrSource(spec);
  };
  BOOST_TEST(static_cast<bool>(make({{"base", "wss://a.example wss://b.example/path"}})));
  BOOST_TEST(!make({}));
  BOOST_TEST(!make({{"base", "ftp://a.example"}}));
  BOOST_TEST(!make({{"base", "wss://a.example"}, {"handle", "x"}}));
  BOOST_TEST(!make({{"base", "wss://a.example"}, {"since", "yesterday"}}));
  BOOST_TEST(!make({{"base", "wss://a.example"}, {"requests_a_day", "many"}}));
}

BOOST_AUTO_TEST_CASE(spellings) {
  BOOST_TEST(
      NostrSpellings({"educhat", "#EduChat", {"edu"}}) ==
      (std::vector<std::string>{"educhat", "Educhat", "EDUCHAT", "EduChat", "edu", "Edu", "EDU"}));
}

BOOST_AUTO_TEST_CASE(a_whole_conversation) {
  TestRelay relay;
  const NostrAuthor ana(1);
  const NostrAuthor ben(2);
  // A thread of which only one note, in its middle, carries the hashtag.
  const NostrEvent root = ana.Note({}, kThen);
  const NostrEvent reply = ben.Note({{"e", root.id, "", "root"}}, kThen + 1);
  const NostrEvent tagged = ana.Note(
      {{"e", root.id, "", "root"}, {"e", reply.id, "", "reply"}, {"t", "EduChat"}}, kThen + 2);
  const NostrEvent deep = ben.Note({{"e", tagged.id, "", "reply"}}, kThen + 3);  // no root
  const NostrEvent old_form = ben.Note({{"e", root.id}, {"e", deep.id}}, kThen + 4);
  const NostrEvent comment =
      ben.Sign(kNostrComment, {{"E", root.id}, {"e", deep.id}}, "a comment", kThen + 5);
  const NostrEvent repost = ben.Sign(kNostrRepost, {{"e", reply.id}}, "", kThen + 6);
  // What is none of it.
  const NostrEvent quote = ben.Note({{"q", tagged.id}}, kThen + 7);
  const NostrEvent mention = ben.Note({{"e", root.id, "", "mention"}}, kThen + 8);
  const NostrEvent reaction = ben.Sign(7, {{"e", tagged.id}}, "+", kThen + 9);
  const NostrEvent stranger = ben.Note({{"t", "other"}}, kThen + 10);
  for (const auto* event : {&root, &reply, &tagged, &deep, &old_form, &comment, &repost, &quote,
                            &mention, &reaction, &stranger}) {
    relay.Publish(*event);
  }
  NostrHarness harness({relay.Url()});
  harness.RunOnce();
  harness.ExpectPosts({root.id + " thread", reply.id + " thread", tagged.id, deep.id + " thread",
                       old_form.id + " thread", comment.id + " thread", repost.id + " thread"});
  BOOST_TEST(harness.context.rejects.empty());
  // Again: nothing new.
  harness.RunOnce();
  harness.ExpectPosts({});
}

BOOST_AUTO_TEST_CASE(from_several_relays_once) {
  TestRelay first;
  TestRelay second;
  const NostrAuthor ana(1);
  const NostrEvent both = ana.Note({{"t", "educhat"}}, kThen);
  const NostrEvent only_first = ana.Note({{"t", "educhat"}}, kThen + 1);
  const NostrEvent only_second = ana.Note({{"e", both.id, "", "root"}}, kThen + 2);
  first.Publish(both);
  first.Publish(only_first);
  second.Publish(both);
  second.Publish(only_second);
  NostrHarness harness({first.Url(), second.Url()});
  harness.RunOnce();
  harness.ExpectPosts({both.id, only_first.id, only_second.id + " thread"});
}

BOOST_AUTO_TEST_CASE(names_of_authors) {
  TestRelay relay;
  const NostrAuthor ana(1);
  relay.Publish(ana.Note({{"t", "educhat"}}, kThen));
  relay.Publish(ana.Sign(kNostrProfile, {}, R"({"name":"Old"})", kThen));
  relay.Publish(ana.Sign(kNostrProfile, {}, R"({"name":"Ana"})", kThen + 1));
  NostrEvent forged = ana.Sign(kNostrProfile, {}, R"({"name":"Ana"})", kThen + 2);
  forged.content = R"({"name":"Mallory"})";
  relay.Publish(forged);
  NostrHarness harness({relay.Url()});
  harness.RunOnce();
  BOOST_TEST(harness.posts.size() == 1U);
  BOOST_TEST(harness.names == "Ana");
  BOOST_TEST(harness.context.rejects.size() == 1U);
}

BOOST_AUTO_TEST_CASE(live_and_late) {
  TestRelay relay;
  relay.ignores_tags_live = true;  // as some do
  const NostrAuthor ana(1);
  NostrHarness harness({relay.Url()});
  const std::int64_t now = harness.Seconds();
  const NostrEvent first = ana.Note({{"t", "educhat"}}, now);
  const NostrEvent backdated = ana.Note({{"t", "EDUCHAT"}}, now - 1'000'000);
  const NostrEvent late = ana.Note({{"e", first.id, "", "root"}}, now + 1);
  const NostrEvent stranger = ana.Note({{"t", "other"}}, now + 2);
  const NostrEvent deletion = ana.Sign(kNostrDeletion, {{"e", late.id}}, "", now + 3);
  harness.Run([&](int step) {
    if (step == 5) relay.Publish(first);
    if (step == 10) relay.Publish(backdated);
    if (step == 60) relay.Publish(late);
    if (step == 70) relay.Publish(stranger);
    if (step == 90) relay.Publish(deletion);
    return step < 150;
  });
  harness.ExpectPosts({first.id, backdated.id, late.id + " thread", late.id + " gone"});
}

BOOST_AUTO_TEST_CASE(deletions_are_the_authors_alone) {
  TestRelay relay;
  const NostrAuthor ana(1);
  const NostrAuthor mallory(2);
  const NostrEvent one = ana.Note({{"t", "educhat"}}, kThen);
  const NostrEvent two = ana.Note({{"t", "educhat"}}, kThen + 1);
  relay.Publish(one);
  relay.Publish(two);
  relay.Publish(mallory.Sign(kNostrDeletion, {{"e", one.id}}, "", kThen + 2));
  relay.Publish(ana.Sign(kNostrDeletion, {{"e", two.id}, {"k", "1"}}, "", kThen + 3));
  NostrHarness harness({relay.Url()});
  harness.RunOnce();
  harness.ExpectPosts({one.id, two.id, two.id + " gone"});
  harness.context.now += 100 * 24 * 3'600'000LL;  // visited again: said once
  harness.RunOnce();
  harness.ExpectPosts({});
}

BOOST_AUTO_TEST_CASE(what_is_not_true_is_not_taken) {
  TestRelay relay;
  const NostrAuthor ana(1);
  const NostrEvent good = ana.Note({{"t", "educhat"}}, kThen);
  NostrEvent changed = ana.Note({{"t", "educhat"}}, kThen + 1, "true words");
  changed.content = "other words";
  NostrEvent unsigned_one = ana.Note({{"t", "educhat"}}, kThen + 2);
  unsigned_one.sig = good.sig;
  for (const auto& event : {good, changed, unsigned_one}) relay.Publish(event);
  NostrHarness harness({relay.Url()});
  harness.RunOnce();
  harness.ExpectPosts({good.id});
  BOOST_TEST(harness.context.rejects.size() == 2U);
  for (const std::string& reject : harness.context.rejects) {
    BOOST_TEST(reject.find("words") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(times_that_make_no_sense) {
  TestRelay relay;
  const NostrAuthor ana(1);
  NostrHarness harness({relay.Url()});
  const NostrEvent ahead = ana.Note({{"t", "educhat"}}, harness.Seconds() + 20 * 3'600);
  const NostrEvent first = ana.Note({{"t", "educhat"}}, 0);
  relay.Publish(ahead);
  relay.Publish(first);
  relay.Publish(ana.Note({{"t", "educhat"}}, harness.Seconds() + 90 * 86'400));
  relay.Publish(ana.Note({{"t", "educhat"}}, -70'000'000'000));
  harness.RunOnce();
  // Of the future nothing is asked for; before the calendar begins nothing can be written.
  harness.ExpectPosts({ahead.id, first.id});
}

BOOST_AUTO_TEST_CASE(pages_back_to_the_beginning) {
  TestRelay relay(30);
  const NostrAuthor ana(1);
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    const NostrEvent event = ana.Note({{"t", "educhat"}, {"n", std::to_string(i)}}, kThen + i / 7);
    relay.Publish(event);
    expected.push_back(event.id);
  }
  NostrHarness harness({relay.Url()});
  harness.RunOnce();
  harness.ExpectPosts(expected);
  BOOST_TEST(harness.Why().empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_had_is_said) {
  const NostrAuthor ana(1);
  {
    TestRelay relay(30);
    for (int i = 0; i < 40; ++i) {
      relay.Publish(ana.Note({{"t", "educhat"}, {"n", std::to_string(i)}}, kThen));
    }
    NostrHarness harness({relay.Url()});
    harness.RunOnce();
    BOOST_TEST(harness.posts.size() == 30U);
    BOOST_TEST(harness.WhyEver().find("more in one second") != std::string::npos);
  }
  {
    TestRelay relay(30);
    relay.ignores_until = true;
    for (int i = 0; i < 40; ++i) relay.Publish(ana.Note({{"t", "educhat"}}, kThen + i));
    NostrHarness harness({relay.Url()});
    harness.RunOnce();
    BOOST_TEST(harness.posts.size() == 30U);
    BOOST_TEST(harness.WhyEver().find("only what is newest") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const NostrAuthor ana(1);
  for (const std::string said :
       {R"(["CLOSED","SUB","auth-required: log in"])", R"(["CLOSED","SUB","restricted: pay"])",
        R"(["CLOSED","SUB","invalid: filter"])"}) {
    TestRelay open;
    TestRelay closed;
    closed.on_request = [said](const std::string&) { return said; };
    const NostrEvent event = ana.Note({{"t", "educhat"}}, kThen);
    open.Publish(event);
    NostrHarness harness({closed.Url(), open.Url()});
    harness.RunOnce();
    harness.ExpectPosts({event.id});
    BOOST_TEST(harness.WhyEver().find("cannot be read") != std::string::npos);
    BOOST_TEST(harness.WhyEver().find("log in") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(refusals_that_pass) {
  const NostrAuthor ana(1);
  const NostrEvent event = ana.Note({{"t", "educhat"}}, kThen);
  for (const std::string said :
       {R"(["CLOSED","SUB","rate-limited: slow down"])", R"(["CLOSED","SUB","error: database"])",
        R"(["CLOSED","SUB","no prefix"])", R"(["NOTICE","rate-limited: slow down"])", "CUT"}) {
    TestRelay relay;
    relay.Publish(event);
    std::atomic<int> asked{0};
    relay.on_request = [&](const std::string&) {
      return ++asked < 12 && asked % 4 == 2 ? said : "";
    };
    NostrHarness harness({relay.Url()});
    harness.RunOnce();
    harness.ExpectPosts({event.id});
  }
}

BOOST_AUTO_TEST_CASE(rubbish_between_answers) {
  TestRelay relay;
  const NostrAuthor ana(1);
  const NostrEvent event = ana.Note({{"t", "educhat"}}, kThen);
  relay.Publish(event);
  std::atomic<int> asked{0};
  relay.on_request = [&](const std::string&) -> std::string {
    if (++asked != 1) return "";
    return R"(["EVENT","SUB",{"half":)";
  };
  NostrHarness harness({relay.Url()});
  // The first question is never answered: after its time the relay is asked anew.
  relay.on_request = [&](const std::string&) -> std::string {
    return ++asked % 3 == 1 ? R"(["EOSE","SUB"])" : "";
  };
  harness.RunOnce();
  harness.context.now += 40 * 86'400'000LL;  // read again
  harness.RunOnce();
  harness.context.now += 40 * 86'400'000LL;
  harness.RunOnce();
  harness.ExpectPosts({event.id});
}

BOOST_AUTO_TEST_CASE(a_relay_that_is_away) {
  TestRelay here;
  TestRelay away;
  away.refuses_handshakes = true;
  const NostrAuthor ana(1);
  const NostrEvent event = ana.Note({{"t", "educhat"}}, kThen);
  here.Publish(event);
  NostrHarness harness({away.Url(), here.Url()});
  harness.RunOnce();
  harness.ExpectPosts({event.id});
  BOOST_TEST(harness.WhyEver().find("did not answer") != std::string::npos);
  // None at all is an error.
  NostrHarness alone({away.Url()});
  const Status ended = alone.Once();
  BOOST_REQUIRE(!ended);
  BOOST_TEST((ended.error().code == ErrorCode::kRetryLater));
}

BOOST_AUTO_TEST_CASE(stopped_at_any_write_and_gone_on_with) {
  const NostrAuthor ana(1);
  TestRelay relay(25);
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    const NostrEvent root = ana.Note({{"t", "educhat"}, {"n", std::to_string(i)}}, kThen + i);
    const NostrEvent reply = ana.Note({{"e", root.id, "", "root"}}, kThen + 1'000 + i);
    relay.Publish(root);
    relay.Publish(reply);
    expected.push_back(root.id);
    expected.push_back(reply.id + " thread");
  }
  NostrHarness harness({relay.Url()});
  int writes = 0;
  int limit = 1;
  harness.context.on_write = [&]() -> std::optional<Error> {
    if (++writes <= limit) return std::nullopt;
    writes = 0;
    ++limit;  // each start comes further
    return RetryLater("the log is away");
  };
  int starts = 0;
  while (!harness.Once()) BOOST_REQUIRE(++starts < 100);
  BOOST_TEST(starts > 3);
  harness.ExpectPosts(expected);
}

BOOST_AUTO_TEST_CASE(a_ceiling_of_questions) {
  TestRelay relay(5);
  const NostrAuthor ana(1);
  for (int i = 0; i < 100; ++i) relay.Publish(ana.Note({{"t", "educhat"}}, kThen + i));
  NostrHarness harness({relay.Url()}, {{"requests_a_day", "12"}});
  harness.Run([](int step) { return step < 500; });
  BOOST_TEST(relay.requests() <= 14);
  BOOST_TEST(relay.requests() >= 8);
  harness.Run([](int step) { return step < 500; });  // a restart changes nothing
  BOOST_TEST(relay.requests() <= 16);
}

BOOST_AUTO_TEST_CASE(checked_by_doctor) {
  TestRelay relay;
  relay.Publish(NostrAuthor(1).Note({{"t", "educhat"}}, kThen));
  TestRelay away;
  away.refuses_handshakes = true;
  NostrHarness harness({relay.Url(), away.Url()});
  const std::vector<SourceFinding> findings = harness.Make()->Check(harness.context);
  BOOST_REQUIRE(findings.size() == 3U);
  BOOST_TEST((findings[0].level == SourceFinding::Level::kOk));
  BOOST_TEST((findings[1].level == SourceFinding::Level::kOk));
  BOOST_TEST((findings[2].level == SourceFinding::Level::kFailure));
  BOOST_TEST(harness.context.writes == 0);
}

BOOST_AUTO_TEST_CASE(stops_within_a_second) {
  TestRelay relay;
  std::atomic<bool> asked{false};
  relay.on_request = [&](const std::string&) {
    asked = true;
    return "NOTHING";
  };
  NostrHarness harness({relay.Url()});
  std::chrono::steady_clock::time_point stopped;
  std::thread stopper([&] {
    while (!asked) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(100ms);
    stopped = std::chrono::steady_clock::now();
    harness.context.RequestStop();
  });
  BOOST_TEST(static_cast<bool>(harness.Make()->Run(harness.context)));
  stopper.join();
  BOOST_TEST((std::chrono::steady_clock::now() - stopped < 500ms));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
