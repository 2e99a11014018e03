#include "ingest/source_engage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ingest/engage_answer.h"
#include "model/post_json.h"
#include "tests/ingest/engage_test_server.h"
#include "tests/ingest/fake_context.h"
#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using test::EngagePost;
using test::EngageServer;

constexpr TimeMs kNow = 1'700'000'000'000;
constexpr TimeMs kMinute = 60'000;
constexpr TimeMs kHour = 60 * kMinute;

class Bed {
 public:
  explicit Bed(const std::string& groups = "1", bool once = false) : server(kNow) {
    token_ = (std::filesystem::temp_directory_path() /
              ("latecomer-engage-" + std::to_string(::getpid())))
                 .string();
    std::ofstream(token_) << "secret-token\n";
    spec.name = "e";
    spec.kind = "engage";
    spec.hashtags = {{"tag", "Tag", {}}};
    spec.options = {{"base", server.base()}, {"token_file", token_}};
    if (!groups.empty()) spec.options["groups"] = groups;
    spec.once = once;
    context = std::make_unique<FakeContext>(spec);
    HttpClientSettings settings = test::LoopbackSettings();
    settings.clock = [this] { return server.now.load(); };
    client = test::Client(settings);
    context->client = client.get();
    context->on_wait = [this] {
      server.now = context->now;
      if (context->now >= stop_at_) context->RequestStop();
    };
  }
  ~Bed() { std::filesystem::remove(token_); }

  Status RunFor(TimeMs time) {
    stop_at_ = context->now + time;
    context->ForgetStop();
    return (*MakeEngageSource(spec))->Run(*context);
  }
  void Check(std::vector<std::string> expected) {
    std::vector<std::string> posts = context->TakePosts();
    std::sort(posts.begin(), posts.end());
    std::sort(expected.begin(), expected.end());
    BOOST_CHECK_EQUAL_COLLECTIONS(posts.begin(), posts.end(), expected.begin(), expected.end());
    const std::vector<std::string> violations = server.violations();
    BOOST_CHECK_EQUAL_COLLECTIONS(violations.begin(), violations.end(), violations.begin(),
                                  violations.begin());
  }

  EngageServer server;
  SourceSpec spec;
  std::unique_ptr<HttpClient> client;
  std::unique_ptr<FakeContext> context;

 private:
  std::string token_;
  TimeMs stop_at_ = 0;
};

std::string Tagged(std::int64_t id) { return "tag " + std::to_string(id); }
std::string InThread(std::int64_t id) { return Tagged(id) + " thread"; }

EngagePost Message(const std::string& text, TimeMs at = 0) {
  EngagePost post;
  post.text = text;
  post.at = at;
  return post;
}

EngagePost Reply(std::int64_t thread, std::int64_t to, const std::string& text) {
  EngagePost post = Message(text);
  post.thread = thread;
  post.replied_to = to;
  return post;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_engage)

BOOST_AUTO_TEST_CASE(threads_of_tagged_messages_are_collected_exactly) {
  Bed bed;
  const std::int64_t root = bed.server.Post(Message("no tag", kNow - 10 * kHour));
  const std::int64_t tagged = bed.server.Post(Reply(root, root, "with a #Tag"));
  for (int i = 0; i < 50; ++i) bed.server.Post(Message("other", kNow - kHour));
  const std::int64_t plain = bed.server.Post(Reply(root, tagged, "without"));
  EngagePost about = Message("its topic says so", kNow - kHour);
  about.has_topic = true;
  const std::int64_t topical = bed.server.Post(about);
  BOOST_REQUIRE(bed.RunFor(kHour));
  bed.Check({InThread(root), Tagged(tagged), InThread(plain), Tagged(topical)});

  const std::int64_t late = bed.server.Post(Reply(root, plain, "late"));
  BOOST_REQUIRE(bed.RunFor(kHour));
  bed.Check({InThread(late)});

  bed.server.Edit(plain, "changed");
  bed.server.Delete(late);
  BOOST_REQUIRE(bed.RunFor(24 * kHour));
  bed.Check({InThread(plain), Tagged(late)});  // the later one a Tombstone
}

BOOST_AUTO_TEST_CASE(stopped_at_every_write_nothing_is_missing) {
  Bed bed("1 2", true);
  std::vector<std::string> expected;
  for (int i = 0; i < 30; ++i) {
    EngagePost first = Message("a #tag", kNow - kHour);
    first.group = i % 2 == 0 ? "1" : "2";
    const std::int64_t root = bed.server.Post(first);
    EngagePost answer = Reply(root, root, "answer");
    answer.group = first.group;
    expected.push_back(Tagged(root));
    expected.push_back(InThread(bed.server.Post(answer)));
  }
  Status done = RetryLater("");
  int runs = 0;
  while (!done && ++runs < 60) {
    int writes = 0;
    bed.context->on_write = [&]() -> std::optional<Error> {
      if (++writes > 2) return Conflict("somebody else's");
      return std::nullopt;
    };
    done = bed.RunFor(365 * 24 * kHour);
  }
  BOOST_TEST(runs > 5);
  bed.context->on_write = nullptr;
  BOOST_TEST(static_cast<bool>(bed.RunFor(365 * 24 * kHour)));
  bed.Check(expected);
}

BOOST_AUTO_TEST_CASE(a_day_within_the_limits) {
  Bed bed("1 2 3");
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    EngagePost post = Message("a #tag", kNow - 30 * kHour + i * kMinute);
    post.group = std::to_string(1 + i % 3);
    expected.push_back(Tagged(bed.server.Post(post)));
  }
  BOOST_REQUIRE(bed.RunFor(24 * kHour));
  bed.Check(expected);
  BOOST_TEST(bed.server.requests() > 1'400U);
}

BOOST_AUTO_TEST_CASE(answers_that_are_none_and_pages_that_do_not_end) {
  for (const std::string& garbage :
       {test::Reply(200, "<html>", {"Content-Type: text/html"}),
        test::Reply(200, "{\"messages\":[{"), test::Reply(200, "{}"), test::Reply(503, "")}) {
    Bed bed("", true);
    const std::int64_t post = bed.server.Post(Message("#tag", kNow - kHour));
    bed.server.garbage = garbage;
    bed.server.has_endless_pages = true;
    Status done = bed.RunFor(24 * kHour);
    if (!done) {
      BOOST_TEST((done.error().code == ErrorCode::kRetryLater));
      done = bed.RunFor(24 * kHour);
    }
    BOOST_TEST(static_cast<bool>(done));
    bed.Check({Tagged(post)});
    BOOST_TEST(bed.server.requests() < 50U);
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_read_with_all_that_is_joined) {
  std::string text =
      R"({"messages":[{"id":305298242,"thread_id":305298200,"replied_to_id":305298200,)"
      R"("sender_id":1483,"created_at":"2013/06/25 18:14:45 +0000","web_url":"https://www.yammer.com/x",)"
      R"("body":{"plain":"Hi #Tag","rich":"Hi <b>#Tag</b><script>x</script>"}},)"
      R"({"id":5,"direct_message":true,"created_at":"2013/06/25 18:14:45 +0000"},{"id":"no"},)"
      R"({"id":6,"created_at":"yesterday"}],"references":[{"type":"user","id":1483,"name":"ana",)"
      R"("full_name":"Ana"}],"meta":{"older_available":true}})";
  EngageReader reader;
  const Result<EngagePage> page = reader.Read(text, kNow);
  BOOST_REQUIRE(page);
  BOOST_TEST(page->older_available);
  BOOST_TEST(page->faults.size() == 2U);
  BOOST_TEST(page->oldest == 5);
  BOOST_REQUIRE(page->messages.size() == 1U);
  const Post& post = page->messages[0].post;
  BOOST_TEST(post.id == "https://www.yammer.com/api/v1/messages/305298242");
  BOOST_TEST(post.in_reply_to == "https://www.yammer.com/api/v1/messages/305298200");
  BOOST_TEST(post.context == post.in_reply_to);
  BOOST_TEST(post.attributed_to.id == "https://www.yammer.com/api/v1/users/1483");
  BOOST_TEST(post.attributed_to.name == "Ana");
  BOOST_TEST(post.content == "Hi <b>#Tag</b>");
  BOOST_TEST(FormatTime(*post.published) == "2013-06-25T18:14:45.000Z");
  BOOST_TEST((page->messages[0].hashtags == std::vector<std::string>{"tag"}));
}

BOOST_AUTO_TEST_CASE(options_token_and_doctor) {
  Bed bed;
  for (const auto& [option, value] : {std::pair<std::string, std::string>{"groups", "one"},
                                      {"since", "then"},
                                      {"search", "all"},
                                      {"token_file", ""}}) {
    SourceSpec spec = bed.spec;
    spec.options[option] = value;
    const auto made = MakeEngageSource(spec);
    BOOST_TEST((!made && made.error().code == ErrorCode::kInvalid), option);
  }
  const auto findings = (*MakeEngageSource(bed.spec))->Check(*bed.context);
  BOOST_REQUIRE(findings.size() == 2U);
  BOOST_TEST(findings[1].text.find("#tag is a topic") != std::string::npos);
  BOOST_TEST(bed.context->writes == 0);
  std::ofstream(bed.spec.options["token_file"]) << "another";
  const Status refused = bed.RunFor(kHour);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kFatal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
