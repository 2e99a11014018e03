// The server's side of WebSocket (RFC 6455), written out so that a test can break it anywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ingest/http_test_server.h"

namespace latecomer::test {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

struct Frame {
  Opcode opcode = Opcode::kText;
  std::string payload;
  bool fin = true;
  bool masked = false;
};

// The bytes of a frame as a server sends it.
std::string FrameBytes(Opcode opcode, std::string_view payload, bool fin = true);
std::string TextFrame(std::string_view payload);
std::string CloseFrame(std::uint16_t code, std::string_view reason = "");
// The code in a close frame; 0 for none.
std::uint16_t CloseCodeOf(const Frame& frame);

// The answer that agrees to a client's handshake.
std::string Agreement(const ServedRequest& request, const std::vector<std::string>& headers = {});

// A connection after the handshake.
class WebSocketPeer {
 public:
  explicit WebSocketPeer(Peer& peer) : peer_(peer) { peer_.Close(); }
  // Agrees at once.
  WebSocketPeer(Peer& peer, const ServedRequest& request) : WebSocketPeer(peer) {
    peer_.Send(Agreement(request));
  }
  bool SendText(std::string_view text) { return peer_.Send(TextFrame(text)); }
  // The next frame of the client, whichever it is; nothing within the time, or the client is gone.
  std::optional<Frame> Next(std::chrono::milliseconds time);
  // The next message of text, with pings answered; nothing: it has closed, or not come in time.
  std::optional<std::string> NextText(std::chrono::milliseconds time);
  Peer& peer() { return peer_; }

 private:
  std::optional<Frame> Parse();

  Peer& peer_;
  std::string buffer_;
};

}  // namespace latecomer::test
