// Connections that end, stall, break the protocol or are stopped.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <thread>

#include "ingest/websocket.h"
#include "tests/ingest/http_harness.h"
#include "tests/ingest/websocket_test_server.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Got = WebSocket::Got;
using test::Client;
using test::CloseFrame;
using test::FrameBytes;
using test::Get;
using test::LoopbackSettings;
using test::Opcode;
using test::Peer;
using test::ServedRequest;
using test::TestServer;
using test::TextFrame;
using test::WebSocketPeer;

std::unique_ptr<WebSocket> Open(HttpClient& client, const TestServer& server,
                                const WebSocketSettings& settings = {}) {
  auto socket = client.OpenWebSocket(Get(server.Url("/")), settings);
  BOOST_REQUIRE_MESSAGE(socket, (socket ? "" : socket.error().message));
  return std::move(*socket);
}

// After the handshake `bytes`, and then the end of the connection.
TestServer::Handler Sends(std::string bytes) {
  return [bytes = std::move(bytes)](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    peer.Send(bytes);
  };
}

// What is read last: "end", or the error's message.
struct Last {
  std::vector<std::string> messages;
  std::optional<Error> error;
  std::uint16_t code = 0;
};

Last ReadAll(WebSocket& socket) {
  Last last;
  for (int i = 0; i < 1000; ++i) {
    std::string out;
    const Result<Got> got = socket.Read(out, 5s);
    if (got && *got == Got::kText) {
      last.messages.push_back(out);
      continue;
    }
    if (!got) last.error = got.error();
    BOOST_TEST((!got || *got == Got::kEnd));
    break;
  }
  last.code = socket.close_code();
  // It stays so.
  std::string out;
  const Result<Got> again = socket.Read(out, 5s);
  BOOST_TEST((last.error ? !again && again.error().message == last.error->message
                         : again && *again == Got::kEnd));
  BOOST_TEST(!socket.Send("x"));
  return last;
}

void StopsAtOnce(const std::function<void(std::stop_token)>& call) {
  std::stop_source stop;
  Clock::time_point stopped;
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stopped = Clock::now();
    stop.request_stop();
  });
  call(stop.get_token());
  const Clock::time_point ended = Clock::now();
  stopper.join();
  BOOST_TEST((ended >= stopped));
  BOOST_TEST((ended - stopped < 500ms));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_lost)

BOOST_AUTO_TEST_CASE(closed_by_the_host) {
  for (const auto& [bytes, code, good] : {std::tuple(CloseFrame(1000, "bye"), 1000, true),
                                          {CloseFrame(1001), 1001, true},
                                          {FrameBytes(Opcode::kClose, ""), 1005, true},
                                          {CloseFrame(1008, "private words"), 1008, false},
                                          {CloseFrame(1011), 1011, false},
                                          {CloseFrame(4000), 4000, false}}) {
    std::atomic<int> answer{0};
    TestServer server([&, sent = bytes](const ServedRequest& request, Peer& peer) {
      WebSocketPeer socket(peer, request);
      peer.Send(TextFrame("last") + sent);
      if (const auto frame = socket.Next(5s)) answer = test::CloseCodeOf(*frame) + 1;
    });
    const auto client = Client(LoopbackSettings());
    const auto socket = Open(*client, server);
    const Last last = ReadAll(*socket);
    BOOST_TEST(last.messages == std::vector<std::string>{"last"});
    BOOST_TEST(last.code == code);
    BOOST_TEST(!last.error.has_value() == good, code);
    for (int i = 0; i < 200 && answer == 0; ++i) std::this_thread::sleep_for(5ms);
    BOOST_TEST(answer == (code == 1005 ? 1000 : code) + 1);  // answered with the same
    if (last.error) {
      BOOST_TEST((last.error->code == ErrorCode::kRetryLater));
      BOOST_TEST(last.error->message.find("private") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(cut_anywhere) {
  const std::string all = TextFrame("one") + TextFrame(std::string(300, 'b'));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{5},
                                 std::size_t{7}, all.size() - 1, all.size()}) {
    TestServer server(Sends(all.substr(0, size)));
    const auto client = Client(LoopbackSettings());
    const auto socket = Open(*client, server);
    const Last last = ReadAll(*socket);
    BOOST_TEST(last.messages.size() == (size == all.size() ? 2U : size >= 5 ? 1U : 0U));
    BOOST_REQUIRE(last.error.has_value());
    BOOST_TEST((last.error->code == ErrorCode::kRetryLater));
  }
}

BOOST_AUTO_TEST_CASE(what_breaks_the_protocol) {
  const std::string masked("\x81\x81\x01\x02\x03\x04\x60", 7);
  for (const std::string& bytes :
       {masked, std::string("\xf1\x01x", 3) /* reserved bits */,
        std::string("\x83\x00", 2) /* reserved opcode */,
        FrameBytes(Opcode::kContinuation, "nothing before it"),
        FrameBytes(Opcode::kText, "half", false) + TextFrame("another"),
        FrameBytes(Opcode::kPing, std::string(126, 'p')), FrameBytes(Opcode::kPing, "p", false),
        TextFrame("\xff\xfe"), TextFrame("\xed\xa0\x80"), FrameBytes(Opcode::kClose, "x"),
        CloseFrame(1005), CloseFrame(1000, "\xff"),
        std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10)}) {
    TestServer server([&](const ServedRequest& request, Peer& peer) {
      WebSocketPeer socket(peer, request);
      peer.Send(bytes);
      peer.AwaitClosed(5s);
    });
    const auto client = Client(LoopbackSettings());
    const auto socket = Open(*client, server);
    const Last last = ReadAll(*socket);
    BOOST_TEST(last.messages.empty());
    BOOST_REQUIRE(last.error.has_value());
    BOOST_TEST(
        (last.error->code == ErrorCode::kRetryLater || last.error->code == ErrorCode::kInvalid));
  }
}

BOOST_AUTO_TEST_CASE(messages_that_are_too_long) {
  WebSocketSettings settings;
  settings.message_bytes_max = 1000;
  const std::string fits(1000, 'x');
  const std::string part(400, 'y');
  for (const std::string& bytes :
       {TextFrame(fits + "x"), FrameBytes(Opcode::kText, part, false) +
                                   FrameBytes(Opcode::kContinuation, part, false) +
                                   FrameBytes(Opcode::kContinuation, part, false)}) {
    std::atomic<int> told{0};
    TestServer server([&](const ServedRequest& request, Peer& peer) {
      WebSocketPeer socket(peer, request);
      peer.Send(TextFrame(fits) + bytes);
      if (const auto frame = socket.Next(5s)) told = test::CloseCodeOf(*frame);
    });
    const auto client = Client(LoopbackSettings());
    const auto socket = Open(*client, server, settings);
    const Last last = ReadAll(*socket);
    BOOST_TEST(last.messages == std::vector<std::string>{fits});
    BOOST_REQUIRE(last.error.has_value());
    BOOST_TEST((last.error->code == ErrorCode::kInvalid));
    for (int i = 0; i < 200 && told == 0; ++i) std::this_thread::sleep_for(5ms);
    BOOST_TEST(told == 1009);
  }
}

BOOST_AUTO_TEST_CASE(silence_counts_as_lost_answered_pings_do_not) {
  WebSocketSettings settings;
  settings.silence_max = 300ms;
  std::atomic<bool> answers{true};
  TestServer server([&](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    while (answers) {
      const auto frame = socket.Next(50ms);
      if (frame && frame->opcode == Opcode::kPing) {
        peer.Send(FrameBytes(Opcode::kPong, frame->payload));
      }
    }
    peer.AwaitClosed(5s);
  });
  const auto client = Client(LoopbackSettings());
  const auto socket = Open(*client, server, settings);
  std::string out;
  const auto got = socket->Read(out, 1500ms);
  BOOST_REQUIRE_MESSAGE(got, (got ? "" : got.error().message));
  BOOST_TEST((*got == Got::kNothing));
  answers = false;
  const auto begin = Clock::now();
  const auto lost = socket->Read(out, 10s);
  BOOST_REQUIRE(!lost);
  BOOST_TEST((lost.error().code == ErrorCode::kRetryLater));
  BOOST_TEST(lost.error().message.find("silent") != std::string::npos);
  BOOST_TEST((Clock::now() - begin < 2s));
}

BOOST_AUTO_TEST_CASE(a_message_that_drips_is_waited_for_in_parts) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    for (const char c : TextFrame("drop by drop")) {
      if (!peer.Send({&c, 1}) || !peer.Wait(30ms)) return;
    }
    peer.AwaitClosed(5s);
  });
  const auto client = Client(LoopbackSettings());
  const auto socket = Open(*client, server);
  std::string out;
  int looks = 0;
  for (;; ++looks) {
    const auto begin = Clock::now();
    const auto got = socket->Read(out, 20ms);
    BOOST_REQUIRE(got);
    BOOST_TEST((Clock::now() - begin < 300ms));
    if (*got == Got::kText) break;
    BOOST_REQUIRE(looks < 1000);
  }
  BOOST_TEST(out == "drop by drop");
  BOOST_TEST(looks > 3);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_slows_its_host) {
  std::atomic<std::size_t> sent{0};
  TestServer server([&](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    const std::string frame = TextFrame(std::string(60'000, 'z'));
    std::string bytes;
    while (sent < 400 * frame.size() && peer.Wait(0ms)) {
      if (bytes.empty()) bytes = frame;
      const std::size_t some = peer.SendSome(bytes);
      bytes.erase(0, some);
      sent += some;
      if (some == 0) std::this_thread::sleep_for(1ms);
    }
  });
  const auto client = Client(LoopbackSettings());
  const auto socket = Open(*client, server);
  std::string out;
  BOOST_REQUIRE((*socket->Read(out, 5s) == Got::kText));
  std::this_thread::sleep_for(300ms);
  BOOST_TEST(sent < 300 * 60'000U);
  int messages = 1;
  while (messages < 400 && *socket->Read(out, 5s) == Got::kText) ++messages;
  BOOST_TEST(messages == 400);
}

BOOST_AUTO_TEST_CASE(what_is_sent_is_not_taken) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    peer.Wait(3s);
  });
  WebSocketSettings settings;
  settings.send_deadline = 200ms;
  const auto client = Client(LoopbackSettings());
  const std::string much(20U << 20U, 'm');
  auto socket = Open(*client, server, settings);
  const Status sent = socket->Send(much);
  BOOST_REQUIRE(!sent);
  BOOST_TEST((sent.error().code == ErrorCode::kRetryLater));
  std::string out;
  BOOST_TEST(!socket->Read(out, 0ms));
  socket = Open(*client, server);
  StopsAtOnce([&](std::stop_token stop) { BOOST_TEST(!socket->Send(much, std::move(stop))); });
}

BOOST_AUTO_TEST_CASE(says_goodbye) {
  std::atomic<int> code{0};
  TestServer server([&](const ServedRequest& request, Peer& peer) {
    WebSocketPeer socket(peer, request);
    if (const auto frame = socket.Next(5s)) code = test::CloseCodeOf(*frame);
  });
  const auto client = Client(LoopbackSettings());
  Open(*client, server).reset();
  for (int i = 0; i < 200 && code == 0; ++i) std::this_thread::sleep_for(5ms);
  BOOST_TEST(code == 1000);
}

BOOST_AUTO_TEST_CASE(stops_at_once) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    if (request.target == "/silent") return static_cast<void>(peer.AwaitClosed(10s));
    WebSocketPeer socket(peer, request);
    peer.Send(TextFrame("half").substr(0, 3));
    peer.AwaitClosed(10s);
  });
  const auto client = Client(LoopbackSettings());
  StopsAtOnce([&](std::stop_token stop) {
    const auto socket = client->OpenWebSocket(Get(server.Url("/silent")), {}, std::move(stop));
    BOOST_REQUIRE(!socket);
    BOOST_TEST((socket.error().code == ErrorCode::kRetryLater));
  });
  StopsAtOnce([&](std::stop_token stop) {
    const std::string url = "wss://" + server.Authority() + "/";  // nobody speaks TLS there
    BOOST_TEST(!client->OpenWebSocket(Get(url), {}, std::move(stop)));
  });
  BOOST_TEST(client->Hosts().at(server.Authority())->failures == 0U);  // a stop is none of its
  const auto socket = Open(*client, server);
  StopsAtOnce([&](std::stop_token stop) {
    std::string out;
    const auto got = socket->Read(out, 60s, std::move(stop));
    BOOST_REQUIRE(got);
    BOOST_TEST((*got == Got::kNothing));
  });
  std::stop_source stopped;
  stopped.request_stop();
  const int connections = server.connections();
  BOOST_TEST(!client->OpenWebSocket(Get(server.Url("/")), {}, stopped.get_token()));
  BOOST_TEST(server.connections() == connections);
}

BOOST_AUTO_TEST_CASE(no_answer_in_time) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.AwaitClosed(10s); });
  const auto client = Client(LoopbackSettings());
  for (const std::string scheme : {"ws", "wss"}) {
    HttpRequest request = Get(scheme + "://" + server.Authority() + "/");
    request.deadline = 200ms;
    const auto begin = Clock::now();
    const auto socket = client->OpenWebSocket(request, {});
    BOOST_REQUIRE(!socket);
    BOOST_TEST((socket.error().code == ErrorCode::kRetryLater), socket.error().message);
    BOOST_TEST((Clock::now() - begin < 2s));
  }
  BOOST_TEST(client->Hosts().at(server.Authority())->failures >= 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
