// What the tests of the HTTP client begin with.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "ingest/http_client.h"
#include "tests/ingest/http_test_server.h"

namespace latecomer::test {

// May ask all of loopback.
inline HttpClientSettings LoopbackSettings() {
  HttpClientSettings settings;
  settings.contact = "https://replay.example";
  settings.allowed_private = {"127.0.0.0/8", "::1"};
  return settings;
}

inline std::unique_ptr<HttpClient> Client(const HttpClientSettings& settings) {
  Result<std::unique_ptr<HttpClient>> client = MakeHttpClient(settings);
  BOOST_REQUIRE(client);
  return std::move(*client);
}

// May ask this server, and nobody else.
inline std::unique_ptr<HttpClient> ClientFor(const TestServer&) {
  HttpClientSettings settings = LoopbackSettings();
  settings.allowed_private = {"127.0.0.1"};
  return Client(settings);
}

inline HttpRequest Get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

// Answers each request so.
inline TestServer::Handler Once(std::string reply) {
  return [reply = std::move(reply)](const ServedRequest&, Peer& peer) { peer.Send(reply); };
}

}  // namespace latecomer::test
