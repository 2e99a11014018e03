#include "ingest/wordpress_json.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/archive_harness.h"

namespace latecomer {
namespace {

constexpr TimeMs kNow = 1'700'000'000'000;

const WpSite kSite{"https://b.example", true};

}  // namespace

BOOST_AUTO_TEST_SUITE(wordpress_json)

BOOST_AUTO_TEST_CASE(the_root) {
  std::string text = R"({"name":"B","url":"https://b.example/x","home":"https://b.example/",
    "namespaces":["oembed/1.0","wp/v2"],"routes":{"/":{}}})";
  const Result<WpSite> site = ReadWpSite(text);
  BOOST_REQUIRE(site);
  BOOST_TEST(site->home == "https://b.example");
  BOOST_TEST(site->has_posts);
  for (std::string wrong : {"[]", "{}", "{\"home\":5}", "<html>", ""}) {
    BOOST_TEST(!ReadWpSite(wrong), wrong);
  }
}

// The same post and comment as WordPress exports them.
BOOST_AUTO_TEST_CASE(ids_and_authors_are_those_of_an_export) {
  std::string posts = R"([{"id":5,"date_gmt":"2020-01-01T00:00:00",
    "modified_gmt":"2020-01-01T01:00:00","guid":{"rendered":"https:\/\/b.example\/?post_type=x&#038;p=5"},
    "link":"https:\/\/b.example\/day-one\/","title":{"rendered":"Day &#8220;one&#8221; &amp; two"},
    "content":{"rendered":"<p>Hello<br \/>\nworld<\/p>\n<script>x<\/script>","protected":false},
    "author":3,"status":"publish","tags":[9],"categories":[1],
    "_embedded":{"author":[{"id":3,"name":"Ana","slug":"ana","link":"https:\/\/b.example\/author\/ana\/"}],
    "wp:term":[[{"id":1,"name":"Caf\u00e9 talk","slug":"caf%c3%a9-talk"}],
               [{"id":9,"name":"HRevolution","slug":"hrevolution"}]]}},
    {"title":{"rendered":"without a number"}}])";
  Result<std::vector<WpPost>> read = ReadWpPosts(posts, kSite, kNow);
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->size() == 1U);
  const Post& post = std::get<Post>(read->front().post.value);
  std::string comments = R"([{"id":2,"post":5,"parent":1,"author":0,"author_name":"Ben &amp; B",
    "author_url":"","date_gmt":"2020-01-02T00:00:02","content":{"rendered":"<p>One #Late<\/p>\n"},
    "status":"approved","type":"comment","_links":{"up":[{"embeddable":true,
    "href":"https:\/\/b.example\/wp-json\/wp\/v2\/posts\/5"}]}}])";
  Result<std::vector<WpComment>> given = ReadWpComments(comments, kSite, kNow);
  BOOST_REQUIRE(given);
  BOOST_REQUIRE(given->size() == 1U);
  WpComment& comment = given->front();
  PlaceComment(comment, post.id, post.url);
  BOOST_TEST(comment.post_route == "posts");
  BOOST_TEST(comment.post.hashtags.size() == 1U);

  const ReadResult exported = ReadAll(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
      "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
      "xmlns:wp=\"http://wordpress.org/export/1.2/\"><channel><link>https://b.example</link>"
      "<wp:base_blog_url>https://b.example</wp:base_blog_url>"
      "<wp:author><wp:author_id>3</wp:author_id><wp:author_login>ana</wp:author_login>"
      "<wp:author_display_name>Ana</wp:author_display_name></wp:author>"
      "<item><title>Day \xE2\x80\x9Cone\xE2\x80\x9D &amp; two</title>"
      "<link>https://b.example/day-one/</link><dc:creator>ana</dc:creator>"
      "<guid isPermaLink=\"false\">https://b.example/?post_type=x&#038;p=5</guid>"
      "<content:encoded><![CDATA[Hello\nworld]]></content:encoded><wp:post_id>5</wp:post_id>"
      "<wp:post_date_gmt>2020-01-01 00:00:00</wp:post_date_gmt>"
      "<wp:post_modified_gmt>2020-01-01 01:00:00</wp:post_modified_gmt>"
      "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>"
      "<category domain=\"category\" nicename=\"caf%c3%a9-talk\"><![CDATA[Caf\xC3\xA9 talk]]>"
      "</category><category domain=\"post_tag\" nicename=\"hrevolution\"><![CDATA[HRevolution]]>"
      "</category><wp:comment><wp:comment_id>2</wp:comment_id>"
      "<wp:comment_author><![CDATA[Ben & B]]></wp:comment_author>"
      "<wp:comment_date_gmt>2020-01-02 00:00:02</wp:comment_date_gmt>"
      "<wp:comment_content><![CDATA[One #Late]]></wp:comment_content>"
      "<wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type>"
      "<wp:comment_parent>1</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id>"
      "</wp:comment></item></channel></rss>");
  BOOST_TEST(exported.error == "");
  BOOST_REQUIRE(exported.posts.size() == 2U);
  const Post& post_before = std::get<Post>(exported.values[0]);
  const Post& comment_before = std::get<Post>(exported.values[1]);
  const Post& comment_now = std::get<Post>(comment.post.value);
  BOOST_TEST(post.id == post_before.id);
  BOOST_TEST(post.url == post_before.url);
  BOOST_TEST(*post.published == *post_before.published);
  BOOST_TEST(*post.updated == *post_before.updated);
  BOOST_TEST(post.attributed_to.id == post_before.attributed_to.id);
  BOOST_TEST(post.attributed_to.name == post_before.attributed_to.name);
  std::string hashtags;
  for (const std::string& one : read->front().post.hashtags) {
    hashtags += (hashtags.empty() ? "" : ",") + one;
  }
  BOOST_TEST(hashtags == exported.hashtags[0]);
  BOOST_TEST(
      post.content.starts_with("<h2>Day \xE2\x80\x9Cone\xE2\x80\x9D &amp; two</h2><p>Hello<br>"),
      post.content);
  BOOST_TEST(post.content.find("script") == std::string::npos);
  BOOST_TEST(comment_now.id == comment_before.id);
  BOOST_TEST(comment_now.url == comment_before.url);
  BOOST_TEST(comment_now.in_reply_to == comment_before.in_reply_to);
  BOOST_TEST(comment_now.context == comment_before.context);
  BOOST_TEST(*comment_now.published == *comment_before.published);
  BOOST_TEST(comment_now.attributed_to.id == comment_before.attributed_to.id);
  BOOST_TEST(comment_now.attributed_to.name == comment_before.attributed_to.name);
  BOOST_TEST(comment_now.content.starts_with(comment_before.content.substr(0, 10)));
}

BOOST_AUTO_TEST_CASE(answers_of_other_shapes) {
  // Numbers as text, nulls, users that are hidden, an error where a list is expected.
  std::string text = R"([{"id":7,"date_gmt":null,"modified_gmt":"0000-00-00T00:00:00","guid":null,
    "link":"https://b.example/x/","author":4,"content":null,"tags":null,
    "_embedded":{"author":[{"code":"rest_user_invalid_id"}]}},17,null,[]])";
  const Result<std::vector<WpPost>> posts = ReadWpPosts(text, kSite, kNow);
  BOOST_REQUIRE(posts);
  BOOST_REQUIRE(posts->size() == 1U);
  const Post& post = std::get<Post>(posts->front().post.value);
  BOOST_TEST(post.id == "https://b.example/x/");
  BOOST_TEST(!post.published.has_value());
  BOOST_TEST(post.attributed_to.id == "https://b.example/?author=4");
  BOOST_TEST(ReadWpErrorCode(R"({"code":"rest_cannot_read","data":{"status":401}})") ==
             "rest_cannot_read");
  BOOST_TEST(ReadWpErrorCode("<html>") == "");
  for (std::string wrong : {"", "[", "17", "\"x\"", "[{\"id\":1}", "<html>"}) {
    BOOST_TEST(!ReadWpPosts(wrong, kSite, kNow), wrong);
    BOOST_TEST(!ReadWpComments(wrong, kSite, kNow), wrong);
    BOOST_TEST(!ReadWpTerms(wrong), wrong);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
