// Messages as they should come, and every way in which a host can refuse the handshake.
#include "ingest/websocket.h"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/ingest/http_harness.h"
#include "tests/ingest/http_tls_harness.h"
#include "tests/ingest/websocket_test_server.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using Got = WebSocket::Got;
using test::Client;
using test::CloseFrame;
using test::FrameBytes;
using test::Get;
using test::LoopbackSettings;
using test::Opcode;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;
using test::WebSocketPeer;

Result<std::unique_ptr<WebSocket>> Open(HttpClient& client, const TestServer& server,
                                        const std::string& path = "/",
                                        const WebSocketSettings& settings = {}) {
  return client.OpenWebSocket(Get("ws://" + server.Authority() + path), settings);
}

std::string NextText(WebSocket& socket) {
  std::string out;
  const Result<Got> got = socket.Read(out, 5s);
  BOOST_REQUIRE_MESSAGE(got, (got ? "" : got.error().message));
  BOOST_REQUIRE((*got == Got::kText));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket)

BOOST_AUTO_TEST_CASE(addresses) {
  BOOST_TEST(ParseWebSocketUrl("wss://relay.example/x?y=1")->text == "https://relay.example/x?y=1");
  BOOST_TEST(ParseWebSocketUrl("WS://relay.example")->port == 80);
  BOOST_TEST(ParseWebSocketUrl("https://relay.example/")->port == 443);
  for (const char* bad : {"", "ws:", "wss://", "ftp://relay.example", "ws://a b/", "wss://u:p@h/"})
    BOOST_TEST(!ParseWebSocketUrl(bad), bad);
}

BOOST_AUTO_TEST_CASE(messages_go_both_ways) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    while (const auto text = socket.NextText(5s)) socket.SendText("echo " + *text);
  });
  const auto client = Client(LoopbackSettings());
  HttpRequest request = Get("ws://" + server.Authority() + "/relay?a=b");
  request.headers = {{"Sec-WebSocket-Protocol", "x.example"}, {"Origin", "https://y.example"}};
  request.auth = HttpAuth::Bearer(Secret("hush"));
  request.tally = std::make_shared<HttpTally>();
  auto socket = client->OpenWebSocket(request, {});
  BOOST_REQUIRE_MESSAGE(socket, (socket ? "" : socket.error().message));
  BOOST_TEST((*socket)->head().status == 101);
  BOOST_TEST((*socket)->head().headers.Get("upgrade") == "websocket");
  std::string out = "kept";
  BOOST_TEST((*(*socket)->Read(out, 20ms) == Got::kNothing));
  BOOST_TEST((*(*socket)->Read(out, 0ms) == Got::kNothing));
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 500'000U}) {
    const std::string text(size, 'x');
    BOOST_REQUIRE((*socket)->Send(text));
    BOOST_TEST((NextText(**socket) == "echo " + text), size);
  }
  BOOST_TEST((*socket)->close_code() == 0);
  BOOST_TEST(request.tally->requests == 1U);
  BOOST_TEST(request.tally->connections == 1U);
  BOOST_TEST(request.tally->bytes > 600'000U);
  BOOST_TEST(client->Hosts().at(server.Authority())->requests == 1U);

  const ServedRequest served = server.requests().at(0);
  BOOST_TEST(served.target == "/relay?a=b");
  BOOST_TEST(served.headers.at("host") == server.Authority());
  BOOST_TEST(served.headers.at("user-agent").find("(+https://replay.example)") !=
             std::string::npos);
  BOOST_TEST(served.headers.at("authorization") == "Bearer hush");
  BOOST_TEST(served.headers.at("sec-websocket-version") == "13");
  BOOST_TEST(served.headers.at("sec-websocket-protocol") == "x.example");
  BOOST_TEST(served.headers.at("origin") == "https://y.example");
  BOOST_TEST(!served.headers.contains("sec-websocket-extensions"));
}

BOOST_AUTO_TEST_CASE(basic_authorisation) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    socket.SendText(request.headers.at("authorization"));
    peer.AwaitClosed(5s);
  });
  HttpRequest request = Get(server.Url("/"));
  request.auth = HttpAuth::Basic("user", Secret("pass"));
  auto socket = Client(LoopbackSettings())->OpenWebSocket(request, {});
  BOOST_REQUIRE(socket);
  BOOST_TEST(NextText(**socket) == "Basic dXNlcjpwYXNz");
}

BOOST_AUTO_TEST_CASE(messages_in_parts_and_in_pieces) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer);
    // With the handshake, byte by byte; with a ping between the parts.
    const std::string bytes =
        test::Agreement(request) + FrameBytes(Opcode::kText, "gr\xc3", false) +
        FrameBytes(Opcode::kPing, "?") + FrameBytes(Opcode::kContinuation, "\xbc\xc3\x9f", false) +
        FrameBytes(Opcode::kContinuation, "", true) +
        FrameBytes(Opcode::kBinary, std::string("\0\xff", 2)) +
        FrameBytes(Opcode::kPong, "unasked");
    for (const char c : bytes) {
      peer.Send({&c, 1});
      peer.Wait(1ms);
    }
    const auto pong = socket.Next(5s);
    socket.SendText(pong && pong->opcode == Opcode::kPong && pong->masked ? "pong " + pong->payload
                                                                          : "no pong");
    peer.AwaitClosed(5s);
  });
  const auto client = Client(LoopbackSettings());
  auto socket = Open(*client, server);
  BOOST_REQUIRE(socket);
  BOOST_TEST(NextText(**socket) == "gr\xc3\xbc\xc3\x9f");
  std::string out;
  BOOST_TEST((*(*socket)->Read(out, 5s) == Got::kBinary));
  BOOST_TEST((out == std::string("\0\xff", 2)));
  BOOST_TEST(NextText(**socket) == "pong ?");
}

BOOST_AUTO_TEST_CASE(handshakes_that_are_refused) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    const int status = std::atoi(path.c_str() + 1);
    peer.Close();
    if (path == "/429") return static_cast<void>(peer.Send(Reply(429, "", {"Retry-After: 90"})));
    if (path == "/302") return static_cast<void>(peer.Send(Reply(302, "", {"Location: /x"})));
    if (status > 0) {
      peer.Send(Reply(status, "<html>secret words", {"Content-Type: text/html"}));
    } else if (path == "/wrong") {
      ServedRequest other = request;
      other.headers["sec-websocket-key"] = "another";
      peer.Send(test::Agreement(other));
    } else if (path == "/rubbish") {
      peer.Send("SSH-2.0-x\r\n\r\n");
    } else if (path == "/endless") {
      peer.Send("HTTP/1.1 200 OK\r\n");
      while (peer.Send("x: " + std::string(1000, 'y') + "\r\n") && peer.Wait(1ms)) {
      }
    }
  });
  for (const auto& [path, code] : {std::pair("/401", ErrorCode::kFatal),
                                   {"/403", ErrorCode::kFatal},
                                   {"/404", ErrorCode::kNotFound},
                                   {"/400", ErrorCode::kInvalid},
                                   {"/426", ErrorCode::kInvalid},
                                   {"/200", ErrorCode::kInvalid},
                                   {"/302", ErrorCode::kInvalid},
                                   {"/wrong", ErrorCode::kInvalid},
                                   {"/429", ErrorCode::kRetryLater},
                                   {"/503", ErrorCode::kRetryLater},
                                   {"/cut", ErrorCode::kRetryLater},
                                   {"/rubbish", ErrorCode::kRetryLater},
                                   {"/endless", ErrorCode::kRetryLater}}) {
    const auto client = Client(LoopbackSettings());
    const auto socket = Open(*client, server, std::string(path) + "?token=hush");
    BOOST_REQUIRE(!socket);
    const Error& error = socket.error();
    BOOST_TEST((error.code == code), path << ": " << error.message);
    BOOST_TEST(error.message.find("hush") == std::string::npos);
    BOOST_TEST(error.message.find("secret") == std::string::npos);
    if (std::string(path) == "/429") BOOST_TEST((error.retry_after >= 90s));
    if (code != ErrorCode::kRetryLater) continue;
    // The host is left alone for a while, also by what asks by other means.
    HttpRequest again = Get(server.Url("/again"));
    again.wait_max = 0ms;
    const auto waits = client->Fetch(again);
    BOOST_TEST((!waits && waits.error().retry_after > 0ms), path);
  }
  for (const auto& request : server.requests()) BOOST_TEST(request.target != "/again");
}

BOOST_AUTO_TEST_CASE(politeness_holds) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    peer.AwaitClosed(10s);
  });
  const auto client = Client(LoopbackSettings());
  client->Tighten(server.Authority(), {2, 0ms, {{"", 3, 1h}}});
  std::vector<std::unique_ptr<WebSocket>> open;
  for (int i = 0; i < 3; ++i) {
    auto socket = Open(*client, server);
    BOOST_REQUIRE(socket);
    open.push_back(std::move(*socket));  // an open one is not on its way: more than two stand
  }
  HttpRequest request = Get(server.Url("/"));
  request.wait_max = 0ms;
  const auto fourth = client->OpenWebSocket(request, {});
  BOOST_REQUIRE(!fourth);
  BOOST_TEST((fourth.error().retry_after > 50min));
  BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(who_may_be_asked) {
  TestServer server([](const ServedRequest& request, Peer& peer) { WebSocketPeer(peer, request); });
  HttpClientSettings settings = LoopbackSettings();
  settings.allowed_private = {};
  const auto client = Client(settings);
  const auto socket = Open(*client, server);
  BOOST_REQUIRE(!socket);
  BOOST_TEST((socket.error().code == ErrorCode::kInvalid));
  BOOST_TEST(server.connections() == 0);
  const auto bad = Client(LoopbackSettings())->OpenWebSocket(Get("ftp://127.0.0.1/"), {});
  BOOST_TEST((!bad && bad.error().code == ErrorCode::kInvalid));
  HttpRequest header = Get(server.Url("/"));
  header.headers = {{"Upgrade", "h2c"}};
  const auto refused = Client(LoopbackSettings())->OpenWebSocket(header, {});
  BOOST_TEST((!refused && refused.error().code == ErrorCode::kInvalid));
}

BOOST_AUTO_TEST_CASE(through_a_proxy) {
  TestServer proxy([](const ServedRequest& request, Peer& peer) {
    peer.Send("HTTP/1.1 200 Connected\r\n\r\n");
    std::string handshake;
    while (handshake.find("\r\n\r\n") == std::string::npos && peer.Receive(handshake, 5s)) {
    }
    const std::size_t key = handshake.find("Sec-WebSocket-Key: ") + 19;
    ServedRequest inner;
    inner.headers["sec-websocket-key"] = handshake.substr(key, handshake.find("\r\n", key) - key);
    WebSocketPeer socket(peer, inner);
    socket.SendText(request.method + " " + request.target);
    peer.AwaitClosed(5s);
  });
  HttpClientSettings settings = LoopbackSettings();
  settings.proxy = proxy.Url("/");
  const auto client = Client(settings);
  auto socket = client->OpenWebSocket(Get("ws://relay.example:7777/"), {});
  BOOST_REQUIRE_MESSAGE(socket, (socket ? "" : socket.error().message));
  BOOST_TEST(NextText(**socket) == "CONNECT relay.example:7777");
}

BOOST_AUTO_TEST_CASE(by_tls) {
  const test::Authority authority;
  authority.Sign("good", "DNS:localhost", 2);
  const test::TlsServer server(authority, "good", "http/1.1");
  const std::string url = "wss" + server.Url("localhost").substr(5);
  const auto client = Client(test::Trusting(authority));
  auto socket = client->OpenWebSocket(Get(url), {});
  BOOST_REQUIRE_MESSAGE(socket, (socket ? "" : socket.error().message));
  // More than one record of TLS: what libcurl holds already makes nothing readable.
  BOOST_TEST((NextText(**socket) == std::string(40'000, 'a')));
  for (int i = 0; i < 3; ++i) {
    BOOST_REQUIRE((*socket)->Send("hello"));
    BOOST_TEST(NextText(**socket) == "hello");
  }
  const auto stranger = Client(LoopbackSettings())->OpenWebSocket(Get(url), {});
  BOOST_REQUIRE(!stranger);
  BOOST_TEST((stranger.error().code == ErrorCode::kRetryLater));
  BOOST_TEST(stranger.error().message.find("certificate") != std::string::npos,
             stranger.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
