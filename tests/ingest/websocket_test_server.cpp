#include "tests/ingest/websocket_test_server.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace latecomer::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::string AcceptOf(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

std::uint64_t Number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = (number << 8U) | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

std::string FrameBytes(Opcode opcode, std::string_view payload, bool fin) {
  std::string bytes(1, static_cast<char>((fin ? 0x80 : 0) | static_cast<int>(opcode)));
  int length_bytes = 0;
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    length_bytes = payload.size() < 65536 ? 2 : 8;
    bytes += static_cast<char>(length_bytes == 2 ? 126 : 127);
  }
  for (int i = length_bytes - 1; i >= 0; --i) {
    bytes += static_cast<char>((payload.size() >> (8 * i)) & 0xff);
  }
  return bytes.append(payload);
}

std::string TextFrame(std::string_view payload) { return FrameBytes(Opcode::kText, payload); }

std::string CloseFrame(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
  return FrameBytes(Opcode::kClose, payload.append(reason));
}

std::uint16_t CloseCodeOf(const Frame& frame) {
  if (frame.opcode != Opcode::kClose || frame.payload.size() < 2) return 0;
  return static_cast<std::uint16_t>(Number(std::string_view(frame.payload).substr(0, 2)));
}

std::string Agreement(const ServedRequest& request, const std::vector<std::string>& headers) {
  const auto key = request.headers.find("sec-websocket-key");
  std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
  answer += "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
  answer += AcceptOf(key == request.headers.end() ? "" : key->second) + "\r\n";
  for (const std::string& header : headers) answer += header + "\r\n";
  return answer + "\r\n";
}

std::optional<Frame> WebSocketPeer::Parse() {
  if (buffer_.size() < 2) return std::nullopt;
  const auto first = static_cast<unsigned char>(buffer_[0]);
  const auto second = static_cast<unsigned char>(buffer_[1]);
  std::size_t length = second & 127U;
  const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  const bool masked = (second & 128U) != 0;
  const std::size_t head = 2 + length_bytes + (masked ? 4 : 0);
  if (buffer_.size() < head) return std::nullopt;
  if (length_bytes > 0) length = Number(std::string_view(buffer_).substr(2, length_bytes));
  if (buffer_.size() < head + length) return std::nullopt;
  Frame frame{static_cast<Opcode>(first & 15U), buffer_.substr(head, length), (first & 128U) != 0,
              masked};
  for (std::size_t i = 0; masked && i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ buffer_[head - 4 + i % 4]);
  }
  buffer_.erase(0, head + length);
  return frame;
}

std::optional<Frame> WebSocketPeer::Next(milliseconds time) {
  const auto until = Clock::now() + time;
  for (;;) {
    if (std::optional<Frame> frame = Parse()) return frame;
    const auto rest = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    if (Clock::now() >= until) return std::nullopt;
    if (!peer_.Receive(buffer_, std::max(rest, milliseconds(1)))) return std::nullopt;
  }
}

std::optional<std::string> WebSocketPeer::NextText(milliseconds time) {
  const auto until = Clock::now() + time;
  for (;;) {
    const auto rest = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    std::optional<Frame> frame = Next(std::max(rest, milliseconds(0)));
    if (!frame || frame->opcode == Opcode::kClose) return std::nullopt;
    if (frame->opcode == Opcode::kText) return std::move(frame->payload);
    if (frame->opcode == Opcode::kPing) peer_.Send(FrameBytes(Opcode::kPong, frame->payload));
  }
}

}  // namespace latecomer::test
