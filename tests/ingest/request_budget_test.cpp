#include "ingest/request_budget.h"

#include <boost/test/unit_test.hpp>

#include "ingest/http_source.h"
#include "tests/ingest/fake_context.h"
#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::Get;
using test::TestServer;

constexpr std::int64_t kHour = 3'600'000;

}  // namespace

BOOST_AUTO_TEST_SUITE(request_budget)

// A source that would ask every minute, is started again every three hours, and may ask 100 times
// a day.
BOOST_AUTO_TEST_CASE(the_ceiling_holds_across_restarts) {
  TestServer server(test::Once(test::Reply(200, "x")));
  FakeContext context(SourceSpec{"s", "mastodon", {}, {}, false});
  const std::string host = server.Url("/").substr(7, server.Url("/").size() - 8);
  std::vector<TimeMs> asked;
  const TimeMs begin = context.now;
  for (int start = 0; start < 24; ++start) {
    std::atomic<TimeMs> now{context.now};
    HttpClientSettings settings = test::LoopbackSettings();
    settings.clock = [&now] { return now.load(); };
    const std::unique_ptr<HttpClient> client = test::Client(settings);
    context.client = client.get();
    context.on_wait = [&] { now = context.now; };
    SourceHttp http(context.http(), context);
    RequestBudget budget(host, "", 100);
    BOOST_REQUIRE(budget.Start(context.http(), context.cursors(), context.Now()));
    const TimeMs end = context.now + 3 * kHour;
    PostBatch batch("s");
    while (context.now < end) {
      HttpRequest request = Get(server.Url("/"));
      request.wait_max = 0ms;
      const bool sent = http.Fetch(request) ? true : false;
      if (sent) asked.push_back(context.now);
      BOOST_REQUIRE(budget.Count(batch, sent ? 1 : 0, context.now));
      BOOST_REQUIRE(context.Write(batch));
      context.WaitFor(1min);
    }
  }
  BOOST_TEST(context.now - begin == 72 * kHour);
  for (std::size_t i = 100; i < asked.size(); ++i) {
    BOOST_TEST(asked[i] - asked[i - 100] >= 24 * kHour - 60'000);
  }
  // An hour counts until its last minute is a day old.
  BOOST_TEST(asked.size() >= 200U);
  BOOST_TEST(asked.size() <= 300U);
}

BOOST_AUTO_TEST_CASE(only_what_is_written_anyhow_is_saved_at_once) {
  FakeContext context(SourceSpec{"s", "mastodon", {}, {}, false});
  RequestBudget budget("server.example", "", 100);
  PostBatch batch("s");
  BOOST_REQUIRE(budget.Count(batch, 1, context.now));
  BOOST_TEST(!batch.IsEmpty());
  BOOST_REQUIRE(context.Write(batch));
  BOOST_REQUIRE(budget.Count(batch, 1, context.now + 1'000));
  BOOST_TEST(batch.IsEmpty());
  BOOST_REQUIRE(batch.MoveCursor("other", "x"));
  BOOST_REQUIRE(budget.Count(batch, 1, context.now + 2'000));
  BOOST_REQUIRE(context.Write(batch));
  const std::string hour = std::to_string(context.now / kHour);
  BOOST_TEST(context.cursors().at("requests server.example") == "v1 " + hour + ":3");
  BOOST_REQUIRE(budget.Count(batch, 0, context.now + 99'000));
  BOOST_TEST(batch.IsEmpty());
}

BOOST_AUTO_TEST_CASE(none_is_no_ceiling) {
  const std::unique_ptr<HttpClient> client = test::Client(test::LoopbackSettings());
  RequestBudget budget("server.example", "", 0);
  BOOST_REQUIRE(budget.Start(*client, {}, 1'700'000'000'000));
  PostBatch batch("s");
  BOOST_REQUIRE(budget.Count(batch, 1'000'000, 1'700'000'000'000));
  BOOST_TEST(!budget.IsSpent(1'700'000'000'000));
}

BOOST_AUTO_TEST_CASE(a_cursor_without_sense_is_an_error) {
  const std::unique_ptr<HttpClient> client = test::Client(test::LoopbackSettings());
  for (const char* value : {"", "v1 ", "v1 5", "v1 5:", "v1 5:6 x", "v2"}) {
    RequestBudget budget("server.example", "", 100);
    const Status started =
        budget.Start(*client, {{"requests server.example", value}}, 1'700'000'000'000);
    BOOST_REQUIRE(!started);
    BOOST_TEST((started.error().code == ErrorCode::kCorrupt));
  }
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace latecomer
