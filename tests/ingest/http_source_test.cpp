#include "ingest/http_source.h"

#include <atomic>
#include <boost/test/unit_test.hpp>

#include "tests/ingest/fake_context.h"
#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::Get;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

// A client whose time is the context's.
class Fixture {
 public:
  explicit Fixture(TestServer::Handler handler)
      : server(std::move(handler)), context(SourceSpec{"s", "mastodon", {}, {}, false}) {
    HttpClientSettings settings = test::LoopbackSettings();
    settings.clock = [this] { return now_.load(); };
    client_ = test::Client(settings);
    context.on_wait = [this] { now_ = context.now; };
  }

  SourceHttp Http() { return {*client_, context}; }

  TestServer server;
  FakeContext context;

 private:
  std::atomic<TimeMs> now_{1'700'000'000'000};
  std::unique_ptr<HttpClient> client_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_source)

BOOST_AUTO_TEST_CASE(a_limit_is_waited_for_in_the_contexts_time) {
  std::atomic<int> count{0};
  Fixture fixture([&](const ServedRequest&, Peer& peer) {
    // 5 in 15 minutes.
    const int left = 4 - count++ % 5;
    peer.Send(Reply(200, "x",
                    {"X-RateLimit-Limit: 5", "X-RateLimit-Reset: 900",
                     "X-RateLimit-Remaining: " + std::to_string(left)}));
  });
  SourceHttp http = fixture.Http();
  const TimeMs begin = fixture.context.now;
  HttpRequest request = Get(fixture.server.Url("/"));
  request.wait_max = 1h;
  for (int i = 0; i < 16; ++i) BOOST_REQUIRE(http.Fetch(request));
  BOOST_TEST(fixture.context.now - begin >= 3 * 900'000);
  BOOST_TEST(fixture.context.now - begin <= 3 * 910'000);
  BOOST_TEST(fixture.context.counters().requests == 16U);
  BOOST_TEST(fixture.context.counters().waits == 3U);
  BOOST_TEST(fixture.context.counters().wait_ms >= 2'700'000U);
  BOOST_TEST(fixture.context.counters().bytes > 16U * 50U);

  // One that will not wait so long is told how long.
  for (int i = 0; i < 4; ++i) BOOST_REQUIRE(http.Fetch(request));
  request.wait_max = 1min;
  const Result<HttpResponse> response = http.Fetch(request);
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().code == ErrorCode::kRetryLater));
  BOOST_TEST((response.error().retry_after > 800s));
}

BOOST_AUTO_TEST_CASE(failures_are_tried_again) {
  std::atomic<int> count{0};
  Fixture fixture([&](const ServedRequest&, Peer& peer) {
    const int number = ++count;
    if (number == 1) {
      peer.Close();
    } else if (number == 2) {
      peer.Send(Reply(500, "oops"));
    } else if (number == 3) {
      peer.Send(Reply(200, "fine"));
    } else {
      peer.Send(Reply(503, "", {"Retry-After: 100"}));
    }
  });
  SourceHttp http = fixture.Http();
  HttpRequest request = Get(fixture.server.Url("/"));
  request.wait_max = 1h;
  BOOST_REQUIRE(http.Fetch(request));
  BOOST_TEST(count == 3);
  BOOST_TEST(fixture.context.counters().waits == 2U);
  const TimeMs begin = fixture.context.now;
  const Result<HttpResponse> away = http.Fetch(request);
  BOOST_REQUIRE(!away);
  BOOST_TEST((away.error().code == ErrorCode::kRetryLater));
  BOOST_TEST((away.error().retry_after >= 100s));
  BOOST_TEST(count == 6);
  BOOST_TEST(fixture.context.now - begin >= 200'000);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_wait) {
  Fixture fixture(
      [](const ServedRequest&, Peer& peer) { peer.Send(Reply(429, "", {"Retry-After: 100"})); });
  SourceHttp http = fixture.Http();
  fixture.context.on_wait = [&] { fixture.context.RequestStop(); };
  HttpRequest request = Get(fixture.server.Url("/"));
  request.wait_max = 1h;
  BOOST_TEST(!http.Fetch(request));
  BOOST_TEST(fixture.server.requests().size() == 1U);
  BOOST_TEST(!http.Fetch(request));
  BOOST_TEST(fixture.server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(streams_are_counted) {
  Fixture fixture([](const ServedRequest& request, Peer& peer) {
    peer.Close();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n");
    if (request.target == "/open") peer.AwaitClosed(10s);
  });
  SourceHttp http = fixture.Http();
  auto stream = http.Open(Get(fixture.server.Url("/")), {});
  BOOST_REQUIRE(stream);
  std::string bytes;
  BOOST_TEST((*(*stream)->Read(bytes, 5s) == HttpStream::Got::kBytes));
  BOOST_TEST((*(*stream)->Read(bytes, 5s) == HttpStream::Got::kEnd));
  BOOST_TEST(fixture.context.counters().bytes == 9U);
  BOOST_TEST(fixture.context.counters().requests == 1U);
  auto open = http.Open(Get(fixture.server.Url("/open")), {});
  BOOST_REQUIRE(open);
  BOOST_TEST((*(*open)->Read(bytes, 5s) == HttpStream::Got::kBytes));
  fixture.context.RequestStop();
  const auto got = (*open)->Read(bytes, 60s);  // without a token: the source's own
  BOOST_TEST((!got || *got == HttpStream::Got::kNothing));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
