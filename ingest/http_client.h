// The one HTTP client of a process, shared by all of its sources: polite to the hosts it asks
// (http_politeness.h), connected only to where it may go (http_address.h), and bounded in all that
// it takes in. docs/polite-fetching.md says what it promises to those hosts.
//
// One thread does all of the work, with one libcurl multi handle: connections are kept and used
// again, HTTP/2 is spoken where a TLS server offers it, and a request that waits blocks no other.
// Every call may come from any thread. The client must outlive the streams it has opened and the
// callers that wait in it.
//
// What comes of a request:
//   a response    the host has answered, with any status but those below. 401, 403, 404 and the
//                 like are the caller's to judge: CheckStatus (http_check.h) makes errors of them
//   kRetryLater   no answer or only a part of it, 408, 425, 429, 5xx, a stop, or a wait longer than
//                 `wait_max`; `retry_after` says when the host may be asked again, where that is
//                 known
//   kInvalid      the URL, or one that it redirects to, cannot or must not be asked; too many
//                 redirects; more bytes than allowed
// A message names method, host and path; never a query, header, token or body.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/http_message.h"
#include "ingest/http_politeness.h"
#include "ingest/http_stream.h"
#include "ingest/websocket.h"

namespace latecomer {

struct HttpClientSettings {
  // Whom the operators of the hosts can turn to: a URL or an address of mail. Required.
  std::string contact;
  std::string product = "Latecomer";
  std::string version;  // "": VersionText()
  // Hosts and networks (as AddressPolicy::Make reads them) that may be asked although they are not
  // of the public network.
  std::vector<std::string> allowed_private;
  std::string ca_file;  // PEM; "": the system's
  // A proxy's URL; "": none, whatever the environment says. It looks up names in our place: which
  // addresses may be asked is then its to check.
  std::string proxy;
  HttpHostRules rules;  // of each host, until Tighten says more
  std::chrono::milliseconds connect_timeout{10'000};
  // An answer that for so long brings fewer bytes a second than this is given up.
  std::chrono::seconds slow_time{20};
  long slow_bytes = 16;
  std::size_t waiting_max = 10'000;  // requests that wait to be sent; more are refused
  // The politeness's clock, in milliseconds that only grow; for tests. Empty: the steady one. Where
  // it is not, give requests a `wait_max` of 0: the client waits in real time.
  std::function<TimeMs()> clock;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Asks, and waits for the answer; the wait ends at once when a stop is requested.
  virtual Result<HttpResponse> Fetch(const HttpRequest& request, std::stop_token stop = {}) = 0;

  // Asks, and calls `done` once, in the client's thread: it must return at once and throw nothing.
  // Where the client ends first, it is called with kRetryLater.
  using Done = std::function<void(Result<HttpResponse>)>;
  virtual void Start(const HttpRequest& request, Done done, std::stop_token stop = {}) = 0;

  // Asks, and returns once the host has begun to answer with a 2xx; for another status the error
  // that CheckStatus gives. What then comes is read from the stream. `request` holds as for Fetch,
  // but for the bound of the body, and the deadline, which ends with the headers. Speaks HTTP/1.1
  // on a connection of its own, uncompressed, so that a reader that is slow slows its host and
  // nobody else.
  virtual Result<std::unique_ptr<HttpStream>> Open(const HttpRequest& request,
                                                   const HttpStreamSettings& settings,
                                                   std::stop_token stop = {}) = 0;

  // Asks for a WebSocket, and returns once the host has agreed; for another answer the error that
  // CheckStatus gives, and kInvalid where that is none (a page with status 200, a redirect, which
  // is not followed). `request` holds as for Fetch, with a URL of ws or wss too; it is a GET, tried
  // once, whose deadline ends with the handshake. The headers are sent as they are: a subprotocol
  // is "Sec-WebSocket-Protocol". Connects and shakes hands in the caller's thread.
  virtual Result<std::unique_ptr<WebSocket>> OpenWebSocket(const HttpRequest& request,
                                                           const WebSocketSettings& settings,
                                                           std::stop_token stop = {}) = 0;

  // What a source knows of the limits of a host (Url::Authority()): see HttpPoliteness.
  virtual void Tighten(const std::string& host, const HttpHostRules& rules) = 0;
  // Counts requests that were sent before this process began, up to `age` ago: a ceiling of
  // requests a day holds across restarts if who set it keeps count and says so here.
  virtual void Restore(const std::string& host, const std::string& limit_key,
                       std::uint32_t requests, std::chrono::milliseconds age) = 0;

  // What has been used of each host since the process began.
  virtual std::map<std::string, std::shared_ptr<const HttpTally>> Hosts() const = 0;
};

// kInvalid: no contact, or one with controls or more than 200 bytes; entries of `allowed_private`
// that are none; a proxy that is no URL; a ca_file that cannot be read. Reaches out to nobody.
Result<std::unique_ptr<HttpClient>> MakeHttpClient(const HttpClientSettings& settings);

}  // namespace latecomer
