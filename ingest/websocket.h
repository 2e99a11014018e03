// A conversation of whole messages with a host: WebSocket (RFC 6455), as a client.
//
// HttpClient opens one, so that all that holds for requests holds here: politeness, which addresses
// may be asked, who asks, TLS, counting. Extensions are not offered: messages come uncompressed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/http_message.h"
#include "ingest/url.h"

namespace latecomer {

struct WebSocketSettings {
  // Nothing for so long, not even the answer to the ping that is sent after half of it, and the
  // connection counts as lost.
  std::chrono::milliseconds silence_max{60'000};
  std::size_t message_bytes_max = 1U << 20U;
  // A message that cannot be handed to the network within this time loses the connection.
  std::chrono::milliseconds send_deadline{20'000};
};

// For one thread. Destroying it says goodbye, as far as that takes no waiting, and closes the
// connection. To connect again is the caller's: the client makes it wait where the host has refused
// or failed.
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  // The answer with which the host agreed (status 101).
  virtual const HttpResponse& head() const = 0;

  enum class Got {
    kText,     // a whole message, in UTF-8
    kBinary,   // a whole message
    kNothing,  // within the time, or a stop was requested
    kEnd,      // the host has ended it in good order: close code 1000, 1001, or none
  };
  // Waits for a message, at most so long, and puts it into `out`; one that has come in part is kept
  // for the next call. Pings are answered and sent here: a reader that stays away for longer than
  // `silence_max` may find the connection lost. No more than one message and a few kB are taken
  // from the connection ahead of the reader; past that the host has to wait.
  // kRetryLater: the connection was lost, silent for too long, broke the protocol, or was closed
  // with a code that complains. kInvalid: a message longer than `message_bytes_max`. After an error
  // every call gives it again.
  virtual Result<Got> Read(std::string& out, std::chrono::milliseconds wait_max,
                           std::stop_token stop = {}) = 0;

  // Sends a message of text (UTF-8). kRetryLater: the connection is lost, or a stop was requested
  // before it had gone, which loses the connection too.
  virtual Status Send(std::string_view text, std::stop_token stop = {}) = 0;

  // The code with which the host has closed (RFC 6455 section 7.4); 0 while it has not.
  virtual std::uint16_t close_code() const = 0;
};

// "wss://host/path" as what it is asked by, "https://host/path", and "ws:" likewise; http and https
// as they are. kInvalid: no URL.
Result<Url> ParseWebSocketUrl(std::string_view text);

}  // namespace latecomer
