#include "ingest/feed_document.h"

#include <boost/test/unit_test.hpp>

#include "ingest/feed_discovery.h"
#include "ingest/feed_fetch.h"
#include "tests/ingest/archive_harness.h"

namespace latecomer {
namespace {

constexpr TimeMs kNow = 1'700'000'000'000;

FeedDocument Read(const std::string& body, const std::string& type = "application/xml") {
  Result<FeedDocument> document =
      ReadFeedDocument(body, type, *ParseUrl("https://b.example/x/feed"), kNow);
  BOOST_REQUIRE(document);
  return std::move(*document);
}

const Post& PostOf(const FeedItem& item) { return std::get<Post>(item.post.value); }

std::string Rss(const std::string& items, const std::string& head = "") {
  return "<rss version=\"2.0\" xmlns:wfw=\"http://wellformedweb.org/CommentAPI/\" "
         "xmlns:slash=\"http://purl.org/rss/1.0/modules/slash/\" "
         "xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><link>https://b.example</link>" +
         head + items + "</channel></rss>";
}

std::string Item(const std::string& rest) {
  return "<item><title>T</title><guid>https://b.example/?p=1</guid>"
         "<pubDate>Tue, 14 Nov 2023 10:00:00 +0000</pubDate>" +
         rest + "</item>";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(feed_document)

BOOST_AUTO_TEST_CASE(what_a_live_feed_says_besides) {
  const FeedDocument document =
      Read(Rss(Item("<link>/2023/one/</link><wfw:commentRss>/2023/one/feed/</wfw:commentRss>"
                    "<slash:comments>12</slash:comments><category>#Open Day</category>"
                    "<category>OpenDay</category>"),
               "<ttl>30</ttl><generator>https://wordpress.org/?v=6.1</generator>"
               "<atom:link rel=\"next\" href=\"?page=2\"/>"
               "<atom:link rel=\"self\" href=\"https://b.example/feed\"/>"));
  BOOST_REQUIRE(document.items.size() == 1U);
  const FeedItem& item = document.items.front();
  BOOST_TEST(PostOf(item).id == "https://b.example/?p=1");
  BOOST_TEST(PostOf(item).url == "https://b.example/2023/one/");
  BOOST_TEST(item.replies.rss == "https://b.example/2023/one/feed/");
  BOOST_TEST((item.replies.count == 12));
  BOOST_REQUIRE(item.post.hashtags.size() == 1U);
  BOOST_TEST(item.post.hashtags.front() == "openday");
  BOOST_TEST(document.head.next == "https://b.example/x/feed?page=2");
  BOOST_TEST((document.head.ttl_minutes == 30));
  BOOST_TEST(document.IsWordPress());
}

BOOST_AUTO_TEST_CASE(the_same_item_in_a_file_has_the_same_id) {
  const std::vector<std::string> feeds = {
      Rss(Item("<link>https://b.example/one</link>")),
      Rss("<item><title>No guid</title><link>https://b.example/two</link>"
          "<pubDate>Tue, 14 Nov 2023 10:00:00 +0000</pubDate></item>"),
      Rss("<item><title>Neither</title><description>x</description>"
          "<pubDate>Tue, 14 Nov 2023 10:00:00 +0000</pubDate></item>"),
      Rss("<item><guid isPermaLink=\"false\">17</guid>"
          "<pubDate>Tue, 14 Nov 2023 10:00:00 +0000</pubDate></item>"),
      "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>https://b.example/</id><entry>"
      "<id>tag:b.example,2023:1</id><updated>2023-11-14T10:00:00Z</updated></entry></feed>"};
  for (const std::string& feed : feeds) {
    const FeedDocument live = Read(feed);
    const ReadResult file = ReadAll(feed);
    BOOST_REQUIRE(live.items.size() == 1U);
    BOOST_REQUIRE_MESSAGE(file.values.size() == 1U, feed);
    BOOST_TEST(PostOf(live.items.front()).id == std::get<Post>(file.values.front()).id);
    BOOST_TEST(!PostOf(live.items.front()).id.empty());
  }
}

BOOST_AUTO_TEST_CASE(encodings_and_their_liars) {
  const std::string latin = Rss(Item("<description>caf\xE9</description>"));
  const std::string utf8 = Rss(Item("<description>caf\xC3\xA9</description>"));
  const auto text = [](const std::string& body, const std::string& type) {
    return PostOf(Read(body, type).items.front()).content;
  };
  const std::string right = "<h2>T</h2>caf\xC3\xA9";
  BOOST_TEST(text(utf8, "text/html") == right);
  BOOST_TEST(text(utf8, "text/xml; charset=iso-8859-1") == right);
  BOOST_TEST(text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + utf8, "") == right);
  BOOST_TEST(text(latin, "text/xml; charset=\"ISO-8859-1\"") == right);
  BOOST_TEST(text(latin, "application/xml") == right);
  BOOST_TEST(text("<?xml version=\"1.0\" encoding=\"utf-8\"?>" + latin, "text/xml") == right);
  BOOST_TEST(text("<?xml version='1.0' encoding='iso-8859-15'?>" + latin, "text/xml") == right);
  BOOST_TEST(text("\xEF\xBB\xBF" + utf8, "text/xml") == right);
  BOOST_TEST(text(" \n<?xml version=\"1.0\"?>" + utf8, "text/xml") == right);
  BOOST_TEST(text(Rss(Item("<description>ca\x0B\x01"
                           "f\xC3\xA9</description>")),
                  "") == right);
  std::string wide = "\xFF\xFE";
  for (const char c : "<?xml version=\"1.0\" encoding=\"utf-16\"?>" + Rss(Item(""))) {
    wide += c;
    wide += '\0';
  }
  BOOST_TEST(Read(wide, "text/xml").items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_feed_and_what_breaks_off) {
  const Url url = *ParseUrl("https://b.example/");
  for (const char* body : {"", "<html><body>x</body></html>", "<!doctype html>", "text", "{}", "[]",
                           "{\"version\":\"2\",\"items\":[]}", "<rss", "<opml><body/></opml>"}) {
    BOOST_TEST(!ReadFeedDocument(body, "text/xml", url, kNow), body);
  }
  const std::string whole = Rss(Item("") + Item("<link>x</link>"));
  const FeedDocument half = Read(whole.substr(0, whole.find("<link>x")));
  BOOST_TEST(half.items.size() == 1U);
  BOOST_TEST(!half.broken.empty());
  BOOST_TEST(
      !ReadFeedDocument("<!DOCTYPE rss [<!ENTITY x \"y\">]>" + Rss(Item("&x;")), "", url, kNow));
}

BOOST_AUTO_TEST_CASE(items_without_a_date_are_of_when_they_were_seen) {
  const FeedDocument document =
      Read(Rss("<item><guid>https://b.example/1</guid></item>"
               "<item><guid>https://b.example/2</guid>"
               "<pubDate>someday</pubDate></item>"));
  BOOST_REQUIRE(document.items.size() == 1U);
  BOOST_TEST(*PostOf(document.items.front()).published == kNow);
  BOOST_TEST(!document.items.front().is_dated);
  BOOST_REQUIRE(document.rejects.size() == 1U);
  BOOST_TEST(document.rejects.front().where ==
             "GET https://b.example/x/feed item 2 field published");
}

BOOST_AUTO_TEST_CASE(answers_and_deletions) {
  const FeedDocument document = Read(
      "<feed xmlns=\"http://www.w3.org/2005/Atom\" "
      "xmlns:at=\"http://purl.org/atompub/tombstones/1.0\""
      " xmlns:thr=\"http://purl.org/syndication/thread/1.0\"><link href=\"https://b.example/\"/>"
      "<at:deleted-entry ref=\"https://b.example/9\" when=\"2023-11-14T11:00:00Z\"/>"
      "<entry><id>https://b.example/?p=1#comment-2</id><title>Comment on #OpenDay by Ben</title>"
      "<updated>2023-11-14T10:00:00Z</updated><content type=\"html\">&lt;p&gt;Yes</content>"
      "<thr:in-reply-to ref=\"https://b.example/?p=1\"/></entry></feed>");
  BOOST_REQUIRE(document.items.size() == 2U);
  const Post& gone = PostOf(document.items[0]);
  BOOST_TEST((gone.type == PostType::kTombstone));
  BOOST_TEST(gone.id == "https://b.example/9");
  BOOST_TEST(*gone.deleted == 1'699'959'600'000);
  const Post& comment = PostOf(document.items[1]);
  BOOST_TEST(comment.in_reply_to == "https://b.example/?p=1");
  // The title is that of the post, and so is its hashtag.
  BOOST_TEST(comment.content == "<p>Yes</p>");
  BOOST_TEST(document.items[1].post.hashtags.empty());
  BOOST_TEST(PostOfCommentId(comment.id) == "https://b.example/?p=1");
  BOOST_TEST(PostOfCommentId("https://b.example/#comment-x") == "");
}

BOOST_AUTO_TEST_CASE(json_feed) {
  const FeedDocument document = Read(
      R"({"version":"https://jsonfeed.org/version/1.1","home_page_url":"https://b.example/",
      "next_url":"/feed.json?page=2","authors":[{"name":"Ana"}],"items":[
      {"id":"https://b.example/1","url":"https://b.example/one","title":"One","content_text":"<b> #OpenDay",
       "date_published":"2023-11-14T10:00:00+01:00","tags":["x y","Late"]},
      {"id":2,"date_published":"2023-11-14T10:00:00Z","summary":"s"},
      {"date_published":"yesterday","id":"3"}]})",
      "application/json");
  BOOST_REQUIRE(document.items.size() == 2U);
  const Post& post = PostOf(document.items[0]);
  BOOST_TEST(post.content == "<h2>One</h2><p>&lt;b&gt; #OpenDay</p>");
  BOOST_TEST(*post.published == 1'699'952'400'000);
  BOOST_TEST(post.attributed_to.id == "https://b.example/#author-Ana");
  BOOST_TEST(document.items[0].post.hashtags.size() == 2U);
  BOOST_TEST(PostOf(document.items[1]).id == "https://b.example/#author-2");
  BOOST_TEST(document.rejects.size() == 1U);
  BOOST_TEST(document.head.next == "https://b.example/feed.json?page=2");
}

BOOST_AUTO_TEST_CASE(feeds_of_a_page) {
  const std::vector<std::string> feeds = FeedsOfPage(
      "<html><head><!-- <link rel=alternate type=application/atom+xml href=/no> -->"
      "<link rel=\"stylesheet\" href=\"/a.css\"><LINK REL='alternate feed' "
      "TYPE='application/rss+xml' "
      "HREF='/feed?a=1&amp;b=2'/><link href=/atom.xml type=application/atom+xml rel=alternate>"
      "<link rel=alternate type=\"application/json+oembed\" href=/oembed><linker rel=alternate>"
      "<link rel=alternate type=application/rss+xml href='/feed?a=1&amp;b=2'><link "
      "rel=\"alternate\"");
  BOOST_REQUIRE(feeds.size() == 2U);
  BOOST_TEST(feeds[0] == "/feed?a=1&b=2");
  BOOST_TEST(feeds[1] == "/atom.xml");
  BOOST_TEST(LinkOf("<https://x/a>; rel=prev, <https://x/b>; rel=\"other https://api.w.org/\"",
                    "https://api.w.org/") == "https://x/b");
  BOOST_TEST(LinkOf("<https://x/a", "prev") == "");
  BOOST_TEST(LinkOfPage("<link rel='https://api.w.org/' href='/wp-json/' />",
                        "https://api.w.org/") == "/wp-json/");
}

BOOST_AUTO_TEST_CASE(where_older_items_are) {
  FeedDocument document = Read(Rss(Item(""), "<generator>https://wordpress.org/?v=6</generator>"));
  BOOST_TEST(BeforeIt(document, "https://b.example/feed/") == "https://b.example/feed/?paged=2");
  BOOST_TEST(BeforeIt(document, "https://b.example/?feed=atom&paged=9&tag=x") ==
             "https://b.example/?feed=atom&paged=10&tag=x");
  document.head.next = "https://b.example/next";
  BOOST_TEST(BeforeIt(document, "https://b.example/") == "https://b.example/next");
  document.head.prev_archive = "https://b.example/archive";
  BOOST_TEST(BeforeIt(document, "https://b.example/") == "https://b.example/archive");
  BOOST_TEST(BeforeIt(Read(Rss(Item(""))), "https://b.example/") == "");
  BOOST_TEST(WithThreads("https://b.example/one/feed/") == "https://b.example/one/feed/atom/");
  BOOST_TEST(WithThreads("https://b.example/?feed=rss2&p=1") == "https://b.example/?feed=atom&p=1");
  BOOST_TEST(WithThreads("https://b.example/comments.xml") == "");
  BOOST_TEST(WithoutThreads("https://b.example/one/feed/atom/") == "https://b.example/one/feed/");
}

BOOST_AUTO_TEST_CASE(a_state_is_read_as_it_was_written) {
  FeedState state;
  state.due = 5;
  state.pause_ms = 6;
  state.read_until = 7;
  state.full_at = 8;
  state.validators = {"\"a b\"", "Tue, 14 Nov 2023 10:00:00 GMT"};
  state.before = "https://b.example/?paged=3";
  state.is_back = true;
  state.newest = {"aa", "bb"};
  const std::optional<FeedState> read = FeedState::Parse(state.Format());
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->Format() == state.Format());
  BOOST_TEST(read->newest.size() == 2U);
  BOOST_TEST(read->validators.etag == "\"a b\"");
  BOOST_TEST(!FeedState::Parse("v2\n1").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
