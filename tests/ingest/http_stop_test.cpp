// A stop ends a request at once, whatever it is doing.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <thread>

#include "ingest/unique_fd.h"
#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::Client;
using test::Get;
using test::LoopbackSettings;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

// Stops `call` after a while, and requires that it then ends soon.
void StopsAtOnce(const std::function<bool(std::stop_token)>& call) {
  std::stop_source stop;
  Clock::time_point stopped;
  std::thread stopper([&] {
    std::this_thread::sleep_for(200ms);
    stopped = Clock::now();
    stop.request_stop();
  });
  const bool good = call(stop.get_token());
  const Clock::time_point ended = Clock::now();
  stopper.join();
  BOOST_TEST(!good);
  BOOST_TEST((ended >= stopped));
  BOOST_TEST((ended - stopped < 2s));  // mostly milliseconds; the machine may be busy
}

void FetchStopsAtOnce(HttpClient& client, const HttpRequest& request) {
  StopsAtOnce([&](std::stop_token stop) {
    const Result<HttpResponse> response = client.Fetch(request, std::move(stop));
    if (!response) {
      BOOST_TEST((response.error().code == ErrorCode::kRetryLater));
      BOOST_TEST(response.error().message.find("stopped") != std::string::npos,
                 response.error().message);
    }
    return static_cast<bool>(response);
  });
}

// A listener that never accepts and whose backlog is full: whoever connects, waits.
class FullListener {
 public:
  FullListener() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.1", &address_.sin_addr);
    socklen_t size = sizeof address_;
    auto* where = reinterpret_cast<sockaddr*>(&address_);
    BOOST_REQUIRE(::bind(listener_.get(), where, size) == 0);
    BOOST_REQUIRE(::listen(listener_.get(), 0) == 0);
    BOOST_REQUIRE(::getsockname(listener_.get(), where, &size) == 0);
    for (int i = 0; i < 4; ++i) {
      fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      static_cast<void>(::connect(fillers_.back().get(), where, size));
    }
  }
  std::string Url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/";
  }

 private:
  sockaddr_in address_{};
  UniqueFd listener_;
  std::vector<UniqueFd> fillers_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http_stop)

BOOST_AUTO_TEST_CASE(before_it_begins) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.Send(Reply(200, "x")); });
  const auto client = Client(LoopbackSettings());
  std::stop_source stop;
  stop.request_stop();
  BOOST_TEST(!client->Fetch(Get(server.Url("/")), stop.get_token()));
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(while_it_waits_for_a_limit) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.Send(Reply(200, "x")); });
  const auto client = Client(LoopbackSettings());
  client->Tighten(server.Authority(), {1, 0ms, {{"", 1, 30s}}});
  BOOST_REQUIRE(client->Fetch(Get(server.Url("/"))));
  FetchStopsAtOnce(*client, Get(server.Url("/")));
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(while_it_waits_to_try_again) {
  TestServer server(
      [](const ServedRequest&, Peer& peer) { peer.Send(Reply(503, "", {"Retry-After: 30"})); });
  FetchStopsAtOnce(*Client(LoopbackSettings()), Get(server.Url("/")));
}

BOOST_AUTO_TEST_CASE(while_it_connects) {
  const FullListener listener;
  FetchStopsAtOnce(*Client(LoopbackSettings()), Get(listener.Url()));
}

BOOST_AUTO_TEST_CASE(while_it_shakes_hands) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.AwaitClosed(10s); });
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  FetchStopsAtOnce(*Client(LoopbackSettings()), Get(url));
}

BOOST_AUTO_TEST_CASE(while_the_host_thinks_or_talks) {
  std::atomic<int> told{0};
  TestServer server([&](const ServedRequest& request, Peer& peer) {
    peer.Close();
    if (request.target == "/headers") peer.Send("HTTP/1.1 200 OK\r\nX: y\r\n");
    if (request.target == "/body") peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    if (request.target == "/talks") {
      peer.Send("HTTP/1.1 200 OK\r\n\r\n");
      while (peer.Send("x") && peer.Wait(5ms)) {
      }
    }
    if (peer.AwaitClosed(5s)) ++told;
  });
  const auto client = Client(LoopbackSettings());
  for (const char* path : {"/silent", "/headers", "/body", "/talks"}) {
    FetchStopsAtOnce(*client, Get(server.Url(path)));
  }
  // It is told, too: the connection is closed.
  for (int i = 0; i < 500 && told < 4; ++i) std::this_thread::sleep_for(10ms);
  BOOST_TEST(told == 4);
  // A stop is no failure of the host.
  BOOST_TEST(client->Hosts().at(server.Authority())->failures == 0U);
}

BOOST_AUTO_TEST_CASE(a_stream) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Close();
    if (request.target == "/silent") return static_cast<void>(peer.AwaitClosed(10s));
    peer.Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:)\n");
    peer.AwaitClosed(10s);
  });
  const auto client = Client(LoopbackSettings());
  StopsAtOnce([&](std::stop_token stop) {
    return static_cast<bool>(client->Open(Get(server.Url("/silent")), {}, std::move(stop)));
  });
  StopsAtOnce([&](std::stop_token stop) {
    const auto stream = client->Open(Get(server.Url("/")), {}, stop);
    BOOST_REQUIRE(stream);
    std::string bytes;
    BOOST_TEST((*(*stream)->Read(bytes, 5s, stop) == HttpStream::Got::kBytes));
    BOOST_TEST(bytes == ":)\n");
    const auto got = (*stream)->Read(bytes, 60s, stop);
    return got && *got != HttpStream::Got::kNothing;
  });
}

BOOST_AUTO_TEST_CASE(a_hundred_at_once) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.AwaitClosed(10s); });
  HttpClientSettings settings = LoopbackSettings();
  settings.rules.at_once_max = 10;
  const auto client = Client(settings);
  std::stop_source stop;
  std::vector<std::thread> threads;
  std::atomic<int> ended{0};
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      if (!client->Fetch(Get(server.Url("/")), stop.get_token())) ++ended;
    });
  }
  std::this_thread::sleep_for(100ms);
  const auto begin = Clock::now();
  stop.request_stop();
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(ended == 100);
  BOOST_TEST((Clock::now() - begin < 2s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
