// What makes a value of `posts`, member by member.
#include "model/post_json.h"

#include <boost/test/unit_test.hpp>

#include "tests/model/post_json_cases.h"

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(post_json)

BOOST_AUTO_TEST_CASE(a_whole_post_has_all_its_members) {
  const Post post = ReadPost(
      R"({"v":1,"type":"Note","id":"i","url":"u","published":"2013-06-25T20:14:45.1239+02:00",)"
      R"("updated":"2013-06-25 18:20:00z","attributedTo":{"id":"a","preferredUsername":"p",)"
      R"("name":"n","url":"au","icon":"ai"},"content":"<p>c</p>","summary":"s","language":"en",)"
      R"("sensitive":true,"inReplyTo":"r","context":"x","quoteUri":"q",)"
      R"("tag":[{"type":"Hashtag","name":"#t"},{"type":"Mention","href":"h","name":"@b"}],)"
      R"("attachment":[{"type":"Image","mediaType":"image/png","url":"m","name":"alt",)"
      R"("width":800,"height":600}],"via":"thread",)"
      R"("source":{"kind":"k","instance":"in","retrieved":"2026-01-02T03:04:05Z"}})");
  Post expected;
  expected.id = "i";
  expected.url = "u";
  expected.published = ParseTime("2013-06-25T18:14:45.123Z");
  expected.updated = ParseTime("2013-06-25T18:20:00.000Z");
  expected.attributed_to = {"a", "p", "n", "au", "ai"};
  expected.content = "<p>c</p>";
  expected.summary = "s";
  expected.language = "en";
  expected.sensitive = true;
  expected.in_reply_to = "r";
  expected.context = "x";
  expected.quote_uri = "q";
  expected.tag = {{"Hashtag", "", "#t"}, {"Mention", "h", "@b"}};
  expected.attachment = {{"Image", "image/png", "m", "alt", 800, 600}};
  expected.via = Via::kThread;
  expected.source = {"k", "in", ParseTime("2026-01-02T03:04:05Z")};
  BOOST_TEST((post == expected));
}

BOOST_AUTO_TEST_CASE(what_is_absent_has_its_default) {
  const Post post = ReadPost("{" + kNote + "}");
  Post expected;
  expected.id = "n";
  expected.published = ParseTime("2013-06-25T18:14:45Z");
  BOOST_TEST((post == expected));
  BOOST_TEST((post.via == Via::kTag));
}

BOOST_AUTO_TEST_CASE(null_and_the_empty_string_are_absent) {
  const Post bare = ReadPost("{" + kNote + "}");
  for (const std::string name :
       {"v",          "url",       "updated",   "deleted", "attributedTo", "content",  "summary",
        "language",   "sensitive", "inReplyTo", "context", "object",       "quoteUri", "tag",
        "attachment", "via",       "source",    "from",    "post",         "author",   "other"}) {
    for (const std::string value : {"null", R"("")"}) {
      BOOST_TEST_CONTEXT(name << " " << value) {
        BOOST_TEST((ReadPost(With("\"" + name + "\":" + value)) == bare));
      }
    }
  }
  CheckRejects({
      {R"({"type":"","id":"n","published":"2013-06-25T18:14:45Z"})", "field type: missing"},
      {R"({"type":null,"id":"n","published":"2013-06-25T18:14:45Z"})", "field type: missing"},
      {R"({"type":"Note","id":"","published":"2013-06-25T18:14:45Z"})", "field id: missing"},
      {R"({"type":"Note","id":null,"published":"2013-06-25T18:14:45Z"})", "field id: missing"},
      {R"({"type":"Note","id":"n","published":""})", "field published: missing"},
      {R"({"type":"Announce","id":"n","published":"2013-06-25T18:14:45Z","object":""})",
       "field object: missing"},
  });
  const Post inner =
      ReadPost(With(R"("attributedTo":{"id":"a","name":null,"url":"","icon":null},)"
                    R"("attachment":[{"type":null,"url":"u","width":null,"height":""}],)"
                    R"("source":{"kind":"","instance":null,"retrieved":""})"));
  BOOST_TEST((inner.attributed_to == Author{"a", "", "", "", ""}));
  BOOST_TEST((inner.attachment == std::vector<Attachment>{{"", "", "u", "", {}, {}}}));
  BOOST_TEST((inner.source == PostSource{}));
}

BOOST_AUTO_TEST_CASE(required_members) {
  CheckRejects({
      {"{}", "field type: missing"},
      {R"({"id":"n","published":"2013-06-25T18:14:45Z"})", "field type: missing"},
      {R"({"type":"Note","published":"2013-06-25T18:14:45Z"})", "field id: missing"},
      {R"({"type":"Note","id":"n"})", "field published: missing"},
      {R"({"type":"Announce","id":"n","object":"o"})", "field published: missing"},
      {R"({"type":"Announce","id":"n","published":"2013-06-25T18:14:45Z"})",
       "field object: missing"},
      {R"({"type":"Tombstone"})", "field id: missing"},
      {R"({"type":"note","id":"n","published":"2013-06-25T18:14:45Z"})",
       "field type: unknown value \"note\""},
      {R"({"type":"Article","id":"n"})", "field type: unknown value \"Article\""},
      {With(R"("via":"Tag")"), "field via: unknown value \"Tag\""},
  });
  CheckAccepts({R"({"type":"Tombstone","id":"n"})", With(R"("via":"tag")")});
}

BOOST_AUTO_TEST_CASE(only_version_1) {
  CheckAccepts({With(R"("v":1)"), With(R"("other":1)"), With(R"("v":1.0)")});
  CheckRejects({
      {With(R"("v":2)"), "field v"},
      {With(R"("v":0)"), "field v"},
      {With(R"("v":"1")"), "field v"},
      {With(R"("v":true)"), "field v"},
      {With(R"("v":{})"), "field v"},
      {With(R"("v":[1])"), "field v"},
      {R"({"v":2,"type":"Coverage"})", "field v"},
      {R"({"v":2,"type":"Forget","post":"p"})", "field v"},
      {R"({"type":"Tombstone","id":"n","v":3})", "field v"},
  });
}

BOOST_AUTO_TEST_CASE(a_wrong_type_in_a_known_member) {
  for (const std::string name : {"url", "updated", "deleted", "content", "summary", "language",
                                 "inReplyTo", "context", "object", "quoteUri", "via"}) {
    for (const std::string value : {"1", "true", "false", "{}", "[]", R"(["x"])", R"({"a":1})"}) {
      CheckRejects({{With("\"" + name + "\":" + value), "field " + name + ": wrong JSON type"}});
    }
  }
  CheckRejects({
      {R"({"type":1,"id":"n"})", "field type: wrong JSON type"},
      {R"({"type":["Note"],"id":"n"})", "field type: wrong JSON type"},
      {R"({"type":"Note","id":5,"published":"2013-06-25T18:14:45Z"})", "field id: wrong JSON type"},
      {R"({"type":"Note","id":"n","published":1372184085})", "field published: wrong JSON type"},
      {With(R"("attributedTo":5)"), "field attributedTo: wrong JSON type"},
      {With(R"("attributedTo":["a"])"), "field attributedTo: wrong JSON type"},
      {With(R"("attributedTo":[{"id":"a"}])"), "field attributedTo: wrong JSON type"},
      {With(R"("sensitive":"true")"), "field sensitive: wrong JSON type"},
      {With(R"("sensitive":1)"), "field sensitive: wrong JSON type"},
      {With(R"("tag":"x")"), "field tag: wrong JSON type"},
      {With(R"("tag":{"type":"Hashtag"})"), "field tag: wrong JSON type"},
      {With(R"("attachment":7)"), "field attachment: wrong JSON type"},
      {With(R"("source":"mastodon")"), "field source: wrong JSON type"},
      {With(R"("source":[])"), "field source: wrong JSON type"},
  });
}

BOOST_AUTO_TEST_CASE(a_wrong_type_in_a_member_of_a_member) {
  CheckRejects({
      {With(R"("attributedTo":{"id":1})"), "field attributedTo: a wrong JSON type in id"},
      {With(R"("attributedTo":{"id":{"x":1}})"), "field attributedTo: a wrong JSON type in id"},
      {With(R"("attributedTo":{"id":"a","preferredUsername":[]})"), "in preferredUsername"},
      {With(R"("attributedTo":{"id":"a","icon":{"url":"u"}})"), "in icon"},
      {With(R"("tag":["x"])"), "field tag: an item is no object"},
      {With(R"("tag":[null])"), "field tag: an item is no object"},
      {With(R"("tag":[{},1])"), "field tag: an item is no object"},
      {With(R"("tag":[[{}]])"), "field tag: an item is no object"},
      {With(R"("tag":[""])"), "field tag: an item is no object"},
      {With(R"("attachment":[true])"), "field attachment: an item is no object"},
      {With(R"("tag":[{"type":1}])"), "field tag: a wrong JSON type in type"},
      {With(R"("tag":[{"name":"ok"},{"href":false}])"), "field tag: a wrong JSON type in href"},
      {With(R"("attachment":[{"width":"800"}])"), "field attachment: a wrong JSON type in width"},
      {With(R"("attachment":[{"height":true}])"), "in height"},
      {With(R"("attachment":[{"mediaType":1}])"), "in mediaType"},
      {With(R"("source":{"kind":1})"), "field source: a wrong JSON type in kind"},
      {With(R"("source":{"instance":[]})"), "in instance"},
      {With(R"("source":{"retrieved":1})"), "in retrieved"},
  });
  // Members that this kind of object does not have are unknown ones.
  CheckAccepts({With(R"("attributedTo":{"id":"a","href":1,"width":"x","kind":[]})"),
                With(R"("tag":[{"id":5,"url":{},"width":"x","more":[{"type":1}]}])"),
                With(R"("attachment":[{"href":1,"id":2,"more":3}])"),
                With(R"("source":{"id":1,"name":[],"type":{"kind":1}})")});
}

BOOST_AUTO_TEST_CASE(unknown_members_of_any_type_are_ignored) {
  const Post bare = ReadPost("{" + kNote + "}");
  for (const std::string name : {"author", "from", "to", "complete", "why", "post", "@context", "",
                                 "Type", "ID", "in_reply_to", "\\u00e9", "🎉"}) {
    for (const std::string value :
         {"1", "-0.5e-3", "true", "null", R"("s")", "[]", "{}", R"([1,[2,{"id":3}],null])",
          R"({"id":7,"type":[],"tag":{"v":9},"x":{"y":{"z":[{}]}}})"}) {
      BOOST_TEST_CONTEXT(name << " " << value) {
        BOOST_TEST((ReadPost(With("\"" + name + "\":" + value)) == bare));
        BOOST_TEST((ReadPost("{\"" + name + "\":" + value + "," + kNote + "}") == bare));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(bounds_of_ids) {
  const std::string longest(kIdBytesMax, 'x');
  const auto note = [](const std::string& id) {
    return R"({"type":"Note","id":")" + id + R"(","published":"2013-06-25T18:14:45Z"})";
  };
  CheckAccepts({note(longest), note("with blanks and ünïcode"),
                With(R"("inReplyTo":")" + longest + "\""),
                With(R"("context":")" + longest + "\"")});
  CheckRejects({
      {note(longest + "x"), "field id: longer than 2048 bytes"},
      {note("a\\nb"), "field id: has a control character"},
      {note("a\\u007f"), "field id: has a control character"},
      {note("a\xc2\x85"), "field id: has a control character"},
      {With(R"("inReplyTo":")" + longest + "x\""), "field inReplyTo: longer than 2048 bytes"},
      {With(R"("inReplyTo":"\t")"), "field inReplyTo: has a control character"},
      {With(R"("context":")" + longest + "x\""), "field context: longer than 2048 bytes"},
      {With(R"("context":"\u0001")"), "field context: has a control character"},
      {R"({"type":"Announce","id":"n","published":"2013-06-25T18:14:45Z","object":")" + longest +
           "x\"}",
       "field object: longer than 2048 bytes"},
      {R"({"type":"Announce","id":"n","published":"2013-06-25T18:14:45Z","object":"\r"})",
       "field object: has a control character"},
  });
}

BOOST_AUTO_TEST_CASE(times) {
  for (const std::string name : {"updated", "deleted"}) {
    for (const std::string time : {"2013-06-25", "yesterday", "2013-13-01T00:00:00Z",
                                   "2013-06-25T18:14:45", "0000-01-01T00:00:00Z"}) {
      CheckRejects(
          {{With("\"" + name + "\":\"" + time + "\""), "field " + name + ": cannot read"}});
    }
  }
  CheckRejects({
      {R"({"type":"Note","id":"n","published":"soon"})",
       "field published: cannot read the time \"soon\""},
      {With(R"("source":{"retrieved":"soon"})"), "field source: cannot read the time retrieved"},
      {R"({"type":"Tombstone","id":"n","deleted":"x"})", "field deleted: cannot read"},
  });
  const auto published = [](const std::string& time) {
    return FormatTime(
        *ReadPost(R"({"type":"Note","id":"n","published":")" + time + "\"}").published);
  };
  BOOST_TEST(published("2013-06-25T18:14:60Z") == "2013-06-25T18:15:00.000Z");
  BOOST_TEST(published("2013-06-25t18:14:45.98765z") == "2013-06-25T18:14:45.987Z");
  BOOST_TEST(published("2013-06-25 23:59:59.9-23:59") == "2013-06-26T23:58:59.900Z");
  BOOST_TEST(published("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00.000Z");
}

BOOST_AUTO_TEST_CASE(times_past_the_retrieval_are_rejected) {
  const std::string source = R"("source":{"retrieved":"2013-06-24T18:14:45Z"})";
  CheckAccepts({With(source), With(R"("updated":"2013-06-25T18:14:45Z",)" + source),
                With(R"("updated":"9999-12-31T23:59:59Z")")});
  CheckRejects({
      {With(R"("source":{"retrieved":"2013-06-24T18:14:44.999Z"})"),
       "field published: more than a day after source.retrieved"},
      {With(R"("updated":"2013-06-25T18:14:45.001Z",)" + source),
       "field updated: more than a day after source.retrieved"},
      {R"({"type":"Tombstone","id":"n","published":"2013-06-25T18:14:45.001Z",)" + source + "}",
       "field published: more than a day"},
  });
}

BOOST_AUTO_TEST_CASE(an_author_may_be_a_string_and_needs_an_id) {
  BOOST_TEST(
      (ReadPost(With(R"("attributedTo":"a")")).attributed_to == Author{"a", "", "", "", ""}));
  BOOST_TEST((ReadPost(With(R"("attributedTo":{"name":"N"})")).attributed_to == Author{}));
  BOOST_TEST((ReadPost(With(R"("attributedTo":{"id":"","name":"N"})")).attributed_to == Author{}));
  BOOST_TEST(
      (ReadPost(With(R"("attributedTo":{"name":"N","id":null})")).attributed_to == Author{}));
}

BOOST_AUTO_TEST_CASE(a_tombstone_keeps_structure_only) {
  const std::string body =
      R"("published":"2013-06-25T18:14:45Z","inReplyTo":"r","context":"c",)"
      R"("source":{"kind":"k"},"url":"u","updated":"2013-06-26T00:00:00Z","attributedTo":"a",)"
      R"("content":"x","summary":"s","language":"en","sensitive":true,"quoteUri":"q",)"
      R"("tag":[{"name":"#t"}],"attachment":[{"url":"u"}],"object":"o","via":"thread"})";
  BOOST_TEST(Normal(R"({"type":"Tombstone","id":"n","deleted":"2014-01-01T00:00:00Z",)" + body) ==
             R"({"v":1,"type":"Tombstone","id":"n","published":"2013-06-25T18:14:45.000Z",)"
             R"("deleted":"2014-01-01T00:00:00.000Z","inReplyTo":"r","context":"c",)"
             R"("source":{"kind":"k"}})");
  BOOST_TEST(Normal(R"({"type":"Tombstone","id":"n"})") ==
             R"({"v":1,"type":"Tombstone","id":"n"})");
  // What is dropped is checked all the same.
  CheckRejects({{R"({"type":"Tombstone","id":"n","content":1})", "field content: wrong"},
                {R"({"type":"Tombstone","id":"n","tag":[1]})", "field tag: an item"},
                {R"({"type":"Tombstone","id":"n","via":"x"})", "field via: unknown"}});
}

BOOST_AUTO_TEST_CASE(an_announce_has_an_object_and_no_content) {
  BOOST_TEST(Normal(R"({"type":"Announce","id":"n","published":"2013-06-25T18:14:45Z",)"
                    R"("object":"o","content":"x","summary":"s","quoteUri":"q",)"
                    R"("tag":[{"name":"#t"}],"attachment":[{"url":"u"}],"attributedTo":"a"})") ==
             R"({"v":1,"type":"Announce","id":"n","published":"2013-06-25T18:14:45.000Z",)"
             R"("attributedTo":{"id":"a"},"object":"o"})");
  // Others have none, nor has any but a Tombstone a time of deletion.
  BOOST_TEST(Normal(With(R"("object":"o","deleted":"2014-01-01T00:00:00Z")")) ==
             R"({"v":1,"type":"Note","id":"n","published":"2013-06-25T18:14:45.000Z"})");
}

BOOST_AUTO_TEST_CASE(coverage) {
  BOOST_TEST(Normal(R"({"complete":false,"why":"refused","to":"2014-01-01T00:00:00Z",)"
                    R"("from":"2013-01-01T00:00:00+01:00","source":"s","type":"Coverage"})") ==
             R"({"v":1,"type":"Coverage","source":"s","from":"2012-12-31T23:00:00.000Z",)"
             R"("to":"2014-01-01T00:00:00.000Z","complete":false,"why":"refused"})");
  const std::string begin = R"({"type":"Coverage","id":5,"content":[],"tag":1,)";
  const std::string times = R"("from":"2013-01-01T00:00:00Z","to":"2014-01-01T00:00:00Z",)";
  CheckAccepts({begin + times + R"("source":"s","complete":true})"});
  CheckRejects({
      {begin + times + R"("complete":true})", "field source: missing"},
      {begin + times + R"("source":"","complete":true})", "field source: missing"},
      {begin + times + R"("source":{"kind":"k"},"complete":true})", "field source: missing"},
      {begin + times + R"("source":1,"complete":true})", "field source: wrong JSON type"},
      {begin + times + R"("source":"a\nb","complete":true})", "field source: has a control"},
      {begin + times + R"("source":"s"})", "field complete: missing"},
      {begin + times + R"("source":"s","complete":null})", "field complete: missing"},
      {begin + times + R"("source":"s","complete":"yes"})", "field complete: wrong JSON type"},
      {begin + times + R"("source":"s","complete":true,"why":1})", "field why: wrong JSON type"},
      {begin + R"("source":"s","complete":true,"to":"2014-01-01T00:00:00Z"})",
       "field from: missing"},
      {begin + R"("source":"s","complete":true,"from":"2014-01-01T00:00:00Z"})",
       "field to: missing"},
      {begin + R"("source":"s","complete":true,"from":"x","to":"2014-01-01T00:00:00Z"})",
       "field from: cannot read"},
      {begin + R"("source":"s","complete":true,"to":"2013-12-31T23:59:59Z",)"
               R"("from":"2014-01-01T00:00:00Z"})",
       "field to: before from"},
  });
}

BOOST_AUTO_TEST_CASE(forget) {
  BOOST_TEST(Normal(R"({"post":"p","type":"Forget"})") == R"({"v":1,"type":"Forget","post":"p"})");
  BOOST_TEST(Normal(R"({"type":"Forget","author":"a","post":null,"v":1,"id":7})") ==
             R"({"v":1,"type":"Forget","author":"a"})");
  CheckRejects({
      {R"({"type":"Forget"})", "exactly one of post and author"},
      {R"({"type":"Forget","post":"","author":null})", "exactly one of post and author"},
      {R"({"type":"Forget","post":"p","author":"a"})", "exactly one of post and author"},
      {R"({"type":"Forget","post":1})", "field post: wrong JSON type"},
      {R"({"type":"Forget","author":["a"]})", "field author: wrong JSON type"},
      {R"({"type":"Forget","post":"\n"})", "field post: has a control character"},
      {R"({"type":"Forget","author":")" + std::string(2049, 'x') + "\"}",
       "field author: longer than 2048 bytes"},
  });
}

BOOST_AUTO_TEST_CASE(one_reader_keeps_nothing_of_what_it_read_before) {
  const std::vector<std::string> values = {
      With(R"("url":"u","updated":"2013-06-26T00:00:00Z","attributedTo":{"id":"a","name":"N"},)"
           R"("content":"c","summary":"s","language":"l","sensitive":true,"inReplyTo":"r",)"
           R"("context":"x","quoteUri":"q","tag":[{"name":"t"}],"attachment":[{"url":"m"}],)"
           R"("via":"thread","source":{"kind":"k","retrieved":"2026-01-02T03:04:05Z"})"),
      "{" + kNote + "}",
      R"({"type":"Announce","id":"n","published":"2013-06-25T18:14:45Z","object":"o"})",
      R"({"type":"Tombstone","id":"n","deleted":"2013-06-25T18:14:45Z"})",
      R"({"type":"Coverage","source":"s","from":"2013-01-01T00:00:00Z",)"
      R"("to":"2014-01-01T00:00:00Z","complete":true,"why":"w"})",
      R"({"type":"Coverage","source":"s","from":"2013-01-01T00:00:00Z",)"
      R"("to":"2014-01-01T00:00:00Z","complete":false})",
      R"({"type":"Forget","post":"p"})",
      R"({"type":"Forget","author":"a"})"};
  PostReader reader;
  for (const std::string& before : values) {
    for (const std::string& now : values) {
      BOOST_REQUIRE(reader.Read(before));
      BOOST_REQUIRE(!reader.Read(R"({"type":"Note","id":"bad","content":"old","published":1})"));
      BOOST_REQUIRE(reader.Read(now));
      BOOST_TEST_CONTEXT(before << " then " << now) {
        BOOST_TEST(Written(reader.value()) == Normal(now));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
