#include "ingest/nostr_note.h"

#include <boost/test/unit_test.hpp>

#include "ingest/nostr_id.h"

namespace latecomer {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kC(64, 'c');
const std::string kD(64, 'd');

NostrEvent Event(int kind, std::vector<std::vector<std::string>> tags, std::string content = "") {
  NostrEvent event;
  event.id = std::string(64, '1');
  event.pubkey = std::string(64, '2');
  event.kind = kind;
  event.tags = std::move(tags);
  event.content = std::move(content);
  event.created_at = 1'700'000'000;
  return event;
}

std::string Place(const NostrEvent& event) {
  const NostrPlace place = PlaceOf(event);
  const auto letter = [](const std::string& id) { return id.empty() ? '-' : id[0]; };
  return {letter(place.root), letter(place.parent), letter(place.quoted), letter(place.reposted)};
}

Post PostOf(const NostrEvent& event) {
  return MakeNostrPost(event, PlaceOf(event), nullptr, "relay.example", 1'700'000'001'000);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nostr_note)

BOOST_AUTO_TEST_CASE(places_of_notes) {
  for (const auto& [tags, place] :
       std::vector<std::pair<std::vector<std::vector<std::string>>, std::string>>{
           {{}, "----"},
           {{{"e", kA, "", "root"}}, "aa--"},
           {{{"e", kB, "", "reply"}, {"e", kA, "", "root"}}, "ab--"},
           {{{"e", kB, "", "reply"}}, "-b--"},
           // By their positions.
           {{{"e", kA}}, "aa--"},
           {{{"e", kA}, {"p", kD}, {"e", kB}}, "ab--"},
           {{{"e", kA}, {"e", kC}, {"e", kB, "wss://x"}}, "ab--"},
           // Where one is marked, position says nothing.
           {{{"e", kC}, {"e", kA, "", "root"}}, "aa--"},
           {{{"e", kC}, {"e", kA, "", "mention"}}, "cca-"},
           // Quotes are no parents.
           {{{"e", kA, "", "mention"}}, "--a-"},
           {{{"q", kA}}, "--a-"},
           {{{"e", kA}, {"q", kA}}, "--a-"},
           {{{"e", kB, "", "root"}, {"q", kA}}, "bba-"},
           // What is none.
           {{{"e"}, {"e", "x"}, {"e", std::string(64, 'A')}, {"E", kA}, {"a", "1:x:y"}}, "----"},
           {{{"e", std::string(64, '1'), "", "root"}}, "----"}}) {
    BOOST_TEST(Place(Event(kNostrNote, tags)) == place);
  }
  // As NIP-08 referred to what it mentions.
  BOOST_TEST(Place(Event(kNostrNote, {{"p", kD}, {"e", kA}}, "see #[1]")) == "----");
  BOOST_TEST(Place(Event(kNostrNote, {{"e", kA}, {"e", kB}}, "see #[1]")) == "aa--");
}

BOOST_AUTO_TEST_CASE(places_of_comments_and_reposts) {
  BOOST_TEST(Place(Event(kNostrComment, {{"E", kA}, {"K", "1"}, {"e", kB}, {"k", "1111"}})) ==
             "ab--");
  BOOST_TEST(Place(Event(kNostrComment, {{"E", kA}, {"e", kA}})) == "aa--");
  BOOST_TEST(Place(Event(kNostrComment,
                         {{"I", "https://x.example"}, {"i", "https://x.example"}})) == "----");
  BOOST_TEST(Place(Event(kNostrComment, {{"A", "30023:x:y"}, {"a", "30023:x:y"}, {"e", kB}})) ==
             "-b--");
  BOOST_TEST(Place(Event(kNostrRepost, {{"e", kA}, {"p", kB}})) == "---a");
  BOOST_TEST(Place(Event(kNostrGenericRepost, {{"e", kA}, {"k", "1111"}})) == "---a");
  BOOST_TEST(Place(Event(kNostrRepost, {})) == "----");
}

BOOST_AUTO_TEST_CASE(as_a_post) {
  const NostrEvent event = Event(
      kNostrNote,
      {{"e", kA, "", "root"},
       {"e", kB, "", "reply"},
       {"p", kC},
       {"t", "EduChat"},
       {"t", ""},
       {"content-warning", "loud"},
       {"l", "de", "ISO-639-1"},
       {"q", kD},
       {"imeta", "url https://x.example/i.png", "m image/png", "alt a cat", "dim 800x600", "x 1"},
       {"imeta", "m image/png"}},
      "Hello <b>\n\nsee https://x.example/a?b=1.");
  NostrProfile profile;
  profile.name = "Ana";
  profile.picture = "https://x.example/p.png";
  const Post post =
      MakeNostrPost(event, PlaceOf(event), &profile, "relay.example", 1'700'000'001'000);
  BOOST_TEST((post.type == PostType::kNote));
  BOOST_TEST(post.id == NostrPostId(event.id));
  BOOST_TEST(post.id.starts_with("nostr:note1"));
  BOOST_TEST(*post.published == 1'700'000'000'000);
  BOOST_TEST(post.attributed_to.id.starts_with("nostr:npub1"));
  BOOST_TEST(post.attributed_to.name == "Ana");
  BOOST_TEST(post.context == NostrPostId(kA));
  BOOST_TEST(post.in_reply_to == NostrPostId(kB));
  BOOST_TEST(post.quote_uri == NostrPostId(kD));
  BOOST_TEST(post.content ==
             "<p>Hello &lt;b&gt;</p><p>see <a "
             "href=\"https://x.example/a?b=1\">https://x.example/a?b=1</a>.</p>");
  BOOST_TEST(post.sensitive);
  BOOST_TEST(post.summary == "loud");
  BOOST_TEST(post.language == "de");
  BOOST_REQUIRE(post.tag.size() == 2U);
  BOOST_TEST(post.tag[0].type == "Mention");
  BOOST_TEST(post.tag[1].name == "#EduChat");
  BOOST_REQUIRE(post.attachment.size() == 1U);
  BOOST_TEST(post.attachment[0].type == "Image");
  BOOST_TEST(*post.attachment[0].width == 800);
  BOOST_TEST(post.source.kind == "nostr");

  const Post repost = PostOf(Event(kNostrRepost, {{"e", kA}}, "{\"content\":\"copied\"}"));
  BOOST_TEST((repost.type == PostType::kAnnounce));
  BOOST_TEST(repost.object == NostrPostId(kA));
  BOOST_TEST(repost.content == "");
}

BOOST_AUTO_TEST_CASE(hashtags_are_folded) {
  BOOST_TEST(HashtagsOf(Event(1, {{"t", "EduChat"}, {"t", "#ok"}, {"t"}, {"t", "a b"}})) ==
             (std::vector<std::string>{"educhat", "ok"}));
}

BOOST_AUTO_TEST_CASE(times_outside_of_the_calendar) {
  NostrEvent event = Event(1, {});
  event.created_at = INT64_MAX;
  BOOST_TEST(!PostOf(event).published);
  event.created_at = INT64_MIN;
  BOOST_TEST(!PostOf(event).published);
}

BOOST_AUTO_TEST_CASE(texts) {
  const std::string npub = NostrBech32("npub", kA);
  for (const auto& [text, html] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"a: b:// c http:// d https:// e", "<p>a: b:// c http:// d https:// e</p>"},
           {"(https://x.example/a_(b))",
            "<p>(<a href=\"https://x.example/a_(b)\">https://x.example/a_(b)</a>)</p>"},
           {"https://x.example\nhttp://y.example",
            "<p><a href=\"https://x.example\">https://x.example</a><br><a "
            "href=\"http://y.example\">http://y.example</a></p>"},
           {"hi nostr:" + npub + ", you", "<p>hi <a href=\"https://njump.me/" + npub + "\">@" +
                                              npub.substr(0, 13) + "\xe2\x80\xa6" +
                                              npub.substr(npub.size() - 8) + "</a>, you</p>"},
           {"nostr:npub1nothing", "<p>nostr:npub1nothing</p>"},
           {"javascript:alert(1) <script>", "<p>javascript:alert(1) &lt;script&gt;</p>"}}) {
    BOOST_TEST(NostrTextToHtml(text) == html);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
