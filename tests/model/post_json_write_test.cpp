// The written form of posts and of their content, and its digest.
#include "model/post_json.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "tests/model/post_json_cases.h"

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(post_json_write)

BOOST_AUTO_TEST_CASE(written_in_the_contracts_order_whatever_the_inputs) {
  const std::string members[] = {
      R"("v":1)",
      R"("type":"Note")",
      R"("id":"i")",
      R"("url":"u")",
      R"("published":"2013-06-25T18:14:45.000Z")",
      R"("updated":"2013-06-25T18:20:00.000Z")",
      R"("attributedTo":{"id":"a","preferredUsername":"p","name":"n","url":"au","icon":"ai"})",
      R"("content":"<p>c</p>")",
      R"("summary":"s")",
      R"("language":"en")",
      R"("sensitive":true)",
      R"("inReplyTo":"r")",
      R"("context":"x")",
      R"("quoteUri":"q")",
      R"("tag":[{"type":"Mention","href":"h","name":"@b"}])",
      R"("attachment":[{"type":"Image","mediaType":"m","url":"u","name":"n","width":8,"height":6}])",
      R"("via":"thread")",
      R"("source":{"kind":"k","instance":"in","retrieved":"2026-01-02T03:04:05.000Z"})"};
  const auto join = [](const std::vector<std::string>& list) {
    std::string out;
    for (const std::string& member : list) out += (out.empty() ? "{" : ",") + member;
    return out + "}";
  };
  std::vector<std::string> list(std::begin(members), std::end(members));
  const std::string expected = join(list);
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(Normal(join(list)) == expected);
    std::shuffle(list.begin(), list.end(), random);
  }
  BOOST_TEST(Normal(R"({"attachment":[{"height":6,"width":8,"name":"n","url":"u","mediaType":"m",)"
                    R"("type":"Image"}],"tag":[{"name":"@b","href":"h","type":"Mention"}],)"
                    R"("attributedTo":{"icon":"ai","url":"au","name":"n","id":"a"},)" +
                    kNote + "}") ==
             R"({"v":1,"type":"Note","id":"n","published":"2013-06-25T18:14:45.000Z",)"
             R"("attributedTo":{"id":"a","name":"n","url":"au","icon":"ai"},)"
             R"("tag":[{"type":"Mention","href":"h","name":"@b"}],)"
             R"("attachment":[{"type":"Image","mediaType":"m","url":"u","name":"n","width":8,)"
             R"("height":6}]})");
}

BOOST_AUTO_TEST_CASE(what_is_absent_empty_or_default_is_not_written) {
  BOOST_TEST(Normal(With(R"("sensitive":false,"via":"tag","tag":[],"attachment":[{}],"source":{},)"
                         R"("attributedTo":{"name":"without id"},"content":"")")) ==
             R"({"v":1,"type":"Note","id":"n","published":"2013-06-25T18:14:45.000Z"})");
  BOOST_TEST(Normal(With(R"("tag":[{},{"name":"a"},{},{"name":"b"},{"name":""}])")) ==
             R"({"v":1,"type":"Note","id":"n","published":"2013-06-25T18:14:45.000Z",)"
             R"("tag":[{"name":"a"},{"name":"b"}]})");
}

BOOST_AUTO_TEST_CASE(escapes_only_what_must_be) {
  Post post = ReadPost("{" + kNote + "}");
  post.content = "\"\\\b\f\n\r\t\x01\x1f\x7f/é\u2028<&>😀";
  BOOST_TEST(Written(post) ==
             "{\"v\":1,\"type\":\"Note\",\"id\":\"n\",\"published\":\"2013-06-25T18:14:45.000Z\","
             "\"content\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/é\u2028<&>😀\"}");
  BOOST_TEST((ReadPost(Written(post)) == post));
}

BOOST_AUTO_TEST_CASE(the_digest_is_xxh3_of_the_content_object) {
  const auto content = [](const Post& post) {
    std::string out;
    AppendContent(out, post);
    return out;
  };
  const Post bare = ReadPost("{" + kNote + "}");
  BOOST_TEST(content(bare) == "{}");
  BOOST_TEST(ContentDigest("{}") == 0x1349cde127705c16U);
  const Post whole = ReadPost(
      With(R"("attachment":[{"width":800,"type":"Image"}],"tag":[{"name":"#hrevolution",)"
           R"("type":"Hashtag"}],"quoteUri":"q","sensitive":true,"language":"en","summary":"s",)"
           R"("content":"<p>Gr\u00fc\u00dfe \"an\" alle\/\u001F</p>","attributedTo":{"name":"Ana",)"
           R"("preferredUsername":"ana@social.example","id":"https://social.example/users/ana"},)"
           R"("updated":"2013-06-25T20:20:00+02:00","url":"https://social.example/@ana/1",)"
           R"("inReplyTo":"r","context":"c","via":"thread","source":{"kind":"k"})"));
  BOOST_TEST(content(whole) ==
             R"({"url":"https://social.example/@ana/1","updated":"2013-06-25T18:20:00.000Z",)"
             R"("attributedTo":{"id":"https://social.example/users/ana",)"
             R"("preferredUsername":"ana@social.example","name":"Ana"},)"
             R"("content":"<p>Grüße \"an\" alle/\u001f</p>","summary":"s","language":"en",)"
             R"("sensitive":true,"quoteUri":"q","tag":[{"type":"Hashtag","name":"#hrevolution"}],)"
             R"("attachment":[{"type":"Image","width":800}]})");
  BOOST_TEST(ContentDigest(content(whole)) == 0xbb0df25a2b97cf2fU);
}

BOOST_AUTO_TEST_CASE(content_objects_that_are_none_are_corrupt) {
  for (const std::string json : {"", "[]", R"({"content":1})", R"({"content":"x")",
                                 R"({"updated":"x"})", R"({"a":1,"a":1})"}) {
    Post post;
    const Status status = ReadContent(json, post);
    BOOST_TEST_CONTEXT(json) {
      BOOST_TEST(!status);
      BOOST_TEST((!status && status.error().code == ErrorCode::kCorrupt));
    }
  }
}

class RandomPosts {
 public:
  explicit RandomPosts(unsigned seed) : random_(seed) {}

  Post Next() {
    Post post;
    post.type = Pick(PostType::kNote, PostType::kAnnounce, PostType::kTombstone);
    post.id = Text("id");
    post.published = Time();
    post.in_reply_to = Maybe();
    post.context = Maybe();
    if (Chance()) post.source = {Maybe(), Maybe(), {}};
    if (Chance()) post.source.retrieved = ParseTime("9999-12-31T00:00:00Z");
    if (post.type == PostType::kTombstone) {
      if (Chance()) post.deleted = Time();
      if (Chance()) post.published.reset();
      return post;
    }
    post.url = Maybe();
    if (Chance()) post.updated = Time();
    if (Chance()) post.attributed_to = {Text("a"), Maybe(), Maybe(), Maybe(), Maybe()};
    post.language = Maybe();
    post.sensitive = Chance();
    post.via = Chance() ? Via::kTag : Via::kThread;
    if (post.type == PostType::kAnnounce) {
      post.object = Text("o");
      return post;
    }
    post.content = AnyText();
    post.summary = AnyText();
    post.quote_uri = Maybe();
    while (random_() % 3 == 0) post.tag.push_back({Maybe(), Maybe(), Text("#")});
    while (random_() % 3 == 0) {
      Attachment& item = post.attachment.emplace_back();
      item = {Maybe(), Maybe(), Text("u"), AnyText(), {}, {}};
      if (Chance()) item.width = static_cast<std::int64_t>(random_());
      if (Chance()) item.height = -static_cast<std::int64_t>(random_() % 100);
    }
    return post;
  }

 private:
  bool Chance() { return random_() % 2 == 0; }
  PostType Pick(PostType a, PostType b, PostType c) {
    const auto number = random_() % 3;
    return number == 0 ? a : number == 1 ? b : c;
  }
  // Without controls; never empty.
  std::string Text(const std::string& begin) {
    static const char* const kPieces[] = {"x", "\"", "\\", "/",       " ",
                                          "é", "漢", "😀",  "\\u0041", "{"};
    std::string out = begin;
    for (auto i = random_() % 6; i > 0; --i) out += kPieces[random_() % std::size(kPieces)];
    return out;
  }
  std::string Maybe() { return Chance() ? Text("t") : ""; }
  std::string AnyText() {
    std::string out = Maybe();
    for (auto i = random_() % 4; i > 0; --i) out += static_cast<char>(1 + random_() % 127);
    return out;
  }
  TimeMs Time() {
    return static_cast<TimeMs>(random_()) * 50'000 - 60'000'000'000'000 +
           static_cast<TimeMs>(random_() % 1000);
  }

  std::mt19937 random_;
};

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
  RandomPosts posts(20260102);
  PostReader reader;
  for (int i = 0; i < 2000; ++i) {
    const Post post = posts.Next();
    const std::string json = Written(post);
    const Status status = reader.Read(json);
    BOOST_REQUIRE_MESSAGE(status, json << ": " << (status ? "" : status.error().message));
    BOOST_REQUIRE_MESSAGE((std::get<Post>(reader.value()) == post), json);
    BOOST_REQUIRE_EQUAL(Written(reader.value()), json);
    if (post.type != PostType::kNote) continue;
    std::string content;
    AppendContent(content, post);
    Post again;
    again.id = post.id;
    again.published = post.published;
    again.in_reply_to = post.in_reply_to;
    again.context = post.context;
    again.via = post.via;
    again.source = post.source;
    BOOST_REQUIRE(ReadContent(content, again));
    BOOST_REQUIRE_MESSAGE((again == post), content);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
