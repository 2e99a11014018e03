// The HTTP/1.1 server: one thread for all I/O, workers for what reads the store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "replay/service.h"

namespace latecomer {

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";
  unsigned workers = 2;
  std::size_t connections_max = 16'384;
  std::size_t streams_max = 12'000;
  int request_seconds_max = 15;  // to send a request, from the end of the last answer
  int write_seconds_max = 30;    // to take an answer
};

class HttpServer {
 public:
  HttpServer(HttpServerOptions options, ReplayService& service);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and starts the threads. kInvalid: no address; kFatal: it cannot be listened on.
  Status Start();
  // The port that was bound; 0 for a Unix socket.
  std::uint16_t port() const;
  // Requests that are being answered get most of a second; streams end at once. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latecomer
