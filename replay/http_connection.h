// One connection: requests read and answered one after another, until it becomes a stream or ends.
// Runs on the I/O thread; answers are made on the workers.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <set>

#include "replay/http_server.h"
#include "replay/stream_hub.h"

namespace latecomer {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

class HttpConnection;

// What the connections of a server share.
struct HttpShared {
  HttpShared(const HttpServerOptions& server_options, ReplayService& replay_service,
             boost::asio::io_context& io_context, boost::asio::thread_pool& pool)
      : options(server_options),
        service(replay_service),
        io(io_context),
        workers(pool),
        hub(io_context, pool, replay_service) {}

  const HttpServerOptions& options;
  ReplayService& service;
  boost::asio::io_context& io;
  boost::asio::thread_pool& workers;
  StreamHub hub;
  std::set<HttpConnection*> connections;  // those that are no streams
  bool stopping = false;

  std::size_t Count() const { return connections.size() + hub.size(); }
  void CountChanged() { service.metrics().SetConnections(Count()); }
};

// Starts to serve a connection, which keeps itself alive.
void ServeConnection(StreamSocket socket, HttpShared& shared);
// Ends the connections that wait for a request; the others end after their answer.
void CloseIdle(HttpShared& shared);
void CloseAll(HttpShared& shared);

}  // namespace latecomer
