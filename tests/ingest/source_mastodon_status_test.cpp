#include <boost/test/unit_test.hpp>

#include "ingest/mastodon_status_list.h"
#include "ingest/source_mastodon_recent.h"
#include "model/post_json.h"
#include "tests/ingest/archive_harness.h"

namespace latecomer {
namespace {

constexpr TimeMs kNow = 1'700'000'000'000;

std::string Json(const std::string& fields, const std::string& visibility = "public") {
  return R"({"id":"109","created_at":"2020-01-01T00:00:00.000Z","visibility":")" + visibility +
         R"(","uri":"https://s.example/users/ana/statuses/109","account":{"username":"ana",)"
         R"("acct":"ana","uri":"https://s.example/users/ana"})" +
         fields + "}";
}

struct Read {
  std::string post;  // as JSON
  std::string error;
  MastodonStatus status;
};

Read ReadOne(std::string json, const std::string& instance = "s.example") {
  MastodonReader reader(instance);
  Read read;
  Result<MastodonStatus> status = reader.Read(json, kNow);
  if (!status) {
    read.error = status.error().message;
    return read;
  }
  read.status = std::move(*status);
  if (read.status.is_public) AppendPost(read.post, read.status.note());
  return read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mastodon_status)

BOOST_AUTO_TEST_CASE(a_status_with_all_its_fields) {
  const Read read = ReadOne(
      R"({"id":"109372843234","created_at":"2022-11-20T17:05:07.123Z","in_reply_to_id":"108",)"
      R"("sensitive":true,"spoiler_text":"cw","visibility":"unlisted","language":"fr",)"
      R"("uri":"https://s.example/users/ana/statuses/109372843234",)"
      R"("url":"https://s.example/@ana/109372843234","replies_count":7,)"
      R"("edited_at":"2022-11-21T00:00:00.000Z","content":"<p>Hé <script>x</script></p>",)"
      R"("reblog":null,"account":{"id":"1","username":"ana","acct":"ana","display_name":"Ana",)"
      R"("url":"https://s.example/@ana","uri":"https://s.example/users/ana",)"
      R"("avatar":"https://files.s.example/a.png","note":"<p>secret</p>","fields":[{"name":"a"}]},)"
      R"("media_attachments":[{"type":"image","url":"https://files.s.example/m.png",)"
      R"("remote_url":null,"description":"alt","meta":{"original":{"width":3,"height":4}}},)"
      R"({"type":"gifv","url":"https://s.example/copy.mp4",)"
      R"("remote_url":"https://t.example/m.mp4"}],)"
      R"("mentions":[{"id":"2","username":"ben","url":"https://t.example/@ben",)"
      R"("acct":"ben@t.example"},{"id":"3","username":"cy","url":"https://s.example/@cy",)"
      R"("acct":"cy"}],"tags":[{"name":"Tag","url":"https://s.example/tags/tag"},{"name":"tag"}],)"
      R"("card":{"url":"https://x.example"},"poll":{"options":[{"title":"a"}]},)"
      R"("quote":{"state":"accepted","quoted_status":{"id":"7","uri":"https://t.example/7"}}})");
  BOOST_TEST(read.error == "");
  BOOST_TEST(read.status.id == "109372843234");
  BOOST_TEST(read.status.in_reply_to_id == "108");
  BOOST_TEST(read.status.replies == 7);
  BOOST_TEST(read.status.post.hashtags == std::vector<std::string>{"tag"});
  BOOST_TEST(
      read.post ==
      R"({"v":1,"type":"Note","id":"https://s.example/users/ana/statuses/109372843234",)"
      R"("url":"https://s.example/@ana/109372843234","published":"2022-11-20T17:05:07.123Z",)"
      R"("updated":"2022-11-21T00:00:00.000Z","attributedTo":{"id":"https://s.example/users/ana",)"
      R"("preferredUsername":"ana@s.example","name":"Ana","url":"https://s.example/@ana",)"
      R"("icon":"https://files.s.example/a.png"},"content":"<p>Hé </p>","summary":"cw",)"
      R"("language":"fr","sensitive":true,"quoteUri":"https://t.example/7",)"
      R"("tag":[{"type":"Mention","href":"https://t.example/@ben","name":"@ben@t.example"},)"
      R"({"type":"Mention","href":"https://s.example/@cy","name":"@cy"},)"
      R"({"type":"Hashtag","name":"#Tag"}],"attachment":[{"type":"Image",)"
      R"("url":"https://files.s.example/m.png","name":"alt","width":3,"height":4},)"
      R"({"type":"Video","url":"https://t.example/m.mp4"}],)"
      R"("source":{"kind":"mastodon","instance":"s.example","retrieved":"2023-11-14T22:13:20.000Z"}})");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_taken) {
  const struct {
    const char* what;
    std::string json;
    const char* error;
  } cases[] = {
      {"plain", Json(""), ""},
      {"no object", "[1]", "It is no JSON object."},
      {"no id", R"({"visibility":"public"})", "`id` is missing or none that an instance gives."},
      {"a strange id", R"({"id":"../1","visibility":"public"})",
       "`id` is missing or none that an instance gives."},
      {"no visibility", R"({"id":"1"})", "`visibility` is missing."},
      {"no uri", R"({"id":"1","visibility":"public","created_at":"2020-01-01T00:00:00Z"})",
       "`uri` is missing or no address."},
      {"no web", R"({"id":"1","visibility":"public","uri":"javascript:x"})",
       "`uri` is missing or no address."},
      {"no time", R"({"id":"1","visibility":"public","uri":"https://a.example/1"})",
       "`created_at` is missing or no time."},
      {"edited", Json(R"(,"edited_at":"soon")"), "`edited_at` is no time."},
      {"reply to", Json(R"(,"in_reply_to_id":"a b")"), "`in_reply_to_id` is no id."},
      {"long", Json(R"(,"content":")" + std::string(600'000, 'x') + "\""),
       "`content` is longer than 524288 bytes of HTML."},
      {"twice", Json(R"(,"content":"a","content":"b")"), "stands twice"},
      {"surrogate", Json(R"(,"content":"\ud800")"), "surrogate pair"},
      {"repost of a repost", Json(R"(,"reblog":)" + Json(R"(,"reblog":)" + Json(""))),
       "`reblog` is itself a repost."},
      {"deep", Json(R"(,"x":)" + std::string(100, '[') + std::string(100, ']')), "too deeply"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      const Read read = ReadOne(c.json);
      BOOST_TEST(
          (*c.error == '\0' ? read.error.empty() : read.error.find(c.error) != std::string::npos),
          read.error);
    }
  }
  for (const char* visibility : {"private", "direct", "local", "list", "mutuals_only"}) {
    const Read read = ReadOne(Json(R"(,"content":"secret")", visibility));
    BOOST_TEST(read.error == "");
    BOOST_TEST(!read.status.is_public);
    BOOST_TEST(read.status.note().content == "");
  }
}

BOOST_AUTO_TEST_CASE(reposts) {
  const Read read = ReadOne(
      R"({"id":"200","uri":"https://s.example/users/ben/statuses/200/activity","visibility":)"
      R"("public","created_at":"2020-01-02T00:00:00Z","account":{"username":"ben",)"
      R"("uri":"https://s.example/users/ben"},"content":"","reblog":)" +
      Json(R"(,"content":"a","tags":[{"name":"tag"}])") + "}");
  BOOST_TEST(read.error == "");
  BOOST_TEST((read.status.note().type == PostType::kAnnounce));
  BOOST_TEST(read.status.note().id == "https://s.example/users/ben/statuses/200/activity");
  BOOST_TEST(read.status.note().object == "https://s.example/users/ana/statuses/109");
  BOOST_TEST(read.status.note().content == "");
  BOOST_TEST(read.status.post.hashtags == std::vector<std::string>{"tag"});
  BOOST_REQUIRE(read.status.reposted);
  BOOST_TEST(read.status.reposted->note().content == "a");
}

BOOST_AUTO_TEST_CASE(authors_where_no_uri_is_told) {
  const struct {
    const char* uri;
    const char* url;
    const char* author;
    const char* name;
  } cases[] = {
      {"https://s.example/users/ana/statuses/1", "https://s.example/@ana",
       "https://s.example/users/ana", "ana@s.example"},
      {"https://gts.example/users/ana/statuses/01HX", "https://gts.example/@ana",
       "https://gts.example/users/ana", "ana@gts.example"},
      {"https://px.example/p/ana/12", "https://px.example/ana", "https://px.example/users/ana",
       "ana@px.example"},
      {"https://pl.example/objects/7f", "https://pl.example/users/ana",
       "https://pl.example/users/ana", "ana@pl.example"},
      {"https://mk.example/notes/9x", "https://mk.example/@ana", "https://mk.example/@ana",
       "ana@mk.example"},
  };
  for (const auto& c : cases) {
    const Read read =
        ReadOne(R"({"id":"1","visibility":"public","created_at":"2020-01-01T00:00:00Z","uri":")" +
                std::string(c.uri) + R"(","account":{"username":"ana","url":")" + c.url + "\"}}");
    BOOST_TEST(read.error == "");
    BOOST_TEST(read.status.note().attributed_to.id == c.author);
    BOOST_TEST(read.status.note().attributed_to.preferred_username == c.name);
  }
}

// The post of an instance and the one in its author's archive are one.
BOOST_AUTO_TEST_CASE(agrees_with_the_archive) {
  const std::string note =
      R"({"id":"https://s.example/users/ana/statuses/109","type":"Note","summary":"cw",)"
      R"("published":"2020-01-01T00:00:00Z","url":"https://s.example/@ana/109",)"
      R"("attributedTo":"https://s.example/users/ana","sensitive":true,)"
      R"("to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[],)"
      R"("content":"<p>a <a href=\"https://s.example/tags/tag\" class=\"mention hashtag\">)"
      R"(#<span>tag</span></a></p>","contentMap":{"fr":"<p>a <a href=\"https://s.example/tags/tag\")"
      R"( class=\"mention hashtag\">#<span>tag</span></a></p>"},"updated":"2020-01-02T00:00:00Z",)"
      R"("tag":[{"type":"Mention","href":"https://t.example/@ben","name":"@ben@t.example"},)"
      R"({"type":"Hashtag","href":"https://s.example/tags/tag","name":"#tag"}]})";
  const ReadResult archived =
      ReadAll(R"({"type":"OrderedCollection","orderedItems":[{"type":"Create","actor":)"
              R"("https://s.example/users/ana","object":)" +
              note + "}]}");
  BOOST_REQUIRE_EQUAL(archived.values.size(), 1U);
  const Read read = ReadOne(
      Json(R"(,"url":"https://s.example/@ana/109","sensitive":true,"spoiler_text":"cw",)"
           R"("language":"fr","edited_at":"2020-01-02T00:00:00.000Z",)"
           R"("content":"<p>a <a href=\"https://s.example/tags/tag\" class=\"mention hashtag\">)"
           R"(#<span>tag</span></a></p>","mentions":[{"acct":"ben@t.example","url":)"
           R"("https://t.example/@ben"}],"tags":[{"name":"tag"}])"));
  Post live = read.status.note();
  Post other = std::get<Post>(archived.values[0]);
  live.source = other.source = {};
  std::string a;
  std::string b;
  AppendPost(a, live);
  AppendPost(b, other);
  BOOST_TEST(a == b);
}

BOOST_AUTO_TEST_CASE(lists) {
  MastodonReader reader("s.example");
  std::string body = "[" + Json("") + ",{\"id\":\"7\"}, 3 ," + Json("", "private") + "]";
  Result<MastodonList> list = reader.ReadList(body, kNow);
  BOOST_REQUIRE(list);
  BOOST_TEST(list->items == 4U);
  BOOST_TEST(list->statuses.size() == 1U);
  BOOST_REQUIRE_EQUAL(list->faults.size(), 2U);
  BOOST_TEST(list->faults[0].number == 2U);
  BOOST_TEST(list->faults[0].id == "7");
  BOOST_TEST(list->oldest_id == "7");
  BOOST_TEST(list->newest_id == "109");
  for (std::string bad :
       {"", "{}", "[", "[1", "[1,", "[1,]", "[,1]", "[1]2", "[\"a]", "[{]", "[1 2]"}) {
    BOOST_TEST_CONTEXT(bad) {
      const Result<MastodonList> read = reader.ReadList(bad, kNow);
      BOOST_TEST((!read || !read->faults.empty()));
    }
  }
  std::string empty = " [ ] ";
  BOOST_TEST(reader.ReadList(empty, kNow)->items == 0U);
  std::string context = R"({"x":[{"a":"]"}],"descendants":[)" + Json("") + R"(],"ancestors":[]})";
  const auto read = reader.ReadContext(context, kNow);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->descendants.statuses.size() == 1U);
  for (std::string bad : {R"({"ancestors":[]})", R"({"ancestors":[],"descendants":[)", "[]", "{}",
                          R"({"ancestors":{},"descendants":[]})", R"({"ancestors":[] "x":1})"}) {
    BOOST_TEST(!reader.ReadContext(bad, kNow));
  }
}

BOOST_AUTO_TEST_CASE(ids) {
  BOOST_TEST(MastodonIdLess("9", "10"));
  BOOST_TEST(!MastodonIdLess("10", "9"));
  BOOST_TEST(MastodonIdLess("099", "100"));
  BOOST_TEST(MastodonIdLess("01HQ", "01HR"));
  BOOST_TEST(!MastodonIdLess("1", "1"));
  BOOST_TEST(IsOwnPost("https://s.example/1", "s.example"));
  BOOST_TEST(IsOwnPost("https://S.example/1", "s.example"));
  BOOST_TEST(!IsOwnPost("https://s.example.evil/1", "s.example"));
  BOOST_TEST(!IsOwnPost("https://s.example:444/1", "s.example"));
}

BOOST_AUTO_TEST_CASE(instances) {
  using Software = MastodonInstance::Software;
  const struct {
    const char* json;
    Software software;
  } cases[] = {
      {R"({"version":"4.3.1"})", Software::kMastodon},
      {R"({"version":"4.5.0-nightly.2025","source_url":"https://github.com/mastodon/mastodon"})",
       Software::kMastodon},
      {R"({"version":"0.17.3+git-a","source_url":"https://codeberg.org/superseriousbusiness/gotosocial"})",
       Software::kGoToSocial},
      {R"x({"version":"2.7.2 (compatible; Pleroma 2.6.0)"})x", Software::kPleroma},
      {R"x({"version":"2.7.2 (compatible; Akkoma 3.10.4)"})x", Software::kPleroma},
      {R"x({"version":"3.5.3 (compatible; Pixelfed 0.12)"})x", Software::kPixelfed},
      {R"x({"version":"4.2.1 (compatible; Sharkey 2024)"})x", Software::kOther},
  };
  MastodonReader reader("s.example");
  for (const auto& c : cases) {
    std::string json = c.json;
    const auto instance = reader.ReadInstance(json);
    BOOST_REQUIRE(instance);
    BOOST_TEST((instance->software == c.software), c.json);
  }
  std::string none = R"({"error":"x"})";
  BOOST_TEST(!reader.ReadInstance(none));
  BOOST_TEST(*ReadAsyncRefresh("id=\"a\", retry=3") == std::chrono::seconds(3));
  BOOST_TEST(*ReadAsyncRefresh("id=\"a\", retry=0, result_count=1") == std::chrono::seconds(1));
  for (const char* bad : {"", "id=\"a\"", "retry=", "retry=-1", "retry=99999999999", "retry=x"}) {
    BOOST_TEST(!ReadAsyncRefresh(bad));
  }
}

BOOST_AUTO_TEST_CASE(versions_of_several_instances) {
  MastodonRecent recent;
  Post post;
  post.id = "https://far.example/1";
  post.published = 1'000'123;
  BOOST_TEST(recent.Take(post, "a", 1, 0, false));
  BOOST_TEST(!recent.Take(post, "a", 1, 0, false));
  BOOST_TEST(recent.Take(post, "b", 1, 0, false));
  post.published = 1'000'000;  // seconds only, from elsewhere
  BOOST_TEST(!recent.Take(post, "a", 2, 1, false));
  post.in_reply_to = "https://far.example/0";
  BOOST_TEST(recent.Take(post, "a", 3, 1, false));
  BOOST_TEST(!recent.Take(post, "a", 3, 2, false));
  post.updated = 2'000'000;
  BOOST_TEST(recent.Take(post, "a", 4, 2, false));
  post.updated = 1'500'000;  // one that lags behind
  BOOST_TEST(!recent.Take(post, "a", 5, 1, false));
  post.updated = 2'000'400;
  BOOST_TEST(recent.Take(post, "a", 6, 3, true));  // its own instance
  BOOST_TEST(recent.Take(post, "a", 7, 3, true));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
