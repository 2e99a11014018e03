#include "model/timeline_record_json.h"

#include <boost/test/unit_test.hpp>
#include <random>

namespace latecomer {
namespace {

constexpr TimeMs kTime = 1'372'184'085'000;  // 2013-06-25T18:14:45.000Z

TimelineRecord Record(decltype(TimelineRecord::body) body) {
  return {"tag", {3, 42}, std::move(body)};
}

std::string KeyOf(const TimelineRecord& record) {
  std::string key;
  AppendTimelineKey(key, record);
  return key;
}

std::optional<std::string> ValueOf(const TimelineRecord& record) {
  std::string value;
  if (!AppendTimelineValue(value, record)) return std::nullopt;
  return value;
}

TimelineRecord Read(const std::string& key, const std::optional<std::string>& value,
                    ReadContentToo content = ReadContentToo::kYes) {
  Result<TimelineRecord> record = ReadTimelineRecord(key, value, content);
  BOOST_REQUIRE_MESSAGE(record, (record ? "" : record.error().message));
  return *record;
}

// The record stands so in the topic, and is read back as it was.
void CheckGolden(const TimelineRecord& record, const std::string& key, const std::string& value) {
  BOOST_TEST(KeyOf(record) == key);
  BOOST_TEST(ValueOf(record).value_or("null") == value);
  BOOST_TEST((Read(key, value) == record), "not read back: " << value);
}

std::string ErrorOf(const std::string& key, const std::string& value) {
  const Result<TimelineRecord> record = ReadTimelineRecord(key, value, ReadContentToo::kYes);
  if (record) return "";
  BOOST_TEST((record.error().code == ErrorCode::kCorrupt));
  return record.error().message;
}

EntryRecord Entry() {
  EntryRecord entry;
  entry.id = "https://a.example/1 with blank";
  entry.n = 2877685650370560000;
  entry.tree = 7;
  entry.published = kTime;
  entry.author = "ana";
  entry.stamp = kTime + 1;
  entry.digest = 0x0123456789abcdefU;
  entry.content = R"({"content":"<p>x</p>"})";
  return entry;
}

BOOST_AUTO_TEST_SUITE(timeline_record_json)

BOOST_AUTO_TEST_CASE(an_entry) {
  EntryRecord entry = Entry();
  CheckGolden(Record(entry), "tag entry https://a.example/1 with blank",
              R"({"v":1,"kind":"entry","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("n":2877685650370560000,"tree":7,"published":"2013-06-25T18:14:45.000Z",)"
              R"("via":"tag","author":"ana","stamp":"2013-06-25T18:14:45.001Z",)"
              R"("digest":"0123456789abcdef","post":{"content":"<p>x</p>"}})");
  entry.id = "1";
  entry.parents = {"p1", "p2"};
  entry.contexts = {"c"};
  entry.root = true;
  entry.via = Via::kThread;
  entry.author = "";
  entry.authors = {"ana", "ben"};
  entry.deleted = true;
  entry.deleted_at = kTime + 2;
  entry.content = "";
  entry.digest = ~std::uint64_t{0};
  CheckGolden(Record(entry), "tag entry 1",
              R"({"v":1,"kind":"entry","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("n":2877685650370560000,"tree":7,"published":"2013-06-25T18:14:45.000Z",)"
              R"("parent":["p1","p2"],"context":"c","root":true,"via":"thread",)"
              R"("authors":["ana","ben"],"deleted":"2013-06-25T18:14:45.002Z",)"
              R"("stamp":"2013-06-25T18:14:45.001Z","digest":"ffffffffffffffff"})");
}

BOOST_AUTO_TEST_CASE(an_entry_of_tombstones_only) {
  EntryRecord entry = Entry();
  entry.id = "1";
  entry.has_note = false;
  entry.deleted = true;
  entry.author = "";
  entry.stamp = 0;
  entry.digest = 0;
  entry.content = "";
  CheckGolden(Record(entry), "tag entry 1",
              R"({"v":1,"kind":"entry","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("n":2877685650370560000,"tree":7,"published":"2013-06-25T18:14:45.000Z",)"
              R"("via":"tag","deleted":true})");
  entry.n = entry.tree = entry.published = 0;
  entry.unpublished = true;
  entry.via = Via::kThread;
  entry.parents = {"p"};
  CheckGolden(Record(entry), "tag entry 1",
              R"({"v":1,"kind":"entry","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("parent":"p","via":"thread","deleted":true})");
}

BOOST_AUTO_TEST_CASE(a_link) {
  EntryRecord link = Entry();
  link.id = "1";
  link.is_link = true;
  link.parents = {"p"};
  link.stamp = 0;
  link.digest = 0;
  link.content = "";
  CheckGolden(Record(link), "tag link 1",
              R"({"v":1,"kind":"link","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("n":2877685650370560000,"tree":7,"published":"2013-06-25T18:14:45.000Z",)"
              R"("parent":"p","via":"tag","author":"ana"})");
}

BOOST_AUTO_TEST_CASE(a_repost) {
  RepostRecord repost;
  repost.id = "r";
  repost.objects = {"o"};
  repost.published = kTime;
  repost.by = "ben";
  repost.stamp = kTime;
  repost.digest = 255;
  CheckGolden(Record(repost), "tag repost r",
              R"({"v":1,"kind":"repost","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("object":"o","published":"2013-06-25T18:14:45.000Z","by":"ben",)"
              R"("stamp":"2013-06-25T18:14:45.000Z","digest":"00000000000000ff"})");
  repost.objects = {"o", "p"};
  repost.published.reset();
  repost.by = "";
  repost.authors = {"a", "b"};
  repost.deleted = true;
  CheckGolden(Record(repost), "tag repost r",
              R"({"v":1,"kind":"repost","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("object":["o","p"],"authors":["a","b"],"deleted":true,)"
              R"("stamp":"2013-06-25T18:14:45.000Z","digest":"00000000000000ff"})");
}

BOOST_AUTO_TEST_CASE(a_tree) {
  const std::string begin =
      R"({"v":1,"kind":"tree","hashtag":"tag","cause":{"partition":3,"offset":42})";
  CheckGolden(Record(TreeRecord{7, "top", {}}), "tag tree 7", begin + R"(,"root":"top"})");
  CheckGolden(Record(TreeRecord{7, "", 0}), "tag tree 7", begin + R"(,"merged_into":0})");
  CheckGolden(Record(TreeRecord{7, "", {}}), "tag tree 7", begin + "}");
}

BOOST_AUTO_TEST_CASE(a_session) {
  const std::string begin =
      R"({"v":1,"kind":"session","hashtag":"tag","cause":{"partition":3,"offset":42})";
  CheckGolden(Record(SessionRecord{kTime, kTime, kTime + 1, kTime + 2, false, ""}),
              "tag session 2013-06-25T18:14:45.000Z",
              begin + R"(,"first":"2013-06-25T18:14:45.000Z","last":"2013-06-25T18:14:45.001Z",)"
                      R"("ends":"2013-06-25T18:14:45.002Z","event":null})");
  CheckGolden(Record(SessionRecord{kTime, {}, {}, kTime + 2, true, "A \"title\""}),
              "tag session 2013-06-25T18:14:45.000Z",
              begin + R"(,"first":null,"last":null,"ends":"2013-06-25T18:14:45.002Z",)"
                      R"("event":"A \"title\""})");
  // An event without a title is one all the same.
  CheckGolden(Record(SessionRecord{kTime, {}, {}, kTime, true, ""}),
              "tag session 2013-06-25T18:14:45.000Z",
              begin + R"(,"first":null,"last":null,"ends":"2013-06-25T18:14:45.000Z","event":""})");
}

BOOST_AUTO_TEST_CASE(coverage_and_forgotten) {
  CheckGolden(Record(CoverageRecord{"a source", {{0, 1, true, ""}, {1, 1000, false, "why"}}}),
              "tag coverage a source",
              R"({"v":1,"kind":"coverage","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("ranges":[{"from":"1970-01-01T00:00:00.000Z","to":"1970-01-01T00:00:00.001Z",)"
              R"("complete":true},{"from":"1970-01-01T00:00:00.001Z",)"
              R"("to":"1970-01-01T00:00:01.000Z","complete":false,"why":"why"}]})");
  CheckGolden(Record(CoverageRecord{"s", {}}), "tag coverage s",
              R"({"v":1,"kind":"coverage","hashtag":"tag","cause":{"partition":3,"offset":42},)"
              R"("ranges":[]})");
  TimelineRecord forgotten = Record(ForgottenRecord{std::string(64, 'a'), kTime, true, false});
  forgotten.hashtag = "";
  CheckGolden(forgotten, " forgotten " + std::string(64, 'a'),
              R"({"v":1,"kind":"forgotten","hashtag":"","cause":{"partition":3,"offset":42},)"
              R"("at":"2013-06-25T18:14:45.000Z","post":true})");
}

BOOST_AUTO_TEST_CASE(what_is_no_more_has_the_value_null) {
  for (const std::string kind : {"entry", "link", "repost", "session"}) {
    TimelineRecord removed = Record(RemovedRecord{kind, "an id"});
    BOOST_TEST(KeyOf(removed) == "tag " + kind + " an id");
    std::string untouched = "as it was";
    BOOST_TEST(!AppendTimelineValue(untouched, removed));
    BOOST_TEST(untouched == "as it was");
    removed.cause = {};
    BOOST_TEST((Read("tag " + kind + " an id", std::nullopt) == removed));
  }
}

BOOST_AUTO_TEST_CASE(the_content_is_read_only_where_it_is_asked_for) {
  EntryRecord entry = Entry();
  const TimelineRecord record = Record(entry);
  entry.content = "";
  BOOST_TEST((Read(KeyOf(record), ValueOf(record), ReadContentToo::kNo) == Record(entry)));
}

BOOST_AUTO_TEST_CASE(what_looks_like_content_inside_a_string_is_none) {
  EntryRecord entry = Entry();
  entry.id = R"(x,"post":{"a":1})";
  entry.author = R"(,"post":{)";
  entry.parents = {R"(,"post":{})", R"(\,"post":{)"};
  entry.content = R"({"content":"a\",\"post\":{\"b\":1}","summary":",\"post\":{"})";
  for (const bool is_link : {false, true}) {
    entry.is_link = is_link;
    if (is_link) {
      entry.stamp = 0;
      entry.digest = 0;
      entry.content = "";
    }
    const TimelineRecord record = Record(entry);
    BOOST_TEST((Read(KeyOf(record), ValueOf(record)) == record));
    EntryRecord without = entry;
    without.content = "";
    BOOST_TEST((Read(KeyOf(record), ValueOf(record), ReadContentToo::kNo) == Record(without)));
  }
}

struct BadCase {
  std::string key;
  std::string value;
  std::string says;
};

BOOST_AUTO_TEST_CASE(what_is_corrupt_is_named) {
  const std::string v = R"({"v":1,)";
  const std::string time = R"("2013-06-25T18:14:45.000Z")";
  const std::string good_entry = v + R"("n":1,"tree":2,"published":)" + time;
  const std::string of_note = R"(,"stamp":)" + time + R"(,"digest":"0123456789abcdef")";
  const std::string session = "tag session 2013-06-25T18:14:45.000Z";
  BOOST_TEST(ErrorOf("tag entry x", good_entry + of_note + "}") == "");
  const std::vector<BadCase> cases = {
      {"", v + "}", "the key"},
      {"tag", v + "}", "the key"},
      {"tag entry", v + "}", "the key"},
      {"tag entry x", "", "no JSON object"},
      {"tag entry x", "[]", "no JSON object"},
      {"tag entry x", good_entry, "no JSON object"},
      {"tag entry x", good_entry + of_note + "}}", "no JSON object"},
      {"tag entry x", "{}", "v is not 1"},
      {"tag entry x", R"({"v":2})", "v is not 1"},
      {"tag entry x", R"({"v":"1"})", "v is not 1"},
      {"tag other x", v + R"("a":1})", "unknown kind"},
      {"tag entry x", v + R"("tree":2,"published":)" + time + of_note + "}", "bad member n"},
      {"tag entry x", v + R"("n":1.5,"tree":2,"published":)" + time + of_note + "}",
       "bad member n"},
      {"tag entry x", v + R"("n":1,"published":)" + time + of_note + "}", "bad member tree"},
      {"tag entry x", v + R"("n":1,"tree":"2","published":)" + time + "}", "bad member tree"},
      {"tag entry x", v + R"("n":1,"tree":2,"published":"soon"})", "bad member published"},
      {"tag entry x", v + R"("n":1,"tree":2})", "bad member published"},
      {"tag entry x", good_entry + R"(,"parent":1)" + of_note + "}", "bad member parent"},
      {"tag entry x", good_entry + R"(,"parent":["p",1])" + of_note + "}", "bad member parent"},
      {"tag entry x", good_entry + R"(,"context":{})" + of_note + "}", "bad member context"},
      {"tag entry x", good_entry + R"(,"root":1)" + of_note + "}", "bad member root"},
      {"tag entry x", good_entry + R"(,"author":[])" + of_note + "}", "bad member author"},
      {"tag entry x", good_entry + R"(,"deleted":false)" + of_note + "}", "bad member deleted"},
      {"tag entry x", good_entry + R"(,"deleted":"x")" + of_note + "}", "bad member deleted"},
      {"tag entry x", good_entry + R"(,"stamp":)" + time + "}", "bad member digest"},
      {"tag entry x", good_entry + R"(,"stamp":)" + time + R"(,"digest":"0123"})",
       "bad member digest"},
      {"tag entry x", good_entry + R"(,"stamp":)" + time + R"(,"digest":"012345678 abcdef"})",
       "bad member digest"},
      {"tag entry x", good_entry + R"(,"stamp":1,"digest":"0123456789abcdef"})",
       "bad member stamp"},
      {"tag repost x", v + R"("object":"o"})", "bad member stamp"},
      {"tag repost x", v + R"("object":1)" + of_note + "}", "bad member object"},
      {"tag tree x", v + R"("root":"r"})", "bad member key"},
      {"tag tree 7x", v + R"("root":"r"})", "bad member key"},
      {"tag tree 99999999999999999999", v + R"("root":"r"})", "bad member key"},
      {"tag tree 7", v + R"("root":1})", "bad member root"},
      {"tag tree 7", v + R"("merged_into":"6"})", "bad member merged_into"},
      {"tag session x", v + R"("ends":)" + time + "}", "bad member key"},
      {session, v + R"("first":null})", "bad member ends"},
      {session, v + R"("first":1,"ends":)" + time + "}", "bad member first"},
      {session, v + R"("event":true,"ends":)" + time + "}", "bad member event"},
      {"tag coverage s", v + R"("other":1})", "bad member ranges"},
      {"tag coverage s", v + R"("ranges":[1]})", "bad member ranges"},
      {"tag coverage s", v + R"("ranges":[{"from":)" + time + "}]}", "bad member ranges"},
      {" forgotten x", v + R"("post":true})", "bad member at"},
      {" forgotten x", v + R"("post":"x","at":)" + time + "}", "bad member post"},
  };
  for (const BadCase& bad : cases) {
    BOOST_TEST_CONTEXT(bad.key << " = " << bad.value) {
      const std::string message = ErrorOf(bad.key, bad.value);
      BOOST_TEST(message.find(bad.says) != std::string::npos, message);
      BOOST_TEST(message.find("\"" + bad.key + "\"") != std::string::npos, message);
    }
  }
}

// Records as the builder may write them.
class RandomRecords {
 public:
  explicit RandomRecords(unsigned seed) : random_(seed) {}

  TimelineRecord Next() {
    TimelineRecord record;
    record.hashtag = "täg";
    record.cause = {static_cast<std::int32_t>(random_() % 32),
                    static_cast<std::int64_t>(random_() % 1000) - 1};
    switch (random_() % 6) {
      case 0:
        record.body = RandomRepost();
        break;
      case 1:
        record.body = TreeRecord{static_cast<std::int64_t>(random_()), Text(), {}};
        break;
      case 2:
        record.body = SessionRecord{Time(), MaybeTime(), MaybeTime(), Time(), true, Text()};
        break;
      case 3:
        record.body = CoverageRecord{Text(), {{Time(), Time(), Chance(), Text()}}};
        break;
      default:
        record.body = RandomEntry();
    }
    return record;
  }

 private:
  bool Chance() { return random_() % 2 == 0; }
  std::string Text() {
    static const char* const kPieces[] = {"x", "\"", "\\", ",\"post\":{", "}", "é", "😀", "\x1f"};
    std::string out;
    for (auto i = random_() % 6; i > 0; --i) out += kPieces[random_() % std::size(kPieces)];
    return out;
  }
  // None of them empty.
  std::vector<std::string> Texts() {
    std::vector<std::string> out;
    while (Chance()) out.push_back("t" + Text());
    return out;
  }
  TimeMs Time() { return static_cast<TimeMs>(random_()) * 50'000 - 60'000'000'000'000 + 1; }
  std::optional<TimeMs> MaybeTime() {
    if (Chance()) return std::nullopt;
    return Time();
  }
  EntryRecord RandomEntry() {
    EntryRecord entry;
    entry.id = "i" + Text();
    entry.n = static_cast<std::int64_t>(random_()) << 21U;
    entry.tree = static_cast<std::int64_t>(random_());
    entry.published = Time();
    entry.parents = Texts();
    entry.contexts = Texts();
    entry.root = Chance();
    entry.via = Chance() ? Via::kTag : Via::kThread;
    entry.author = Text();
    entry.authors = Texts();
    entry.deleted = Chance();
    if (entry.deleted) entry.deleted_at = MaybeTime();
    entry.is_link = Chance();
    if (entry.is_link) return entry;
    entry.stamp = Time();
    entry.digest = (static_cast<std::uint64_t>(random_()) << 32U) + random_();
    if (!entry.deleted) entry.content = R"({"summary":"\",\"post\":{"})";
    return entry;
  }
  RepostRecord RandomRepost() {
    RepostRecord repost;
    repost.id = Text();
    repost.objects = Texts();
    repost.published = MaybeTime();
    repost.by = Text();
    repost.authors = Texts();
    repost.deleted = Chance();
    if (repost.deleted) repost.deleted_at = MaybeTime();
    repost.stamp = Time();
    repost.digest = random_();
    return repost;
  }

  std::mt19937 random_;
};

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_the_same) {
  RandomRecords records(20260102);
  for (int i = 0; i < 2000; ++i) {
    const TimelineRecord record = records.Next();
    const std::string value = *ValueOf(record);
    BOOST_REQUIRE_MESSAGE((Read(KeyOf(record), value) == record), value);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
