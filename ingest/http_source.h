// How a source asks the network: the shared client with the source's stop, its counters, and its
// own way of waiting.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/http_client.h"
#include "ingest/source.h"

namespace latecomer {

// For the source's thread. Client and context must outlive it and the streams it has opened.
class SourceHttp {
 public:
  SourceHttp(HttpClient& client, SourceContext& context);

  // As HttpClient::Fetch and Open, but every wait (for a limit, before the next of
  // `request.attempts`) is the context's, so that a test can pass it in no time. A wait longer than
  // `request.wait_max` is not begun: kRetryLater says how long it would be. A stop ends it at once,
  // with kRetryLater. `request.tally` is not for the caller.
  Result<HttpResponse> Fetch(HttpRequest request);
  // The stream's bytes are counted as they are read; it ends when the source is stopped.
  Result<std::unique_ptr<HttpStream>> Open(HttpRequest request, const HttpStreamSettings& settings);

  // Likewise; the bytes of its messages are counted as they are read.
  Result<std::unique_ptr<WebSocket>> OpenWebSocket(HttpRequest request,
                                                   const WebSocketSettings& settings);

  HttpClient& client() { return client_; }

 private:
  template <typename Ask>
  auto Patiently(HttpRequest& request, Ask ask) -> decltype(ask());

  HttpClient& client_;
  SourceContext& context_;
};

}  // namespace latecomer
