#include <boost/test/unit_test.hpp>

#include "archive_harness.h"

namespace latecomer {
namespace {

const std::string kPublic = "\"to\":[\"https://www.w3.org/ns/activitystreams#Public\"],\"cc\":[]";

std::string Create(const std::string& id, const std::string& note_fields,
                   const std::string& to = kPublic, const std::string& type = "Create") {
  return "{\"id\":\"https://s.example/users/ana/statuses/" + id + "/activity\",\"type\":\"" + type +
         "\",\"actor\":\"https://s.example/users/ana\",\"published\":\"2020-01-01T00:00:00Z\"," +
         to + ",\"object\":{\"id\":\"https://s.example/users/ana/statuses/" + id +
         "\",\"type\":\"Note\",\"published\":\"2020-01-01T00:00:00Z\",\"attributedTo\":"
         "\"https://s.example/users/ana\"," +
         to + note_fields + "}}";
}

std::string Outbox(const std::string& items) {
  return "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":\"outbox.json\","
         "\"type\":\"OrderedCollection\",\"totalItems\":1,\"orderedItems\":[" +
         items + "]}";
}

BOOST_AUTO_TEST_SUITE(mastodon_archive)

BOOST_AUTO_TEST_CASE(a_note_with_all_its_fields) {
  const ReadResult r = ReadAll(Outbox(Create(
      "1",
      R"(,"summary":"cw","inReplyTo":"https://t.example/2","url":"https://s.example/@ana/1",)"
      R"("sensitive":true,"conversation":"tag:s.example:1","content":"<p>Hé <script>x</script></p>",)"
      R"("contentMap":{"fr":"<p>Hé <script>x</script></p>"},"updated":"2020-01-02T00:00:00Z",)"
      R"("attachment":[{"type":"Document","mediaType":"image/png","url":"/media/a.png",)"
      R"("name":"alt","width":3,"height":4}],"tag":[{"type":"Hashtag","name":"#Tag"},)"
      R"({"type":"Mention","href":"https://t.example/users/ben","name":"@ben@t.example"},)"
      R"({"type":"Emoji","name":":x:"}],"quote":"https://t.example/3")")));
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.rejects.empty());
  BOOST_REQUIRE_EQUAL(r.posts.size(), 1U);
  BOOST_TEST(r.hashtags[0] == "tag");
  BOOST_TEST(
      r.posts[0] ==
      R"({"v":1,"type":"Note","id":"https://s.example/users/ana/statuses/1",)"
      R"("url":"https://s.example/@ana/1","published":"2020-01-01T00:00:00.000Z",)"
      R"("updated":"2020-01-02T00:00:00.000Z","attributedTo":{"id":"https://s.example/users/ana",)"
      R"("preferredUsername":"ana@s.example"},"content":"<p>Hé </p>","summary":"cw",)"
      R"("language":"fr","sensitive":true,"inReplyTo":"https://t.example/2",)"
      R"("quoteUri":"https://t.example/3","tag":[{"type":"Hashtag","name":"#Tag"},)"
      R"({"type":"Mention","href":"https://t.example/users/ben","name":"@ben@t.example"}],)"
      R"("attachment":[{"type":"Image","mediaType":"image/png","name":"alt","width":3,"height":4}],)"
      R"("source":{"kind":"mastodon","instance":"s.example","retrieved":"2023-11-14T22:13:20.000Z"}})");
}

BOOST_AUTO_TEST_CASE(activities) {
  const std::string followers = "\"to\":[\"https://s.example/users/ana/followers\"],\"cc\":[]";
  const std::string unlisted =
      "\"to\":[\"https://s.example/users/ana/followers\"],\"cc\":\"as:Public\"";
  const std::string repost =
      R"({"id":"https://s.example/users/ana/statuses/9/activity","type":"Announce",)"
      R"("actor":"https://s.example/users/ana","published":"2020-01-01T00:00:00Z",)" +
      kPublic + R"(,"object":"https://t.example/5"})";
  const struct {
    const char* what;
    std::string item;
    std::size_t posts;
    const char* reject;
  } cases[] = {
      {"unlisted", Create("1", "", unlisted), 1, ""},
      {"followers only", Create("1", "", followers), 0,
       "f item 1 field to: The post is not public."},
      {"direct", Create("1", "", "\"to\":[]"), 0, "f item 1 field to: The post is not public."},
      {"repost", repost, 1, ""},
      {"edit", Create("1", R"(,"content":"b","updated":"2020-01-02T00:00:00Z")", kPublic, "Update"),
       1, ""},
      {"like", R"({"type":"Like","object":"https://t.example/5"})", 0, ""},
      {"deletion",
       R"({"type":"Delete","published":"2020-02-01T00:00:00Z","object":)"
       R"({"id":"https://s.example/1","type":"Tombstone"}})",
       1, ""},
      {"no type", R"({"object":"x"})", 0,
       "f item 1 field type: `type` is missing: the item is no activity."},
      {"no post", R"({"type":"Create","object":"https://s.example/1"})", 0,
       "f item 1 field object: `object` is not the post itself, but only its id."},
      {"time", Create("1", ",\"updated\":\"soon\""), 0,
       "f item 1 field updated: `updated` is no time."},
      {"no object", R"("https://s.example/1")", 0, "f item 1: The record is no JSON object."},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      const ReadResult r = ReadAll(Outbox(c.item));
      BOOST_TEST(r.error == "");
      BOOST_TEST(r.posts.size() == c.posts);
      BOOST_TEST((r.rejects.empty() ? "" : r.rejects[0]) == c.reject);
    }
  }
  const ReadResult gone = ReadAll(Outbox(cases[6].item));
  BOOST_TEST(FormatTime(*std::get<Post>(gone.values[0]).deleted) == "2020-02-01T00:00:00.000Z");
}

BOOST_AUTO_TEST_CASE(hashtags_of_the_text_where_no_tags_are_stated) {
  const ReadResult r = ReadAll(Outbox(Create("1", R"(,"content":"<p>a #Tag</p>")")));
  BOOST_TEST(r.hashtags[0] == "tag");
}

BOOST_AUTO_TEST_CASE(an_item_cut_short_costs_only_the_rest) {
  const std::string whole = Outbox(Create("1", "") + "," + Create("2", ""));
  const ReadResult r = ReadAll(whole.substr(0, whole.size() - 30));
  BOOST_TEST(r.posts.size() == 1U);
  BOOST_TEST(r.error.starts_with("f: The array ends too early"));
  BOOST_TEST(ReadAll(R"({"type":"OrderedCollection"})").error ==
             "f: The document has no array `orderedItems`.");
}

BOOST_AUTO_TEST_CASE(the_key_counts_at_the_top_only) {
  const ReadResult r =
      ReadAll(R"({"type":"OrderedCollection","x":{"orderedItems":[1]},"y":["orderedItems",[2]],)"
              R"("z":"\"orderedItems\":[","orderedItems": [)" +
              Create("1", "") + "]}");
  BOOST_TEST(r.posts.size() == 1U);
  BOOST_TEST(r.rejects.empty());
}

BOOST_AUTO_TEST_CASE(archives_name_their_owner) {
  const std::string actor =
      R"({"id":"https://s.example/users/ana","preferredUsername":"ana","name":"Ana",)"
      R"("url":"https://s.example/@ana","icon":{"type":"Image","url":"avatar.png"}})";
  const std::vector<ZipMember> members = {
      {"outbox.json", Outbox(Create("1", ""))},
      {"likes.json", R"({"type":"OrderedCollection","orderedItems":["x"]})"},
      {"actor.json", actor}};
  for (const std::string& bytes : {Zip(members), TarGz(members)}) {
    const ReadResult r = ReadAll(bytes);
    BOOST_TEST(r.error == "");
    BOOST_TEST(r.rejects.empty());
    BOOST_REQUIRE_EQUAL(r.posts.size(), 1U);
    const Author& author = std::get<Post>(r.values[0]).attributed_to;
    BOOST_TEST(author.name == "Ana");
    BOOST_TEST(author.preferred_username == "ana@s.example");
    BOOST_TEST(author.icon == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
