#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "archive_harness.h"

namespace latecomer {
namespace {

const std::string kStatus =
    R"({"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":1050118621198921728,)"
    R"("id_str":"1050118621198921728","text":"cut… https://t.co/x",)"
    R"("extended_tweet":{"full_text":"The whole of it, with #Tag https://t.co/p",)"
    R"("entities":{"hashtags":[{"text":"Tag","indices":[22,26]}],"urls":[],)"
    R"("user_mentions":[{"screen_name":"ben","id_str":"7","id":7}]},)"
    R"("extended_entities":{"media":[{"url":"https://t.co/p","type":"photo",)"
    R"("media_url_https":"https://pbs.example/a.jpg","ext_alt_text":"a cat",)"
    R"("display_url":"pic.twitter.com/p","sizes":{"large":{"w":800,"h":600}}}]}},)"
    R"("user":{"id_str":"42","screen_name":"ana","name":"Ana"},"lang":"in",)"
    R"("in_reply_to_status_id_str":"1050118621198921000","quoted_status_id_str":null})";

BOOST_AUTO_TEST_SUITE(twitter1_archive)

BOOST_AUTO_TEST_CASE(a_status_with_its_whole_text) {
  const ReadResult r = ReadAll(kStatus);
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 1U);
  BOOST_TEST(r.hashtags[0] == "tag");
  const auto& post = std::get<Post>(r.values[0]);
  BOOST_TEST(post.id == "https://x.com/i/status/1050118621198921728");
  BOOST_TEST(FormatTime(*post.published) == "2018-10-10T20:19:24.000Z");
  BOOST_TEST(post.in_reply_to == "https://x.com/i/status/1050118621198921000");
  BOOST_TEST(post.attributed_to.id == "https://x.com/i/user/42");
  BOOST_TEST(post.attributed_to.preferred_username == "ana");
  BOOST_TEST(post.language == "id");
  BOOST_TEST(post.quote_uri == "");
  BOOST_REQUIRE_EQUAL(post.attachment.size(), 1U);
  BOOST_TEST(post.attachment[0].type == "Image");
  BOOST_TEST(post.attachment[0].name == "a cat");
  BOOST_TEST(*post.attachment[0].width == 800);
  BOOST_REQUIRE_EQUAL(post.tag.size(), 2U);
  BOOST_TEST(post.tag[1].name == "@ben");
}

BOOST_AUTO_TEST_CASE(a_repost_has_the_hashtags_of_the_original) {
  const ReadResult r =
      ReadAll(R"({"id_str":"1050118621198921999","text":"RT @ana: The who…","user":{"id_str":"1"},)"
              R"("created_at":"Wed Oct 10 20:20:24 +0000 2018","retweeted_status":)" +
              kStatus + "}");
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  BOOST_TEST(r.hashtags[0] == "tag");
  const auto& repost = std::get<Post>(r.values[0]);
  BOOST_TEST((repost.type == PostType::kAnnounce));
  BOOST_TEST(repost.object == "https://x.com/i/status/1050118621198921728");
  BOOST_TEST(std::get<Post>(r.values[1]).id == repost.object);
}

BOOST_AUTO_TEST_CASE(messages_of_the_stream) {
  const ReadResult r =
      ReadAll(R"({"delete":{"status":{"id":1050118621198921728,"id_str":"1050118621198921728"},)"
              R"("timestamp_ms":"1539203000000"}})"
              "\n{\"limit\":{\"track\":3}}\n{\"delete\":{}}\n{\"strange\":1}\n" +
              kStatus);
  BOOST_TEST(r.posts.size() == 2U);
  const auto& gone = std::get<Post>(r.values[0]);
  BOOST_TEST((gone.type == PostType::kTombstone));
  BOOST_TEST(gone.id == "https://x.com/i/status/1050118621198921728");
  BOOST_TEST(*gone.deleted == 1539203000000);
  BOOST_TEST(r.rejects.size() == 2U);
}

BOOST_AUTO_TEST_CASE(bad_records) {
  const char* const cases[] = {
      R"({"id_str":"x","text":"a","created_at":"Wed Oct 10 20:19:24 +0000 2018"})",
      R"({"id_str":"12","text":"a"})",
      R"({"id_str":"1050118621198921728","text":"a","created_at":"yesterday"})",
      R"({"id_str":"1050118621198921728","text":"a","text":"b"})"};
  for (const char* line : cases) {
    const ReadResult r = ReadAll(line, WithFormat("twitter1"));
    BOOST_TEST(r.posts.empty());
    BOOST_TEST(r.rejects.size() == 1U);
  }
}

const std::string kTweets =
    "window.YTD.tweets.part0 = [\n  {\"tweet\" : {\"id_str\" : \"1050118621198921728\", "
    "\"full_text\" : \"Hi #Tag\", \"created_at\" : \"Wed Oct 10 20:19:24 +0000 2018\", "
    "\"entities\":{\"hashtags\":[{\"text\":\"Tag\"}]}}},\n"
    "  {\"tweet\":{\"id_str\":\"1576994789110992896\",\"full_text\":\"edited\","
    "\"created_at\":\"Mon Oct 03 17:57:11 +0000 2022\",\"edit_info\":{\"edit\":"
    "{\"initialTweetId\":\"1576994746135764992\"}}}}\n]";
const std::string kAccount =
    "window.YTD.account.part0 = [ {\"account\":{\"accountId\":\"42\",\"username\":\"ana\","
    "\"accountDisplayName\":\"Ana\"}} ]\n";

BOOST_AUTO_TEST_CASE(tweets_js) {
  const ReadResult r = ReadAll(kTweets);
  BOOST_TEST(r.error == "");
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  const auto& post = std::get<Post>(r.values[0]);
  BOOST_TEST(post.attributed_to.id == "");
  BOOST_TEST(post.content == "<p>Hi #Tag</p>");
  const auto& edited = std::get<Post>(r.values[1]);
  BOOST_TEST(edited.id == "https://x.com/i/status/1576994746135764992");
  BOOST_TEST(FormatTime(*edited.updated) == "2022-10-03T17:57:11.000Z");
  BOOST_TEST(FormatTime(*edited.published) == "2022-10-03T17:57:01.000Z");
}

BOOST_AUTO_TEST_CASE(tweets_js_cut_short) {
  const ReadResult r = ReadAll(kTweets.substr(0, kTweets.size() - 10));
  BOOST_TEST(r.posts.size() == 1U);
  BOOST_TEST(r.error.starts_with("f: The array ends too early, at byte "));
}

BOOST_AUTO_TEST_CASE(the_zip_of_an_archive) {
  const std::string part1 =
      "window.YTD.tweets.part1 = [{\"tweet\":{\"id_str\":\"1050118621198921729\","
      "\"full_text\":\"b\",\"created_at\":\"Wed Oct 10 20:19:25 +0000 2018\"}},\n{\"tweet\":5}]";
  const ReadResult r = ReadAll(Zip({{"data/tweets.js", kTweets},
                                    {"data/tweets-part1.js", part1},
                                    {"data/like.js", "window.YTD.like.part0 = [{}]"},
                                    {"data/tweets_media/a.jpg", "\xFF\xD8"},
                                    {"data/account.js", kAccount}}));
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.posts.size() == 3U);
  BOOST_TEST(std::get<Post>(r.values[2]).attributed_to.id == "https://x.com/i/user/42");
  BOOST_TEST(std::get<Post>(r.values[0]).url == "https://x.com/ana/status/1050118621198921728");
  BOOST_REQUIRE_EQUAL(r.rejects.size(), 1U);
  BOOST_TEST(r.rejects[0].starts_with("f!data/tweets-part1.js item 2: "));
}

BOOST_AUTO_TEST_CASE(an_unpacked_archive) {
  const auto dir =
      std::filesystem::temp_directory_path() / ("latecomer-unpacked-" + std::to_string(::getpid()));
  std::filesystem::create_directory(dir);
  std::ofstream(dir / "tweets.js") << kTweets;
  std::ofstream(dir / "account.js") << kAccount;
  const ReadResult r = ReadAllOf((dir / "tweets.js").string());
  std::filesystem::remove_all(dir);
  BOOST_REQUIRE_EQUAL(r.posts.size(), 2U);
  BOOST_TEST(std::get<Post>(r.values[0]).attributed_to.name == "Ana");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
