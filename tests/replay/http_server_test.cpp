#include "replay/http_server.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "base/time.h"
#include "sample_event.h"
#include "test_client.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct ServerFixture {
  ServerFixture() : service(store, {}) { FillSample(store); }

  HttpServer& Start(HttpServerOptions options = {}) {
    server = std::make_unique<HttpServer>(std::move(options), service);
    const Status started = server->Start();
    BOOST_REQUIRE(started);
    return *server;
  }

  MemoryStore store;
  ReplayService service;
  std::unique_ptr<HttpServer> server;
};

milliseconds TimeOf(const std::function<void()>& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
}

BOOST_FIXTURE_TEST_SUITE(http_server, ServerFixture)

BOOST_AUTO_TEST_CASE(answers_one_request_after_another_on_one_connection) {
  TestClient client(Start().port());
  const TestAnswer first = client.Get("/v1/hashtags/%23TEA/sessions");
  BOOST_TEST(first.status == 200);
  BOOST_TEST(first.headers.at("content-type") == "application/json");
  BOOST_TEST(first.body.starts_with("{\"sessions\":[{\"id\":\"2020-05-01T10:00:00.000Z\""));
  BOOST_TEST(client.Get("/healthz").body == "ok\n");
  const TestAnswer missing = client.Get("/v1/hashtags/coffee");
  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.body.starts_with("{\"error\":{\"code\":\"not_found\",\"message\":\""));
}

BOOST_AUTO_TEST_CASE(every_answer_carries_the_headers_that_protect_readers) {
  TestClient client(Start().port());
  for (const char* target : {"/", "/v1/hashtags", "/nowhere", "/metrics"}) {
    const TestAnswer answer = client.Get(target);
    BOOST_TEST(answer.headers.at("content-security-policy").starts_with("default-src 'self'"));
    BOOST_TEST(answer.headers.at("x-content-type-options") == "nosniff");
    BOOST_TEST(answer.headers.at("referrer-policy") == "no-referrer");
    BOOST_TEST(answer.headers.at("x-robots-tag") == "noindex");
    BOOST_TEST(answer.headers.at("access-control-allow-origin") == "*");
  }
}

BOOST_AUTO_TEST_CASE(a_known_version_is_not_sent_again) {
  TestClient client(Start().port());
  const std::string tag = client.Get("/v1/hashtags/tea").headers.at("etag");
  const TestAnswer same = client.Get("/v1/hashtags/tea", "If-None-Match: " + tag + "\r\n");
  BOOST_TEST(same.status == 304);
  BOOST_TEST(same.headers.at("etag") == tag);
  BOOST_TEST(client.Get("/v1/hashtags/tea", "If-None-Match: \"x\"\r\n").status == 200);
}

BOOST_AUTO_TEST_CASE(head_has_the_length_and_no_body) {
  TestClient client(Start().port());
  const std::size_t size = client.Get("/v1/hashtags/tea").body.size();
  client.Send("HEAD /v1/hashtags/tea HTTP/1.1\r\nHost: test\r\n\r\n");
  const TestAnswer head = client.Read(true);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.headers.at("content-length") == std::to_string(size));
  BOOST_TEST(client.Get("/healthz").body == "ok\n");  // nothing was in between
  client.Send("HEAD /v1/replay?hashtag=tea HTTP/1.1\r\nHost: test\r\n\r\n");
  BOOST_TEST(client.Read(true).headers.at("content-type") == "text/event-stream");
}

BOOST_AUTO_TEST_CASE(options_and_other_methods) {
  TestClient client(Start().port());
  for (const char* target : {"/v1/hashtags/tea", "/v1/replay"}) {
    client.Send(std::string("OPTIONS ") + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
    const TestAnswer options = client.Read();
    BOOST_TEST(options.status == 204);
    BOOST_TEST(options.headers.at("access-control-allow-methods") == "GET, HEAD, OPTIONS");
    BOOST_TEST(options.headers.at("access-control-allow-headers").find("Last-Event-ID") !=
               std::string::npos);
    client.Send(std::string("POST ") + target +
                " HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc");
    const TestAnswer post = client.Read();
    BOOST_TEST(post.status == 405);
    BOOST_TEST(post.headers.at("allow") == "GET, HEAD, OPTIONS");
  }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_their_order) {
  TestClient client(Start().port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += i % 2 == 0 ? "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
                           : "GET /v1/hashtags/none HTTP/1.1\r\nHost: t\r\n\r\n";
  }
  client.Send(requests);
  for (int i = 0; i < 20; ++i) BOOST_TEST(client.Read().status == (i % 2 == 0 ? 200 : 404));
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_and_the_connection_ends) {
  const std::uint16_t port = Start().port();
  const std::pair<std::string, int> bad[] = {
      {"hello\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},                   // no Host
      {"GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400},     // bad escape
      {"GET /v1/%ff HTTP/1.1\r\nHost: t\r\n\r\n", 400},  // no UTF-8
      {"GET http HTTP/1.1\r\nHost: t\r\n\r\n", 400},     // no path
      {"GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(10'000, 'x') + " HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 999999\r\n\r\n", 413}};
  for (const auto& [bytes, status] : bad) {
    TestClient client(port);
    client.Send(bytes);
    const TestAnswer answer = client.Read();
    BOOST_TEST(answer.status == status, bytes.substr(0, 40));
    BOOST_TEST(answer.body.starts_with("{\"error\":{"));
    BOOST_TEST(client.Ends(seconds(5)));
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_finish_its_request_is_cut_off) {
  HttpServerOptions options;
  options.request_seconds_max = 1;
  TestClient client(Start(std::move(options)).port());
  const milliseconds took = TimeOf([&client] {
    for (int i = 0; i < 40 && !client.Ends(milliseconds(50)); ++i) client.Send("G");
  });
  BOOST_TEST(took.count() > 800);
  BOOST_TEST(took.count() < 1900);
}

BOOST_AUTO_TEST_CASE(connections_past_the_bound_are_told_so) {
  HttpServerOptions options;
  options.connections_max = 2;
  const std::uint16_t port = Start(std::move(options)).port();
  TestClient one(port);
  TestClient two(port);
  BOOST_TEST(one.Get("/healthz").status == 200);
  BOOST_TEST(two.Get("/healthz").status == 200);
  TestClient three(port);
  BOOST_TEST(three.Read().status == 503);
  BOOST_TEST(one.Get("/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(listens_on_a_unix_socket_and_takes_over_a_stale_one) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("latecomer-" + std::to_string(getpid()) + ".sock"))
          .string();
  HttpServerOptions options;
  options.listen = path;
  Start(options);
  BOOST_TEST(TestClient(path).Get("/healthz").status == 200);
  HttpServer second(options, service);
  BOOST_TEST(!second.Start());  // in use
  server->Stop();
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(listens_on_ipv6_and_says_why_it_cannot_listen) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(Start().port());
  HttpServer taken(options, service);
  const Status status = taken.Start();
  BOOST_REQUIRE(!status);
  BOOST_TEST(status.error().message.find(options.listen) != std::string::npos);
  options.listen = "[::1]:0";
  HttpServer six(options, service);
  const Status started = six.Start();
  BOOST_TEST((started || started.error().message.find("[::1]:0") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(counts_what_it_answers) {
  TestClient client(Start().port());
  client.Get("/v1/hashtags/tea");
  client.Get("/v1/hashtags/none");
  const std::string metrics = client.Get("/metrics").body;
  for (const char* line :
       {"latecomer_http_requests_total{code=\"200\",route=\"/v1/hashtags/{}\"} 1",
        "latecomer_http_requests_total{code=\"404\",route=\"/v1/hashtags/{}\"} 1",
        "latecomer_http_connections 1", "latecomer_view_build_seconds_count 1"}) {
    BOOST_TEST(metrics.find(line) != std::string::npos, line << " is not in\n" << metrics);
  }
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_is_503_and_shows_in_readyz_only) {
  TestClient client(Start().port());
  BOOST_TEST(client.Get("/readyz").status == 200);
  store.FailWith(RetryLater("The disk is at lunch."));
  BOOST_TEST(client.Get("/readyz").status == 503);
  BOOST_TEST(client.Get("/healthz").status == 200);
  const TestAnswer answer = client.Get("/v1/hashtags/tea");
  BOOST_TEST(answer.status == 503);
  BOOST_TEST(answer.headers.at("retry-after") == "5");
  BOOST_TEST(answer.body.find("lunch") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(stops_within_a_second_with_clients_attached) {
  const std::uint16_t port = Start().port();
  TestClient idle(port);
  TestClient half(port);
  half.Send("GET / HT");
  TestClient viewer(port);
  viewer.Send("GET /v1/replay?hashtag=tea HTTP/1.1\r\nHost: t\r\n\r\n");
  BOOST_TEST(viewer.ReadUntil("event: entry").find("event: session") != std::string::npos);
  const milliseconds took = TimeOf([this] { server->Stop(); });
  BOOST_TEST(took.count() < 1000);
  BOOST_TEST(viewer.Ends(seconds(1)));
  BOOST_TEST(idle.Ends(seconds(1)));
  BOOST_TEST(half.Ends(seconds(1)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
