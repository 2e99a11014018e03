#include <boost/test/unit_test.hpp>

#include "archive_harness.h"
#include "ingest/x_post.h"
#include "model/html.h"
#include "tests/test_data.h"

namespace latecomer {
namespace {

std::string Page(const std::string& data, const std::string& includes = "") {
  return "{\"data\":" + data + ",\"includes\":{" + includes +
         "},\"__twarc\":{\"retrieved_at\":\"2021-09-22T16:38:09+00:00\"}}\n";
}

const std::string kNote =
    R"({"id":"1440716895355764743","author_id":"42","conversation_id":"1440716895355764743",)"
    R"("created_at":"2021-09-22T16:37:29.000Z","text":"Hello #Brexit &amp; you\nhttps://t.co/a",)"
    R"("lang":"en","possibly_sensitive":true,"entities":{"hashtags":[{"tag":"Brexit"}],)"
    R"("mentions":[{"username":"ben","id":"7"}],)"
    R"("urls":[{"url":"https://t.co/a","expanded_url":"https://e.example/?a=1&b=2",)"
    R"("display_url":"e.example/…"}]}})";

BOOST_AUTO_TEST_SUITE(twarc2_archive)

BOOST_AUTO_TEST_CASE(a_post_is_read_with_all_that_is_joined) {
  const ReadResult r = ReadAll(Page(
      "[" + kNote + "]",
      R"("users":[{"id":"42","username":"ana","name":"Ana","profile_image_url":"https://i"}])"));
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 1U);
  BOOST_TEST(r.hashtags[0] == "brexit");
  BOOST_TEST(
      r.posts[0] ==
      R"({"v":1,"type":"Note","id":"https://x.com/i/status/1440716895355764743",)"
      R"("url":"https://x.com/ana/status/1440716895355764743",)"
      R"("published":"2021-09-22T16:37:29.000Z","attributedTo":{"id":"https://x.com/i/user/42",)"
      R"("preferredUsername":"ana","name":"Ana","url":"https://x.com/ana","icon":"https://i"},)"
      R"("content":"<p>Hello #Brexit &amp; you<br><a href=\"https://e.example/?a=1&amp;b=2\">)"
      R"(e.example/…</a></p>","language":"en","sensitive":true,)"
      R"("context":"https://x.com/i/status/1440716895355764743",)"
      R"("tag":[{"type":"Hashtag","name":"#Brexit"},)"
      R"({"type":"Mention","href":"https://x.com/i/user/7","name":"@ben"}],)"
      R"("source":{"kind":"x","instance":"x.com","retrieved":"2021-09-22T16:38:09.000Z"}})");
}

BOOST_AUTO_TEST_CASE(references_become_links_and_posts_of_their_own) {
  const ReadResult r = ReadAll(Page(
      R"([{"id":"1440716895355764744","author_id":"1","text":"RT @a: cut…",)"
      R"("created_at":"2021-09-22T16:37:30.000Z",)"
      R"("referenced_tweets":[{"type":"retweeted","id":"1440716895355764700"}]},)"
      R"({"id":"1440716895355764745","author_id":"1","text":"yes","conversation_id":"1440716895355764000",)"
      R"("created_at":"2021-09-22T16:37:31.000Z","referenced_tweets":[)"
      R"({"type":"replied_to","id":"1440716895355764701"},{"type":"quoted","id":"1440716895355764702"}]}])",
      R"("tweets":[{"id":"1440716895355764700","author_id":"2","text":"The whole #Tag",)"
      R"("created_at":"2021-09-22T16:00:00.000Z","entities":{"hashtags":[{"tag":"Tag"}]}}])"));
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 3U);
  const Post repost = Find(r, "https://x.com/i/status/1440716895355764744");
  BOOST_TEST((repost.type == PostType::kAnnounce));
  BOOST_TEST(repost.object == "https://x.com/i/status/1440716895355764700");
  BOOST_TEST(repost.content == "");
  BOOST_TEST(r.hashtags[0] == "tag");  // the original's
  const Post reply = Find(r, "https://x.com/i/status/1440716895355764745");
  BOOST_TEST(reply.in_reply_to == "https://x.com/i/status/1440716895355764701");
  BOOST_TEST(reply.quote_uri == "https://x.com/i/status/1440716895355764702");
  BOOST_TEST(reply.context == "https://x.com/i/status/1440716895355764000");
  BOOST_TEST(Find(r, "https://x.com/i/status/1440716895355764700").content ==
             "<p>The whole #Tag</p>");
}

BOOST_AUTO_TEST_CASE(the_forms_of_a_line) {
  const struct {
    const char* what;
    std::string line;
    std::size_t posts;
    std::size_t rejects;
  } cases[] = {
      {"stream", R"({"data":)" + kNote + R"(,"matching_rules":[{"id":1,"tag":null}]})", 1, 0},
      {"flattened", kNote, 1, 0},
      {"flattened, referenced in place",
       R"({"id":"1440716895355764745","text":"yes","created_at":"2021-09-22T16:37:31.000Z",)"
       R"("author":{"id":"3","username":"c"},"author_id":"3","referenced_tweets":[)"
       R"({"type":"replied_to","id":"1440716895355764743","text":"first",)"
       R"("created_at":"2021-09-22T16:37:29.000Z"}],"__twarc":{"retrieved_at":"2021-10-01T00:00:00Z"}})",
       2, 0},
      {"errors only", R"({"errors":[{"title":"Not Found Error"}],"__twarc":{"version":"2"}})", 0,
       0},
      {"counts", R"({"data":[{"end":"x","start":"y","tweet_count":3}],"meta":{}})", 0, 0},
      {"deleted",
       R"({"id":"1170147183095664640","action":"delete","redacted_at":"2021-08-17T17:26:15.788Z"})",
       1, 0},
      {"unprotected", R"({"id":"1170147183095664640","action":"unprotect"})", 0, 0},
      {"empty page", R"({"meta":{"result_count":0},"__twarc":{}})", 0, 0},
      {"something else",
       R"({"data":[{"id":"1440716895355764743","text":"a","created_at":"2021-09-22T16:37:31Z"},7]})",
       1, 1},
      {"no id", R"({"data":[{"text":"a","created_at":"2021-09-22T16:37:31Z"}]})", 0, 1},
      {"no time", R"({"data":[{"id":"12","text":"a"}]})", 0, 1},
      {"wrong time", R"({"data":[{"id":"1440716895355764743","text":"a","created_at":"now"}]})", 0,
       1},
      {"time from the id", R"({"data":[{"id":"1440716895355764743","text":"a"}]})", 1, 0},
      {"from the future",
       R"({"data":[{"id":"1440716895355764743","text":"a","created_at":"2031-09-22T16:37:31Z"}]})",
       0, 1},
      {"duplicate key", R"({"data":[{"id":"1440716895355764743","id":"2","text":"a"}]})", 0, 1},
      {"lone surrogate", R"({"data":[{"id":"1440716895355764743","text":"\udc00"}]})", 0, 1},
      {"lone high surrogate", R"({"data":[{"id":"1440716895355764743","text":"\ud83d"}]})", 0, 1},
      {"escaped NUL", R"({"data":[{"id":"1440716895355764743","text":"\u0000"}]})", 0, 1},
      {"Latin-1", "{\"data\":[{\"id\":\"1440716895355764743\",\"text\":\"caf\xE9\"}]}", 0, 1},
      {"cut short", R"({"data":[{"id":"1440716895355764743","te)", 0, 1},
      {"two texts", R"({"data":{"id":"1440716895355764743","text":"a"}} {})", 0, 1},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      const ReadResult r = ReadAll(c.line + "\n", WithFormat("twarc2"));
      BOOST_TEST(r.error == "");
      BOOST_TEST(r.posts.size() == c.posts);
      BOOST_TEST(r.rejects.size() == c.rejects);
      for (const std::string& reject : r.rejects) BOOST_TEST(reject.starts_with("f:1"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_bad_line_costs_only_itself) {
  const ReadResult r =
      ReadAll(Page("[" + kNote + "]") + "{\"data\": [\n\n \r\n\0x\n" + Page("[" + kNote + "]"));
  BOOST_TEST(r.posts.size() == 2U);
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 1U);
  BOOST_TEST(r.rejects[0].starts_with("f:2: "));
}

BOOST_AUTO_TEST_CASE(all_versions_of_a_post_have_the_id_of_the_first) {
  const auto path = FindTestData("twarc/edited.jsonl");
  if (!path) {
    BOOST_TEST_MESSAGE("LATECOMER_SKIP: no public data");
    return;
  }
  const ReadResult r = ReadAllOf(path->string());
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  const auto& later = std::get<Post>(r.values[0]);
  const auto& first = std::get<Post>(r.values[1]);
  BOOST_TEST(later.id == "https://x.com/i/status/1576994746135764992");
  BOOST_TEST(first.id == later.id);
  BOOST_TEST(FormatTime(*first.published) == "2022-10-03T17:57:01.000Z");
  BOOST_TEST((first.published == later.published));
  BOOST_TEST(!first.updated.has_value());
  BOOST_TEST(FormatTime(*later.updated) == "2022-10-03T17:57:11.000Z");
  BOOST_TEST(later.context == later.id);
  BOOST_TEST(first.context == later.id);
}

// Counted from the files by other means.
BOOST_AUTO_TEST_CASE(real_files) {
  const struct {
    const char* file;
    std::size_t posts;
    std::size_t reposts;
    std::size_t rejects;
  } cases[] = {{"brexit", 155, 67, 0},
               {"kpop", 121, 78, 0},
               {"noflat", 164, 47, 0},
               {"two_tweets", 2, 1, 0},
               {"counts", 0, 0, 0},
               {"tweets_compliance", 2, 0, 0},
               {"streaming_output_with_error", 11, 0, 1}};
  if (!FindTestData("twarc/brexit.jsonl")) {
    BOOST_TEST_MESSAGE("LATECOMER_SKIP: no public data");
    return;
  }
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.file) {
      const auto path = FindTestData("twarc/" + std::string(c.file) + ".jsonl");
      const ReadResult r = ReadAllOf(path->string());
      BOOST_TEST(r.error == "");
      BOOST_TEST(r.posts.size() == c.posts);
      std::size_t reposts = 0;
      for (const PostsValue& value : r.values) {
        const auto& post = std::get<Post>(value);
        if (post.type == PostType::kAnnounce) ++reposts;
        // Already in the one spelling of the allow-list.
        BOOST_TEST(SanitiseHtml(post.content) == post.content);
      }
      BOOST_TEST(reposts == c.reposts);
      BOOST_TEST(r.rejects.size() == c.rejects);
    }
  }
}

BOOST_AUTO_TEST_CASE(ids_and_times) {
  BOOST_TEST(FormatTime(*XIdTime("1576994746135764992")) == "2022-10-03T17:57:01.000Z");
  BOOST_TEST(!XIdTime("20").has_value());
  BOOST_TEST(!XIdTime("x").has_value());
  BOOST_TEST(FormatTime(*ParseXTime("Wed Oct 10 20:19:24 +0000 2018")) ==
             "2018-10-10T20:19:24.000Z");
  BOOST_TEST(!ParseXTime("Wed Oct 10 2018").has_value());
}

BOOST_AUTO_TEST_CASE(text_becomes_html) {
  const std::vector<XUrl> urls = {
      {"https://t.co/a", "https://a.example/", "a.example", false},
      {"https://t.co/ab", "https://ab.example/\"x", "ab.example/\"x", false},
      {"https://t.co/m", "https://x.com/i/status/1/photo/1", "pic.twitter.com/m", true},
      {"https://t.co/j", "javascript:alert(1)", "j", false}};
  const struct {
    const char* text;
    const char* html;
  } cases[] = {
      {"", ""},
      {" \n ", ""},
      {"a\nb\n\nc", "<p>a<br>b</p><p>c</p>"},
      {"1 &lt; 2 &amp;amp; <b>", "<p>1 &lt; 2 &amp;amp; &lt;b&gt;</p>"},
      {"see https://t.co/a!", "<p>see <a href=\"https://a.example/\">a.example</a>!</p>"},
      {"https://t.co/ab", "<p><a href=\"https://ab.example/&quot;x\">ab.example/\"x</a></p>"},
      {"look\n\nhttps://t.co/m", "<p>look</p>"},
      {"https://t.co/m", ""},
      {"\xF0\x9F\x99\x82 https://t.co/a https://t.co/zz",
       "<p>\xF0\x9F\x99\x82 <a href=\"https://a.example/\">a.example</a> https://t.co/zz</p>"},
      {"https://t.co/j", "<p>j</p>"},
      {"a\n https://t.co/a", "<p>a<br> <a href=\"https://a.example/\">a.example</a></p>"},
  };
  for (const auto& c : cases) {
    const std::string html = XTextToHtml(c.text, urls);
    BOOST_TEST(html == c.html);
    BOOST_TEST(SanitiseHtml(html) == html);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
