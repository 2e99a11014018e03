#include "ingest/blog.h"

#include <boost/test/unit_test.hpp>

#include "archive_harness.h"

namespace latecomer {
namespace {

const std::string kWxrHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
    "xmlns:excerpt=\"http://wordpress.org/export/1.2/excerpt/\" "
    "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
    "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:wp=\"http://wordpress.org/export/1.2/\">"
    "<channel><title>Blog</title><link>https://b.example</link>"
    "<wp:base_blog_url>https://b.example</wp:base_blog_url>"
    "<wp:author><wp:author_id>3</wp:author_id><wp:author_login>ana</wp:author_login>"
    "<wp:author_display_name><![CDATA[Ana]]></wp:author_display_name></wp:author>";

std::string Comment(const std::string& id, const std::string& parent, const std::string& approved,
                    const std::string& type = "comment", const std::string& user = "0") {
  return "<wp:comment><wp:comment_id>" + id +
         "</wp:comment_id><wp:comment_author><![CDATA[Ben B]]>"
         "</wp:comment_author><wp:comment_author_url></wp:comment_author_url>"
         "<wp:comment_date_gmt>2020-01-02 00:00:0" +
         id +
         "</wp:comment_date_gmt>"
         "<wp:comment_content><![CDATA[One\n\nTwo <script>x</script> #Late]]></wp:comment_content>"
         "<wp:comment_approved>" +
         approved + "</wp:comment_approved><wp:comment_type>" + type +
         "</wp:comment_type><wp:comment_parent>" + parent +
         "</wp:comment_parent>"
         "<wp:comment_user_id>" +
         user + "</wp:comment_user_id></wp:comment>";
}

std::string Item(const std::string& rest, const std::string& status = "publish") {
  return "<item><title>Day one</title><link>https://b.example/day-one/</link>"
         "<dc:creator>ana</dc:creator><guid isPermaLink=\"false\">https://b.example/?p=5</guid>"
         "<content:encoded><![CDATA[Hello\nworld]]></content:encoded>"
         "<excerpt:encoded><![CDATA[no]]></excerpt:encoded><wp:post_id>5</wp:post_id>"
         "<wp:post_date_gmt>2020-01-01 00:00:00</wp:post_date_gmt>"
         "<wp:post_modified_gmt>2020-01-01 01:00:00</wp:post_modified_gmt><wp:status>" +
         status +
         "</wp:status><wp:post_type>post</wp:post_type><wp:post_password></wp:post_password>"
         "<category domain=\"post_tag\" nicename=\"hrevolution\"><![CDATA[HRevolution]]></category>"
         "<category domain=\"category\" nicename=\"caf%c3%a9-talk\"><![CDATA[Café "
         "talk]]></category>" +
         rest + "</item>";
}

BOOST_AUTO_TEST_SUITE(blog)

BOOST_AUTO_TEST_CASE(wordpress_export) {
  const ReadResult r = ReadAll(kWxrHead +
                               Item(Comment("1", "0", "1") + Comment("2", "1", "1", "", "3") +
                                    Comment("3", "0", "0") + Comment("4", "0", "spam") +
                                    Comment("5", "0", "1", "pingback")) +
                               Item("", "draft") + "</channel></rss>");
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 3U);
  BOOST_TEST(
      r.posts[0] ==
      R"({"v":1,"type":"Note","id":"https://b.example/?p=5","url":"https://b.example/day-one/",)"
      R"("published":"2020-01-01T00:00:00.000Z","updated":"2020-01-01T01:00:00.000Z",)"
      R"("attributedTo":{"id":"https://b.example/?author=3","preferredUsername":"ana","name":"Ana"},)"
      R"("content":"<h2>Day one</h2><p>Hello<br>world</p>",)"
      R"("tag":[{"type":"Hashtag","name":"#HRevolution"},{"type":"Hashtag","name":"#café-talk"}],)"
      R"("source":{"kind":"wordpress","instance":"b.example","retrieved":"2023-11-14T22:13:20.000Z"}})");
  BOOST_TEST(r.hashtags[0] == "hrevolution,café-talk");
  BOOST_TEST(
      r.posts[1] ==
      R"({"v":1,"type":"Note","id":"https://b.example/?p=5#comment-1",)"
      R"("url":"https://b.example/day-one/#comment-1","published":"2020-01-02T00:00:01.000Z",)"
      R"("attributedTo":{"id":"https://b.example#author-Ben%20B","name":"Ben B"},)"
      R"("content":"<p>One</p><p>Two  #Late</p>","inReplyTo":"https://b.example/?p=5",)"
      R"("context":"https://b.example/?p=5","tag":[{"type":"Hashtag","name":"#Late"}],)"
      R"("source":{"kind":"wordpress","instance":"b.example","retrieved":"2023-11-14T22:13:20.000Z"}})");
  const auto& answer = std::get<Post>(r.values[2]);
  BOOST_TEST(answer.in_reply_to == "https://b.example/?p=5#comment-1");
  BOOST_TEST(answer.context == "https://b.example/?p=5");
  BOOST_TEST(answer.attributed_to.id == "https://b.example/?author=3");
}

BOOST_AUTO_TEST_CASE(atom_with_replies) {
  const ReadResult r = ReadAll(
      R"(<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom")"
      R"( xmlns:thr="http://purl.org/syndication/thread/1.0"><id>https://b.example/feed</id>)"
      R"(<link rel="self" href="https://b.example/atom"/><link href="https://b.example/"/>)"
      R"(<author><name>Site</name></author><updated>2020-01-01T00:00:00Z</updated>)"
      R"(<entry><id>tag:b.example,2020:1</id><title type="html">A &amp;amp; B</title>)"
      R"(<link rel="alternate" href="https://b.example/1"/><published>2020-01-01T00:00:00+01:00</published>)"
      R"(<updated>2020-01-02T00:00:00Z</updated><author><name>Ana</name><uri>https://ana.example/</uri></author>)"
      R"(<category term="Tag One"/><category term="Two"/>)"
      R"(<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x <a href="https://c.example/?a&amp;b">l</a> &lt;</p><br/></div></content></entry>)"
      R"(<entry><id>https://b.example/2</id><title>t</title><updated>2020-01-03T00:00:00Z</updated>)"
      R"(<source><author><name>No</name></author><id>urn:no</id></source><thr:in-reply-to ref="tag:b.example,2020:1"/><summary>plain &lt;b&gt;</summary></entry>)"
      R"(<entry><id>https://b.example/3</id><title>t</title><updated>soon</updated></entry></feed>)");
  BOOST_TEST(r.error == "");
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  const auto& first = std::get<Post>(r.values[0]);
  BOOST_TEST(first.id == "tag:b.example,2020:1");
  BOOST_TEST(first.url == "https://b.example/1");
  BOOST_TEST(FormatTime(*first.published) == "2019-12-31T23:00:00.000Z");
  BOOST_TEST(first.attributed_to.id == "https://ana.example/");
  BOOST_TEST(first.content ==
             "<h2>A &amp; B</h2><div><p>x <a href=\"https://c.example/?a&amp;b\">l</a> "
             "&lt;</p><br></div>");
  BOOST_TEST(r.hashtags[0] == "two");
  const auto& second = std::get<Post>(r.values[1]);
  BOOST_TEST(second.in_reply_to == "tag:b.example,2020:1");
  BOOST_TEST(second.content == "<h2>t</h2><p>plain &lt;b&gt;</p>");
  BOOST_TEST(second.attributed_to.id == "https://b.example/#author-Site");
  BOOST_TEST(!second.updated.has_value());
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 1U);
  BOOST_TEST(r.rejects[0] == "f item 3 field published: `published` is no time.");
}

BOOST_AUTO_TEST_CASE(rss) {
  const ReadResult r = ReadAll(
      R"(<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>)"
      R"(<title>x</title><image><link>https://no.example</link></image><link>https://b.example/</link>)"
      R"(<item><title>One</title><link>https://b.example/1</link><guid isPermaLink="false">17</guid>)"
      R"(<pubDate>Tue, 25 Jun 2013 18:14:45 +0200</pubDate><dc:creator>Ana</dc:creator>)"
      R"(<category>Tag</category><description>&lt;p&gt;Hi&lt;/p&gt;</description></item>)"
      R"(<item><guid>18</guid><pubDate>Tue, 25 Jun 2013 18:14:45 GMT</pubDate><description>a</description></item>)"
      R"(<item><title>no date</title><link>https://b.example/3</link></item></channel></rss>)");
  BOOST_TEST(r.error == "");
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  const auto& first = std::get<Post>(r.values[0]);
  BOOST_TEST(first.id == "https://b.example/1");
  BOOST_TEST(FormatTime(*first.published) == "2013-06-25T16:14:45.000Z");
  BOOST_TEST(first.content == "<h2>One</h2><p>Hi</p>");
  BOOST_TEST(first.attributed_to.id == "https://b.example/#author-Ana");
  BOOST_TEST(std::get<Post>(r.values[1]).id == "tag:b.example,2013-06-25:18");
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 1U);
  BOOST_TEST(r.rejects[0] == "f item 3 field published: `published` is missing.");
}

BOOST_AUTO_TEST_CASE(hostile_xml) {
  std::string laughs = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"ha\">";
  for (char c = 'b'; c < 'l'; ++c) {
    laughs += std::string("<!ENTITY ") + c + " \"";
    for (int i = 0; i < 10; ++i) laughs += std::string("&") + static_cast<char>(c - 1) + ";";
    laughs += "\">";
  }
  laughs += "]><rss><channel><item><title>&k;</title></item></channel></rss>";
  const std::string outside =
      "<!DOCTYPE rss [<!ENTITY x SYSTEM "
      "\"file:///etc/passwd\">]><rss><channel><item><guid>urn:a</guid>"
      "<pubDate>Tue, 25 Jun 2013 18:14:45 GMT</pubDate><title>&x;</title></item></channel></rss>";
  std::string deep = "<rss>";
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  const std::string cases[] = {laughs,
                               outside,
                               deep,
                               "<rss><channel><item></channel>",
                               "<rss><channel>&nbsp;</channel></rss>",
                               "<rss>\xFF</rss>"};
  for (const std::string& text : cases) {
    const ReadResult r = ReadAll(text);
    BOOST_TEST(r.error.starts_with("f:"));
    BOOST_TEST(r.posts.empty());
  }
}

BOOST_AUTO_TEST_CASE(helpers) {
  BOOST_TEST(IsAbsoluteUri("tag:a,2020:b"));
  BOOST_TEST(!IsAbsoluteUri("17"));
  BOOST_TEST(!IsAbsoluteUri("a b:c"));
  BOOST_TEST(!ParseWordPressTime("0000-00-00 00:00:00").has_value());
  BOOST_TEST(!ParseRfc822("no date").has_value());
  BOOST_TEST(PercentDecode("caf%c3%a9%") == "café%");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
