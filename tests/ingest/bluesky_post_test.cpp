#include "ingest/bluesky_post.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "ingest/bluesky_json.h"
#include "ingest/bluesky_text.h"
#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

constexpr TimeMs kNow = 1'700'000'000'000;
constexpr char kDid[] = "did:plc:anaanaanaanaanaanaanaana";

// Keeps the text and tree that a value is of.
class Parsed {
 public:
  explicit Parsed(std::string json) : text_(std::move(json)), tree_({}, kBlueskyDepthMax) {
    BOOST_REQUIRE(tree_.Parse(text_.data(), text_.size()));
  }
  JsonValue root() const { return tree_.root(); }

 private:
  std::string text_;
  JsonTree tree_;
};

BlueskyPost Make(const std::string& fields, std::optional<TimeMs> seen = kNow - 1'000) {
  const Parsed record(R"({"$type":"app.bsky.feed.post",)" + fields + "}");
  BlueskyPost post;
  const Status made =
      MakeBlueskyPost({kDid, "3kabc", "bafy", record.root(), seen, std::nullopt},
                      {kDid, "ana.test", "Ana", "https://cdn.example/a"}, "pds.test", kNow, post);
  BOOST_REQUIRE(made);
  return post;
}

Post NoteOf(const std::string& fields, std::optional<TimeMs> seen = kNow - 1'000) {
  return std::get<Post>(Make(fields, seen).post.value);
}

constexpr char kCreated[] = R"("createdAt":"2023-11-14T22:00:00Z")";

std::string Facet(std::size_t begin, std::size_t end, const std::string& feature) {
  return R"({"index":{"byteStart":)" + std::to_string(begin) + R"(,"byteEnd":)" +
         std::to_string(end) + R"(},"features":[{"$type":"app.bsky.richtext.facet#)" + feature +
         "}]}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bluesky_post)

BOOST_AUTO_TEST_CASE(a_record_becomes_a_note) {
  const BlueskyPost made = Make(std::string(kCreated) + R"x(,
    "text":"Grüße an @ben.test: #EduChat <b>","langs":["de","en"],"tags":["MathEd","educhat"],
    "labels":{"$type":"com.atproto.label.defs#selfLabels","values":[{"val":"nudity"}]},
    "reply":{"root":{"uri":"at://did:plc:r/app.bsky.feed.post/3kroot","cid":"x"},
             "parent":{"uri":"at://did:plc:p/app.bsky.feed.post/3kparent","cid":"x"}},
    "facets":[)x" + Facet(11, 20, R"(mention","did":"did:plc:ben")") +
                                "," + Facet(22, 30, R"(tag","tag":"EduChat")") + "]");
  const Post& post = std::get<Post>(made.post.value);
  BOOST_TEST(post.id == "at://did:plc:anaanaanaanaanaanaanaana/app.bsky.feed.post/3kabc");
  BOOST_TEST(post.url == "https://bsky.app/profile/did:plc:anaanaanaanaanaanaanaana/post/3kabc");
  BOOST_TEST(post.attributed_to.id == kDid);
  BOOST_TEST(post.attributed_to.preferred_username == "ana.test");
  BOOST_TEST(FormatTime(*post.published) == "2023-11-14T22:00:00.000Z");
  BOOST_TEST(!post.updated.has_value());
  BOOST_TEST(post.content ==
             "<p>Grüße an <a href=\"https://bsky.app/profile/did:plc:ben\">@ben.test</a>: "
             "<a href=\"https://bsky.app/hashtag/EduChat\">#EduChat</a> &lt;b&gt;</p>");
  BOOST_TEST(post.language == "de");
  BOOST_TEST(post.sensitive);
  BOOST_TEST(post.in_reply_to == "at://did:plc:p/app.bsky.feed.post/3kparent");
  BOOST_TEST(post.context == "at://did:plc:r/app.bsky.feed.post/3kroot");
  BOOST_TEST(made.root == post.context);
  BOOST_TEST((made.post.hashtags == std::vector<std::string>{"educhat", "mathed"}));
  BOOST_REQUIRE_EQUAL(post.tag.size(), 3U);
  BOOST_TEST(post.tag[0].name == "@ben.test");
  BOOST_TEST(post.tag[1].name == "#EduChat");
  BOOST_TEST(post.tag[2].name == "#MathEd");
}

BOOST_AUTO_TEST_CASE(a_word_with_a_hash_is_no_hashtag_here) {
  BOOST_TEST(Make(std::string(kCreated) + R"(,"text":"I like #educhat")").post.hashtags.empty());
  // A facet counts wherever it points to.
  const BlueskyPost beside = Make(std::string(kCreated) + R"(,"text":"x","facets":[)" +
                                  Facet(90, 99, R"(tag","tag":"a")") + "]");
  BOOST_TEST((beside.post.hashtags == std::vector<std::string>{"a"}));
  BOOST_TEST(std::get<Post>(beside.post.value).content == "<p>x</p>");
}

BOOST_AUTO_TEST_CASE(ranges_that_are_none_leave_the_text_alone) {
  const std::string text = R"("text":"é link é")";
  for (const auto& [begin, end] :
       {std::pair<std::size_t, std::size_t>{1, 4}, {3, 3}, {5, 3}, {3, 999}}) {
    const Post post = NoteOf(std::string(kCreated) + "," + text + R"(,"facets":[)" +
                             Facet(begin, end, R"(link","uri":"https://a.example")") + "]");
    BOOST_TEST(post.content == "<p>é link é</p>");
  }
  // Of two that overlap, the first; what is no address of the web stands as text.
  const Post post = NoteOf(std::string(kCreated) + "," + text + R"(,"facets":[)" +
                           Facet(5, 8, R"(link","uri":"https://b.example")") + "," +
                           Facet(3, 7, R"(link","uri":"https://a.example")") + "," +
                           Facet(8, 10, R"(link","uri":"javascript:x")") + "]");
  BOOST_TEST(post.content == "<p>é <a href=\"https://a.example\">link</a> é</p>");
}

BOOST_AUTO_TEST_CASE(what_is_embedded) {
  const std::string blob =
      R"({"$type":"blob","ref":{"$link":"bafkpic"},"mimeType":"image/png","size":1})";
  const Post images =
      NoteOf(std::string(kCreated) + R"(,"text":"","embed":{"$type":"app.bsky.embed.images",
    "images":[{"image":)" +
             blob + R"(,"alt":"a cat","aspectRatio":{"width":4,"height":3}},
              {"image":{"cid":"bafkold","mimeType":"image/jpeg"},"alt":""},{"image":{"cid":"../x"}}]})");
  BOOST_REQUIRE_EQUAL(images.attachment.size(), 2U);
  BOOST_TEST(images.attachment[0].url ==
             "https://cdn.bsky.app/img/feed_fullsize/plain/" + std::string(kDid) + "/bafkpic@jpeg");
  BOOST_TEST(images.attachment[0].name == "a cat");
  BOOST_TEST(images.attachment[0].width.value_or(0) == 4);
  BOOST_TEST(images.content.empty());

  const Post quote = NoteOf(std::string(kCreated) + R"(,"text":"so","embed":{
    "$type":"app.bsky.embed.recordWithMedia","record":{"$type":"app.bsky.embed.record",
    "record":{"uri":"at://did:plc:q/app.bsky.feed.post/3kq","cid":"x"}},
    "media":{"$type":"app.bsky.embed.external","external":{"uri":"https://page.example/","title":"A page"}}})");
  BOOST_TEST(quote.quote_uri == "at://did:plc:q/app.bsky.feed.post/3kq");
  BOOST_TEST(quote.content == "<p>so</p><p><a href=\"https://page.example/\">A page</a></p>");
  // A list is no post.
  BOOST_TEST(
      NoteOf(std::string(kCreated) + R"(,"text":"so","embed":{"$type":"app.bsky.embed.record",
    "record":{"uri":"at://did:plc:q/app.bsky.graph.list/3kq","cid":"x"}})")
          .quote_uri.empty());
}

BOOST_AUTO_TEST_CASE(times_of_wrong_clocks) {
  // Hours ahead: when the network saw it.
  BOOST_TEST(*NoteOf(R"("text":"x","createdAt":"2031-01-01T00:00:00Z")").published == kNow - 1'000);
  // An import from years ago keeps its time.
  BOOST_TEST(FormatTime(*NoteOf(R"("text":"x","createdAt":"2013-06-25T18:14:45Z")").published) ==
             "2013-06-25T18:14:45.000Z");
  BOOST_TEST(*NoteOf(R"("text":"x","createdAt":"yesterday")").published == kNow - 1'000);
  BOOST_TEST(*NoteOf(R"("text":"x")").published == kNow - 1'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_post_says_why) {
  BlueskyPost post;
  for (const auto& [fields, why] :
       {std::pair<std::string, std::string>{R"("$type":"app.bsky.feed.like")", "`$type`"},
        {R"("$type":"app.bsky.feed.post","text":7)", "`text`"}}) {
    const Parsed record("{" + fields + "}");
    const Status made =
        MakeBlueskyPost({kDid, "3kabc", "bafy", record.root(), kNow, {}}, {}, "x", kNow, post);
    BOOST_REQUIRE(!made);
    BOOST_TEST(made.error().message.find(why) == 0U);
  }
  const Parsed record(R"({"$type":"app.bsky.feed.post","text":"x"})");
  BOOST_TEST(
      !MakeBlueskyPost({"nobody", "3kabc", "b", record.root(), kNow, {}}, {}, "x", kNow, post));
  BOOST_TEST(!MakeBlueskyPost({kDid, "a b", "b", record.root(), kNow, {}}, {}, "x", kNow, post));
}

BOOST_AUTO_TEST_CASE(addresses) {
  BOOST_TEST(BlueskyShortId("at://did:plc:a/app.bsky.feed.post/3k") == "did:plc:a/3k");
  BOOST_TEST(BlueskyUriOfShortId("did:plc:a/3k") == "at://did:plc:a/app.bsky.feed.post/3k");
  for (const char* none :
       {"", "at://", "at://did:plc:a", "at://did:plc:a/app.bsky.feed.post",
        "at://did:plc:a/app.bsky.feed.post/", "at://ana.test/app.bsky.feed.post/3k",
        "at://did:plc:a/app.bsky.feed.like/3k", "https://did:plc:a/app.bsky.feed.post/3k",
        "at://did:plc:a/app.bsky.feed.post/3k/x", "at://did:plc:a/app.bsky.feed.post/3 k"}) {
    BOOST_TEST(BlueskyShortId(none).empty());
  }
  BOOST_TEST(BlueskyUriOfShortId("#educhat").empty());
  // As the specification shows it.
  BOOST_TEST(FormatTime(*TidTime("3jzfcijpj2z2a")).substr(0, 10) == "2023-06-30");
  BOOST_TEST(!TidTime("self"));
}

BOOST_AUTO_TEST_CASE(threads_of_any_depth_and_shape) {
  std::string json;
  std::string end;
  constexpr int kDeep = 1'000;
  for (int i = 0; i < kDeep; ++i) {
    json +=
        R"({"$type":"app.bsky.feed.defs#threadViewPost","post":{"uri":"at://did:plc:a/app.bsky.feed.post/)" +
        std::to_string(i) + R"(","replyCount":1},"replies":[)";
    end += "]}";
  }
  const Parsed deep(json + end);
  BOOST_TEST(ReadBlueskyThread(deep.root()).size() == 1'000U);

  const Parsed thread(
      R"({"post":{"uri":"u1","replyCount":3},"parent":{"$type":"x#notFoundPost","uri":"u0"},
    "replies":[{"post":{"uri":"u2","replyCount":2}},{"post":{"uri":"u3","replyCount":2},"replies":[]},
               {"blocked":true,"uri":"u4"},{"$type":"future#thing"}]})");
  const std::vector<BlueskyThreadItem> items = ReadBlueskyThread(thread.root());
  BOOST_REQUIRE_EQUAL(items.size(), 5U);
  BOOST_TEST((items[0].kind == BlueskyThreadItem::Kind::kNotFound));
  BOOST_TEST(items[1].post["uri"].text() == "u1");
  std::size_t cut = 0;
  for (const BlueskyThreadItem& item : items) cut += item.is_cut ? 1U : 0U;
  BOOST_TEST(cut == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
