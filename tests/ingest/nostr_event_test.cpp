#include "ingest/nostr_event.h"

#include <boost/test/unit_test.hpp>

#include "base/sha256.h"
#include "ingest/nostr_id.h"
#include "ingest/nostr_message.h"
#include "tests/ingest/nostr_test_relay.h"

namespace latecomer {
namespace {

using test::NostrAuthor;

std::string Id(char digit) { return std::string(64, digit); }

Result<NostrMessage> Read(std::string text) { return ReadNostrMessage(text); }

}  // namespace

BOOST_AUTO_TEST_SUITE(nostr_event)

BOOST_AUTO_TEST_CASE(ids_in_bech32) {
  // The examples of NIP-19.
  BOOST_TEST(
      NostrBech32("npub", "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e") ==
      "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg");
  const auto read = ReadNostrEntity(
      "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4m"
      "hxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p");
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->prefix == "nprofile");
  BOOST_TEST(read->hex == "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d");
  for (char digit : {'0', '7', 'f'}) {
    const auto again = ReadNostrEntity(NostrBech32("note", Id(digit)));
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->hex == Id(digit));
  }
  BOOST_TEST(NostrPostId("") == "");
  for (const char* bad : {"", "note", "note1", "npub1qqqqqqq",
                          "note1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
                          "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptq",
                          "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"}) {
    BOOST_TEST(!ReadNostrEntity(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(what_is_hashed) {
  NostrEvent event;
  event.pubkey = Id('a');
  event.created_at = 17;
  event.kind = 1;
  event.tags = {{"t", "x\"y"}, {"e", "1", ""}};
  event.content = "a\nb\"c\\d\re\tf\bg\fh/\x01\x7f\xc3\xa4\xe2\x80\xa8";
  BOOST_TEST(NostrSerialised(event) == "[0,\"" + Id('a') +
                                           "\",17,1,[[\"t\",\"x\\\"y\"],[\"e\",\"1\",\"\"]],"
                                           "\"a\\nb\\\"c\\\\d\\re\\tf\\bg\\fh/\x01\x7f\xc3\xa4\xe2"
                                           "\x80\xa8\"]");
}

BOOST_AUTO_TEST_CASE(true_and_false) {
  const NostrAuthor ana(1);
  const NostrEvent good =
      ana.Note({{"t", "x"}}, 1'700'000'000, "gr\xc3\xbc\xc3\x9f \x01 \"dich\"\n");
  BOOST_TEST((CheckNostrEvent(good) == NostrTruth::kTrue));
  const auto wrong = [&good](auto change, NostrTruth truth) {
    NostrEvent event = good;
    change(event);
    BOOST_TEST((CheckNostrEvent(event) == truth));
  };
  wrong([](auto& event) { event.content += ' '; }, NostrTruth::kWrongId);
  wrong([](auto& event) { event.created_at += 1; }, NostrTruth::kWrongId);
  wrong([](auto& event) { event.kind = 5; }, NostrTruth::kWrongId);
  wrong([](auto& event) { event.tags = {}; }, NostrTruth::kWrongId);
  wrong([](auto& event) { event.pubkey = NostrAuthor(2).pubkey(); }, NostrTruth::kWrongId);
  wrong([](auto& event) { event.sig[5] = event.sig[5] == '0' ? '1' : '0'; },
        NostrTruth::kWrongSignature);
  wrong([](auto& event) { event.sig = std::string(128, '0'); }, NostrTruth::kWrongSignature);
  // Somebody else's id and signature under a key that is no point of the curve.
  wrong(
      [](auto& event) {
        event.pubkey = std::string(64, 'f');
        event.id = ToHex(Sha256(NostrSerialised(event)));
      },
      NostrTruth::kWrongSignature);
}

BOOST_AUTO_TEST_CASE(controls_may_have_been_escaped) {
  const NostrAuthor ana(1);
  NostrEvent event = ana.Note({}, 1, "\x01");
  BOOST_TEST((CheckNostrEvent(event) == NostrTruth::kTrue));
  // As JSON.stringify has it.
  event.id = ToHex(Sha256("[0,\"" + ana.pubkey() + "\",1,1,[],\"\\u0001\"]"));
  BOOST_TEST((CheckNostrEvent(event) == NostrTruth::kWrongSignature));
}

BOOST_AUTO_TEST_CASE(messages) {
  const NostrEvent event = NostrAuthor(1).Note({{"t", "x"}, {"p", Id('1')}}, 5, "\"q\"");
  const auto read = Read(R"(["EVENT","sub",)" + test::NostrEventJson(event) + "]");
  BOOST_REQUIRE(read);
  BOOST_TEST((read->type == NostrMessage::Type::kEvent));
  BOOST_TEST(read->subscription == "sub");
  BOOST_TEST((read->event == event));
  BOOST_TEST((Read(R"(["EOSE","s"])")->type == NostrMessage::Type::kEndOfStored));
  BOOST_TEST(Read(R"(["CLOSED","s","rate-limited: slow down"])")->text ==
             "rate-limited: slow down");
  BOOST_TEST((Read(R"(["NOTICE","hello"])")->type == NostrMessage::Type::kNotice));
  BOOST_TEST((Read(R"(["AUTH","challenge"])")->type == NostrMessage::Type::kOther));
  BOOST_TEST((Read(R"(["OK","id",true,""])")->type == NostrMessage::Type::kOther));
  for (const char* bad : {"", "{}", "[]", "null", "[1]", "[[]]", R"(["EVENT"])", R"(["EVENT","s"])",
                          R"(["EVENT","s",1])", R"(["EVENT","s",{}])", R"(["EOSE","s")"}) {
    BOOST_TEST(!Read(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(events_of_the_wrong_form) {
  const std::string good = test::NostrEventJson(NostrAuthor(1).Note({{"t", "x"}}, 5, "c"));
  std::string copy = good;
  BOOST_REQUIRE(ReadNostrEvent(copy));
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"\"kind\":1", "\"kind\":65536"},
        {"\"kind\":1", "\"kind\":-1"},
        {"\"kind\":1", "\"kind\":\"1\""},
        {"\"created_at\":5", "\"created_at\":5.5"},
        {"\"created_at\":5", "\"created_at\":1e30"},
        {"\"created_at\":5", "\"created_at\":null"},
        {"[[\"t\",\"x\"]]", "[[\"t\",1]]"},
        {"[[\"t\",\"x\"]]", "[\"t\"]"},
        {"[[\"t\",\"x\"]]", "[[]]"},
        {"[[\"t\",\"x\"]]", "{}"},
        {"\"content\":\"c\"", "\"content\":null"},
        {"\"content\":\"c\"", "\"content\":\"\\ud800\""},
        {"\"id\":\"", "\"id\":\"A"},
        {"\"sig\":\"", "\"sig\":\"0"}}) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    BOOST_TEST(!ReadNostrEvent(text), to);
  }
}

BOOST_AUTO_TEST_CASE(questions) {
  NostrFilter filter;
  filter.kinds = {1, 1111};
  filter.tags['t'] = {"a", "\"b\""};
  filter.since = 1;
  filter.until = 2;
  filter.limit = 3;
  NostrFilter other;
  other.ids = {"x"};
  other.authors = {"y"};
  BOOST_TEST(WriteNostrRequest("s", {filter, other}) ==
             R"(["REQ","s",{"kinds":[1,1111],"#t":["a","\"b\""],"since":1,"until":2,"limit":3},)"
             R"({"ids":["x"],"authors":["y"]}])");
  BOOST_TEST(WriteNostrClose("s") == R"(["CLOSE","s"])");
  BOOST_TEST(NostrReason("rate-limited: x") == "rate-limited");
  BOOST_TEST(NostrReason("auth-required:") == "auth-required");
  BOOST_TEST(NostrReason("What a relay: says") == "");
  BOOST_TEST(NostrReason("nothing") == "");
}

BOOST_AUTO_TEST_CASE(profiles) {
  const NostrProfile ana = ReadNostrProfile(
      R"({"name":"ana","display_name":"Ana \u0001","picture":"https://x.example/a.png","nip05":5})");
  BOOST_TEST(ana.name == "Ana  ");
  BOOST_TEST(ana.picture == "https://x.example/a.png");
  BOOST_TEST(ana.nip05 == "");
  BOOST_TEST(ReadNostrProfile("not json").name == "");
  BOOST_TEST(ReadNostrProfile("[]").name == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
