#include "ingest/source_mastodon.h"

#include "tests/ingest/source_mastodon_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::MastodonFixture;
using test::MastodonHost;
using Lines = std::vector<std::string>;

void Compare(const Lines& found, const Lines& wanted) {
  BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
}

// A conversation with tagged and untagged replies; each post a second after the one before.
struct Talk {
  explicit Talk(MastodonHost& host) {
    const auto post = [&](const std::string& text, const std::vector<std::string>& tags,
                          const std::string& parent) {
      host.now += 1'000;
      return host.Post(text, tags, parent);
    };
    host.now -= 10'000;
    root = post("root", {"educhat"}, "");
    plain = post("plain reply", {}, root);
    tagged = post("tagged reply", {"educhat"}, plain);
    deep = post("deep reply", {}, tagged);
    post("of another hashtag", {"other"}, "");
    above = post("not tagged", {}, "");
    below = post("tagged answer", {"educhat"}, above);
    host.now += 3'000;
  }
  std::string root, plain, tagged, deep, above, below;
};
const Lines kTalk = {"educhat root",
                     "educhat plain reply thread",
                     "educhat tagged reply",
                     "educhat deep reply thread",
                     "educhat not tagged thread",
                     "educhat tagged answer"};

}  // namespace

BOOST_AUTO_TEST_SUITE(source_mastodon)

BOOST_AUTO_TEST_CASE(options) {
  const struct {
    const char* what;
    std::map<std::string, std::string, std::less<>> options;
    const char* error;
  } cases[] = {
      {"all",
       {{"base", "https://a.example"},
        {"token_file", "/x"},
        {"since", "2020-01-01T00:00:00Z"},
        {"requests_a_day", "100"},
        {"revisit_for", "30d"},
        {"stream", "false"}},
       ""},
      {"several", {{"base", "https://a.example  https://b.example:444"}}, ""},
      {"none", {}, "`base` is missing"},
      {"path", {{"base", "https://a.example/tags/x"}}, "is more than the address of an instance"},
      {"no url", {{"base", "a.example"}}, "`base`: "},
      {"twice", {{"base", "https://a.example https://A.example:443/"}}, "twice"},
      {"token",
       {{"base", "https://a.example https://b.example"}, {"token_file", "/x"}},
       "`token_file` belongs to one instance"},
      {"unknown", {{"base", "https://a.example"}, {"path", "/x"}}, "`path` is nothing"},
      {"since", {{"base", "https://a.example"}, {"since", "lately"}}, "is no time"},
      {"stream", {{"base", "https://a.example"}, {"stream", "yes"}}, "is not true or false"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.what) {
      const auto source = MakeMastodonSource(test::MastodonSpec(c.options));
      const std::string error = source ? "" : source.error().message;
      BOOST_TEST((*c.error == '\0' ? error.empty() : error.find(c.error) != std::string::npos),
                 error);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_conversation_is_read_whole) {
  MastodonFixture fixture;
  const Talk talk(*fixture.host);
  const Status run = fixture.Run();
  BOOST_REQUIRE_MESSAGE(run, (run ? "" : run.error().message));
  Compare(fixture.context->Timeline(), kTalk);
  BOOST_TEST(fixture.context->rejects.empty());
  for (const auto& record : fixture.context->records) {
    if (record.post.content != "<p>deep reply</p>") continue;
    BOOST_TEST(record.post.in_reply_to == fixture.host->At(talk.tagged).uri);
  }
  // Again: nothing new, and nothing is written again.
  const std::size_t records = fixture.context->records.size();
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->records.size() == records);
  // What came since.
  fixture.host->now = fixture.context->now += 3'600'000;
  fixture.host->Post("late", {}, talk.root);
  fixture.host->Post("news", {"educhat"});
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->records.size() == records + 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
