// The handshake and the frames of a WebSocket, by Boost.Beast, which stays in one .cpp.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/http_message.h"
#include "ingest/url.h"
#include "ingest/websocket.h"
#include "ingest/websocket_connection.h"

namespace latecomer {

struct WebSocketHandshake {
  Url url;
  std::string user_agent;
  std::vector<HttpHeader> headers;
  HttpAuth auth;
  std::chrono::steady_clock::time_point deadline;
  std::vector<std::shared_ptr<HttpTally>> tallies;  // each counts the bytes received
};

// What the host has answered: a status with its headers, or 0 for none.
struct WebSocketAnswer {
  int status = 0;
  HttpHeaders headers;
};

// Over a connection that stands. Blocks until the host has answered, the deadline, or a stop.
// Errors: those that CheckStatus gives of a refusal; kInvalid for what is no WebSocket; kRetryLater
// where no answer came.
Result<std::unique_ptr<WebSocket>> ShakeHands(std::unique_ptr<WebSocketConnection> connection,
                                              const WebSocketHandshake& handshake,
                                              const WebSocketSettings& settings,
                                              const std::stop_token& stop, WebSocketAnswer& answer);

}  // namespace latecomer
