#include "ingest/http_stream.h"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "ingest/sse_reader.h"
#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Got = HttpStream::Got;
using test::Client;
using test::Get;
using test::LoopbackSettings;
using test::Once;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

constexpr char kHead[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

std::string Event(int number) {
  return "event: update\ndata: {\"id\":\"" + std::to_string(number) + "\"}\n\n";
}

// Reads up to the end, or to an error.
Result<Got> ReadAll(HttpStream& stream, std::string& out) {
  for (;;) {
    Result<Got> got = stream.Read(out, 10s);
    if (!got || *got == Got::kEnd) return got;
    BOOST_REQUIRE((*got == Got::kBytes));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_stream)

BOOST_AUTO_TEST_CASE(hands_on_what_comes_when_it_comes) {
  std::atomic<bool> go_on{false};
  TestServer server([&](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send(kHead + Event(1));
    while (!go_on && peer.Wait(5ms)) {
    }
    peer.Send(Event(2));
  });
  const auto client = Client(LoopbackSettings());
  HttpRequest request = Get(server.Url("/api/v1/streaming"));
  request.tally = std::make_shared<HttpTally>();
  auto stream = client->Open(request, {});
  BOOST_REQUIRE(stream);
  BOOST_TEST((*stream)->head().status == 200);
  BOOST_TEST((*stream)->head().ContentType() == "text/event-stream");
  std::string bytes;
  BOOST_TEST((*(*stream)->Read(bytes, 5s) == Got::kBytes));
  BOOST_TEST(bytes == Event(1));
  BOOST_TEST((*(*stream)->Read(bytes, 50ms) == Got::kNothing));
  go_on = true;
  BOOST_TEST((*ReadAll(**stream, bytes) == Got::kEnd));
  BOOST_TEST(bytes == Event(1) + Event(2));
  BOOST_TEST(!server.requests().at(0).headers.contains("accept-encoding"));
  BOOST_TEST(request.tally->requests == 1U);
  BOOST_TEST(request.tally->bytes >= bytes.size());
}

BOOST_AUTO_TEST_CASE(what_is_no_stream_is_an_error) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    const int status = std::atoi(request.target.c_str() + 1);
    if (status == 302) {
      peer.Send(Reply(302, "", {"Location: /stream"}));
    } else if (status != 0) {
      peer.Send(Reply(status, std::string(200'000, 'x')));
    } else {
      peer.Close();
      peer.Send(kHead + Event(1));
    }
  });
  for (const auto& [status, code] : {std::pair(401, ErrorCode::kFatal),
                                     {403, ErrorCode::kFatal},
                                     {404, ErrorCode::kNotFound},
                                     {400, ErrorCode::kInvalid},
                                     {429, ErrorCode::kRetryLater},
                                     {503, ErrorCode::kRetryLater}}) {
    HttpRequest request = Get(server.Url("/" + std::to_string(status)));
    request.attempts = 1;
    const auto stream = Client(LoopbackSettings())->Open(request, {});
    BOOST_REQUIRE(!stream);
    BOOST_TEST((stream.error().code == code), status << ": " << stream.error().message);
    if (status == 429) BOOST_TEST((stream.error().retry_after >= 60s));
  }
  const auto client = Client(LoopbackSettings());
  auto moved = client->Open(Get(server.Url("/302")), {});
  BOOST_REQUIRE(moved);
  BOOST_TEST((*moved)->head().url == server.Url("/stream"));
}

BOOST_AUTO_TEST_CASE(compressed_unasked_is_refused) {
  TestServer server([](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b");
    peer.AwaitClosed(5s);
  });
  const auto client = Client(LoopbackSettings());
  auto stream = client->Open(Get(server.Url("/")), {});
  BOOST_REQUIRE(stream);
  std::string bytes;
  const Result<Got> got = ReadAll(**stream, bytes);
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == ErrorCode::kInvalid));
  BOOST_TEST(bytes == "");
}

BOOST_AUTO_TEST_CASE(silence_counts_as_lost_heartbeats_do_not) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Close();
    peer.Send(kHead + Event(1));
    const int beats = request.target == "/beats" ? 20 : 0;
    for (int i = 0; i < beats && peer.Wait(60ms); ++i) peer.Send("\n");
    peer.AwaitClosed(10s);
  });
  const auto client = Client(LoopbackSettings());
  for (const std::string path : {"/silent", "/beats"}) {
    const auto begin = Clock::now();
    auto stream = client->Open(Get(server.Url(path)), {.silence_max = 400ms});
    BOOST_REQUIRE(stream);
    std::string bytes;
    const Result<Got> got = ReadAll(**stream, bytes);
    BOOST_REQUIRE(!got);
    BOOST_TEST((got.error().code == ErrorCode::kRetryLater));
    BOOST_TEST(got.error().message.find("silent") != std::string::npos);
    BOOST_TEST(bytes.starts_with(Event(1)));
    const auto lasted = Clock::now() - begin;
    BOOST_TEST((lasted >= (path == "/beats" ? 1600ms : 400ms)));
    BOOST_TEST((lasted < 8s));
    if (path == "/beats") BOOST_TEST(bytes.size() == Event(1).size() + 20);
  }
}

BOOST_AUTO_TEST_CASE(cut_connections_are_told) {
  TestServer server([](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  });
  const auto client = Client(LoopbackSettings());
  auto stream = client->Open(Get(server.Url("/")), {});
  BOOST_REQUIRE(stream);
  std::string bytes;
  BOOST_TEST(!ReadAll(**stream, bytes));
  BOOST_TEST(bytes == "hello");  // what had come is not lost
}

BOOST_AUTO_TEST_CASE(headers_that_do_not_come) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.AwaitClosed(10s); });
  const auto client = Client(LoopbackSettings());
  HttpRequest request = Get(server.Url("/"));
  request.attempts = 1;
  request.deadline = 300ms;
  const auto stream = client->Open(request, {});
  BOOST_REQUIRE(!stream);
  BOOST_TEST((stream.error().code == ErrorCode::kRetryLater));
}

// A reader that rests makes the host wait; it is not taken for silence, and nothing is lost.
BOOST_AUTO_TEST_CASE(back_pressure) {
  constexpr std::size_t kMost = 64U << 20U;
  std::atomic<std::uint64_t> sent{0};
  TestServer server([&](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send(kHead);
    const std::string block(1U << 16U, 'b');
    std::size_t stalled = 0;
    while (sent < kMost && stalled < 25) {
      const std::size_t some = peer.SendSome(block);
      sent += some;
      stalled = some > 0 ? 0 : stalled + 1;
      if (some == 0 && !peer.Wait(20ms)) return;
    }
    peer.Send("end");
  });
  const auto client = Client(LoopbackSettings());
  auto stream =
      client->Open(Get(server.Url("/")), {.silence_max = 1s, .buffer_bytes_max = 1U << 17U});
  BOOST_REQUIRE(stream);
  std::this_thread::sleep_for(2s);
  BOOST_TEST(sent < kMost / 2);  // what the kernel's buffers took, and no more
  std::string bytes;
  BOOST_TEST((*(*stream)->Read(bytes, 5s) == Got::kBytes));
  BOOST_TEST(bytes.size() <= (1U << 17U) + (1U << 14U));
  BOOST_TEST((*ReadAll(**stream, bytes) == Got::kEnd));
  BOOST_TEST(bytes.size() == sent + 3);
  BOOST_TEST(bytes.ends_with("end"));
}

BOOST_AUTO_TEST_CASE(a_slow_stream_delays_nobody) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    if (request.target == "/") return static_cast<void>(peer.Send(Reply(200, "x")));
    peer.Close();
    peer.Send(kHead);
    const std::string block(1U << 16U, 'b');
    while (peer.Send(block)) {
    }
  });
  const auto client = Client(LoopbackSettings());
  auto stream = client->Open(Get(server.Url("/stream")), {});
  BOOST_REQUIRE(stream);
  const auto begin = Clock::now();
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(client->Fetch(Get(server.Url("/"))));
  BOOST_TEST((Clock::now() - begin < 5s));
}

BOOST_AUTO_TEST_CASE(a_hundred_streams) {
  constexpr int kStreams = 100;
  constexpr int kEvents = 50;
  TestServer server([](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send(kHead);
    for (int i = 0; i < kEvents; ++i) {
      const std::string event = Event(i);
      peer.Send(event.substr(0, 9));
      if (!peer.Wait(2ms)) return;
      peer.Send(event.substr(9));
    }
  });
  const auto client = Client(LoopbackSettings());
  std::vector<std::thread> readers;
  std::atomic<int> whole{0};
  for (int k = 0; k < kStreams; ++k) {
    readers.emplace_back([&] {
      auto stream = client->Open(Get(server.Url("/")), {});
      if (!stream) return;
      SseReader reader;
      SseEvent event;
      int next = 0;
      for (;;) {
        std::string bytes;
        const Result<Got> got = (*stream)->Read(bytes, 10s);
        if (!got || *got != Got::kBytes) break;
        reader.Feed(bytes);
        while (reader.Next(event)) {
          if (event.data == "{\"id\":\"" + std::to_string(next) + "\"}") ++next;
        }
      }
      if (next == kEvents) ++whole;
    });
  }
  for (std::thread& reader : readers) reader.join();
  BOOST_TEST(whole == kStreams);
  BOOST_TEST(server.connections() == kStreams);
}

BOOST_AUTO_TEST_CASE(leaving_closes_the_connection) {
  std::atomic<bool> closed{false};
  TestServer server([&](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send(kHead);
    closed = peer.AwaitClosed(10s);
  });
  const auto client = Client(LoopbackSettings());
  { BOOST_REQUIRE(client->Open(Get(server.Url("/")), {})); }
  for (int i = 0; i < 200 && !closed; ++i) std::this_thread::sleep_for(10ms);
  BOOST_TEST(closed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
