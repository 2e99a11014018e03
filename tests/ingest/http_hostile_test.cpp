// Answers that are too large, too slow, or never whole.
#include <zlib.h>

#include <boost/test/unit_test.hpp>

#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::ClientFor;
using test::Get;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

std::string Gzip(const std::string& text) {
  z_stream stream{};
  BOOST_REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  BOOST_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_hostile)

BOOST_AUTO_TEST_CASE(bodies_are_unpacked_and_bounded) {
  const std::string megabyte(1U << 20U, 'a');
  const std::string bomb = Gzip(std::string(64U << 20U, '\0'));
  BOOST_TEST(bomb.size() < 100'000U);
  TestServer server([&](const ServedRequest& request, Peer& peer) {
    if (request.target == "/good") {
      peer.Send(Reply(200, Gzip(megabyte), {"Content-Encoding: gzip"}));
    } else if (request.target == "/bomb") {
      peer.Send(Reply(200, bomb, {"Content-Encoding: gzip"}));
      peer.Close();
    } else if (request.target == "/broken") {
      peer.Send(Reply(200, "this was never packed", {"Content-Encoding: gzip"}));
      peer.Close();
    } else {
      peer.Send("HTTP/1.1 200 OK\r\n\r\n");
      while (peer.Send(megabyte)) {
      }
      peer.Close();
    }
  });
  const auto client = ClientFor(server);
  const Result<HttpResponse> good = client->Fetch(Get(server.Url("/good")));
  BOOST_REQUIRE(good);
  BOOST_TEST((good->body == megabyte));
  for (const char* path : {"/bomb", "/endless"}) {
    const Result<HttpResponse> response = client->Fetch(Get(server.Url(path)));
    BOOST_REQUIRE(!response);
    BOOST_TEST((response.error().code == ErrorCode::kInvalid));
    BOOST_TEST(response.error().message.find("16777216 bytes") != std::string::npos);
  }
  HttpRequest broken = Get(server.Url("/broken"));
  broken.attempts = 1;
  BOOST_TEST((client->Fetch(broken).error().code == ErrorCode::kRetryLater));
}

BOOST_AUTO_TEST_CASE(headers_are_bounded) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\n");
    const std::string line = request.target == "/long" ? "X: " + std::string(2000, 'x')
                                                       : "X: " + std::string(2000, 'x') + "\r\n";
    while (peer.Send(line)) {
    }
    peer.Close();
  });
  const auto client = ClientFor(server);
  for (const char* path : {"/many", "/long"}) {
    HttpRequest request = Get(server.Url(path));
    request.attempts = 1;
    const Result<HttpResponse> response = client->Fetch(request);
    BOOST_REQUIRE(!response);
    BOOST_TEST(response.error().message.find("xxx") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(answers_that_never_come_whole) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Close();
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/half") peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    if (path == "/chunked") {
      peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    }
    if (path == "/headers") peer.Send("HTTP/1.1 200 OK\r\nContent-Le");
    if (path == "/noise") peer.Send("\x01\x02 what is this\r\n\r\n");
    if (path == "/stall") peer.AwaitClosed(10s);
    if (path == "/loris") {
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      while (peer.Send("x") && peer.Wait(50ms)) {
      }
    }
  });
  for (const char* path :
       {"/half", "/chunked", "/headers", "/noise", "/stall", "/loris", "/gone"}) {
    const auto client = ClientFor(server);  // another client: this one's host has not failed yet
    HttpRequest request = Get(server.Url(path + std::string("?token=hush")));
    request.attempts = 1;
    request.deadline = 500ms;
    const Result<HttpResponse> response = client->Fetch(request);
    BOOST_REQUIRE_MESSAGE(!response, path);
    BOOST_TEST((response.error().code == ErrorCode::kRetryLater), path);
    BOOST_TEST((response.error().retry_after >= 900ms));
    BOOST_TEST(response.error().message.starts_with("GET " + server.Url(path) + ": "));
    BOOST_TEST(response.error().message.find("hush") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(slow_answers_are_given_up) {
  TestServer server([](const ServedRequest&, Peer& peer) {
    peer.Close();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (peer.Send("x") && peer.Wait(200ms)) {
    }
  });
  HttpClientSettings settings = test::LoopbackSettings();
  settings.slow_time = 1s;
  settings.slow_bytes = 100;
  const auto client = test::Client(settings);
  HttpRequest request = Get(server.Url("/"));
  request.attempts = 1;
  const auto begin = std::chrono::steady_clock::now();
  const Result<HttpResponse> response = client->Fetch(request);
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().code == ErrorCode::kRetryLater));
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 10s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
