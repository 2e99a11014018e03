// A connection to a host, through the proxy and with TLS where these are wanted, made by libcurl
// under the rules of the HTTP client, over which the caller then speaks for itself.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "ingest/http_message.h"
#include "ingest/http_transfer.h"
#include "ingest/url.h"

namespace latecomer {

// For one thread at a time.
class WebSocketConnection {
 public:
  // `settings` must outlive it.
  WebSocketConnection(const HttpTransferSettings& settings, const HttpRequest& request, Url url);
  ~WebSocketConnection();
  WebSocketConnection(const WebSocketConnection&) = delete;
  WebSocketConnection& operator=(const WebSocketConnection&) = delete;

  // Blocks until it stands; within half a second of a stop, with kRetryLater. Errors are those of a
  // request that finds no connection.
  Status Connect(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);

  // What poll() waits on. Bytes may be there to receive although it is not readable (TLS): receive
  // first, then wait.
  int fd() const { return fd_; }

  enum class Io { kDone, kWouldBlock, kEnd, kLost };
  // Without waiting; `bytes` is how many, at least one where it is kDone.
  Io Receive(void* data, std::size_t size, std::size_t& bytes);
  Io Send(const void* data, std::size_t size, std::size_t& bytes);

  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  struct MultiFree {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  const HttpRequest request_;  // the transfer points to it
  const std::string name_;     // for messages
  std::unique_ptr<CURLM, MultiFree> multi_;
  std::unique_ptr<HttpTransfer> transfer_;
  int fd_ = -1;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace latecomer
