#include "ingest/http_client.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <future>
#include <thread>

#include "base/version.h"
#include "ingest/http_check.h"
#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::ClientFor;
using test::Get;
using test::Once;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client)

BOOST_AUTO_TEST_CASE(refuses_to_be_nobody) {
  for (const std::string& contact :
       {std::string(), std::string("  "), std::string("a\r\nb"), std::string(300, 'x')}) {
    HttpClientSettings settings;
    settings.contact = contact;
    BOOST_TEST(!MakeHttpClient(settings));
  }
  HttpClientSettings settings;
  settings.contact = "https://replay.example";
  settings.allowed_private = {"not a host"};
  BOOST_TEST(!MakeHttpClient(settings));
  settings.allowed_private = {};
  settings.proxy = "socks5://h.example";
  BOOST_TEST(!MakeHttpClient(settings));
}

BOOST_AUTO_TEST_CASE(sends_who_asks_and_what) {
  TestServer server([](const ServedRequest&, Peer& peer) {
    peer.Send(Reply(200, "{}", {"Content-Type: application/json", "X-A: 1", "x-a: 2"}));
  });
  const auto client = ClientFor(server);
  HttpRequest request = Get(server.Url("/api?a=1"));
  request.headers = {{"Accept", "application/json"}, {"X-Empty", ""}};
  request.auth = HttpAuth::Bearer(Secret("tok"));
  request.etag = "W/\"abc\"";
  request.last_modified = "Fri, 02 Jan 2026 04:04:05 GMT";
  const Result<HttpResponse> response = client->Fetch(request);
  BOOST_REQUIRE(response);
  BOOST_TEST(response->status == 200);
  BOOST_TEST(response->body == "{}");
  BOOST_TEST(response->url == server.Url("/api?a=1"));
  BOOST_TEST(response->ContentType() == "application/json");
  BOOST_TEST(response->headers.Joined("x-a") == "1, 2");

  const ServedRequest got = server.requests().at(0);
  BOOST_TEST(got.method == "GET");
  BOOST_TEST(got.target == "/api?a=1");
  const std::string version(VersionText().substr(0, VersionText().find(' ')));
  BOOST_TEST(got.headers.at("user-agent") == "Latecomer/" + version + " (+https://replay.example)");
  BOOST_TEST(got.headers.at("accept") == "application/json");
  BOOST_TEST(got.headers.at("accept-encoding").find("gzip") != std::string::npos);
  BOOST_TEST(got.headers.at("authorization") == "Bearer tok");
  BOOST_TEST(got.headers.at("if-none-match") == "W/\"abc\"");
  BOOST_TEST(got.headers.at("if-modified-since") == "Fri, 02 Jan 2026 04:04:05 GMT");
  BOOST_TEST(got.headers.at("x-empty") == "");
}

BOOST_AUTO_TEST_CASE(posts) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.Send(Reply(200, "{}")); });
  const auto client = ClientFor(server);
  HttpRequest request = Get(server.Url("/session"));
  request.method = HttpMethod::kPost;
  request.body = std::string("{\"a\":\"\0\"}", 9) + std::string(5000, 'x');
  request.content_type = "application/json";
  request.auth = HttpAuth::Basic("ana", Secret("pass"));
  BOOST_REQUIRE(client->Fetch(request));
  const ServedRequest got = server.requests().at(0);
  BOOST_TEST(got.method == "POST");
  BOOST_TEST(got.body == request.body);
  BOOST_TEST(got.headers.at("content-type") == "application/json");
  BOOST_TEST(got.headers.at("authorization") == "Basic YW5hOnBhc3M=");
  BOOST_TEST(!got.headers.contains("expect"));
}

BOOST_AUTO_TEST_CASE(refuses_what_cannot_be_sent) {
  TestServer server(Once(Reply(200, "")));
  const auto client = ClientFor(server);
  const auto check = [&](auto change) {
    HttpRequest request = Get(server.Url("/"));
    change(request);
    const Result<HttpResponse> response = client->Fetch(request);
    BOOST_REQUIRE(!response);
    BOOST_TEST((response.error().code == ErrorCode::kInvalid));
    BOOST_TEST(response.error().message.find("hush") == std::string::npos);
  };
  check([](HttpRequest& r) { r.headers = {{"X", "a\r\nY: hush"}}; });
  check([](HttpRequest& r) { r.headers = {{"X Y", "hush"}}; });
  check([](HttpRequest& r) { r.headers = {{"", "hush"}}; });
  check([](HttpRequest& r) { r.headers = {{"authorization", "Bearer hush"}}; });
  check([](HttpRequest& r) { r.headers = {{"Host", "hush"}}; });
  check([](HttpRequest& r) { r.etag = "\"hush\"\r\nX: y"; });
  check([](HttpRequest& r) { r.auth = HttpAuth::Bearer(Secret("hush\r\nX: y")); });
  check([](HttpRequest& r) { r.auth = HttpAuth::Bearer(Secret("")); });
  check([](HttpRequest& r) { r.auth = HttpAuth::Basic("a:b", Secret("hush")); });
  check([](HttpRequest& r) { r.url = "https://u:hush@h.example/"; });
  check([](HttpRequest& r) { r.url = "file:///etc/passwd"; });
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(one_connection_serves_many) {
  TestServer server([](const ServedRequest&, Peer& peer) { peer.Send(Reply(200, "x")); });
  const auto client = ClientFor(server);
  HttpRequest request = Get(server.Url("/"));
  request.tally = std::make_shared<HttpTally>();
  for (int i = 0; i < 50; ++i) BOOST_REQUIRE(client->Fetch(request));
  BOOST_TEST(server.connections() == 1);
  BOOST_TEST(request.tally->requests == 50U);
  BOOST_TEST(request.tally->connections == 1U);
  BOOST_TEST(request.tally->status_2xx == 50U);
  BOOST_TEST(request.tally->bytes >= 50U * 40U);
  BOOST_TEST(request.tally->waits == 0U);
  BOOST_TEST(client->Hosts().at(server.Authority())->requests == 50U);
}

BOOST_AUTO_TEST_CASE(not_modified) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    const auto found = request.headers.find("if-none-match");
    if (found != request.headers.end() && found->second == "\"v1\"") {
      peer.Send("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n");
    } else {
      peer.Send(Reply(200, "new", {"ETag: \"v1\"", "Last-Modified: yesterday, more or less"}));
    }
  });
  const auto client = ClientFor(server);
  HttpRequest request = Get(server.Url("/feed"));
  const Result<HttpResponse> first = client->Fetch(request);
  BOOST_REQUIRE(first);
  request.etag = first->etag();
  request.last_modified = first->last_modified();
  const Result<HttpResponse> second = client->Fetch(request);
  BOOST_REQUIRE(second);
  BOOST_TEST(second->IsNotModified());
  BOOST_TEST(second->body == "");
  BOOST_TEST(!!CheckStatus(*second));
  BOOST_TEST(server.requests().at(1).headers.at("if-modified-since") == "yesterday, more or less");
}

BOOST_AUTO_TEST_CASE(statuses_that_are_the_callers_to_judge) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Send(Reply(std::atoi(request.target.c_str() + 1), "{\"error\":\"x\"}"));
  });
  const auto client = ClientFor(server);
  for (int status : {400, 401, 403, 404, 410, 418, 422}) {
    const Result<HttpResponse> response =
        client->Fetch(Get(server.Url("/" + std::to_string(status))));
    BOOST_REQUIRE(response);
    BOOST_TEST(response->status == status);
    BOOST_TEST(response->body == "{\"error\":\"x\"}");
  }
  BOOST_TEST(server.requests().size() == 7U);  // none is tried twice
}

BOOST_AUTO_TEST_CASE(tries_again_what_may_pass) {
  std::atomic<int> count{0};
  TestServer server([&](const ServedRequest&, Peer& peer) {
    const int number = ++count;
    if (number == 1) {
      peer.Close();
      return;
    }
    peer.Send(number == 2 ? Reply(500, "oops") : Reply(200, "fine"));
  });
  const auto client = ClientFor(server);
  HttpRequest request = Get(server.Url("/"));
  request.tally = std::make_shared<HttpTally>();
  const Result<HttpResponse> response = client->Fetch(request);
  BOOST_REQUIRE(response);
  BOOST_TEST(response->body == "fine");
  BOOST_TEST(request.tally->requests == 3U);
  BOOST_TEST(request.tally->retries == 2U);
  BOOST_TEST(request.tally->failures == 1U);
  BOOST_TEST(request.tally->status_5xx == 1U);
  BOOST_TEST(request.tally->waits >= 1U);
  BOOST_TEST(request.tally->wait_ms >= 900U);

  count = 0;
  request.method = HttpMethod::kPost;
  BOOST_TEST((client->Fetch(request).error().code == ErrorCode::kRetryLater));
  BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_obeyed) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    if (request.target == "/a") {
      peer.Send(Reply(429, "{\"error\":\"Too many requests\"}", {"Retry-After: 3600"}));
    } else {
      peer.Send(Reply(200, "x"));
    }
  });
  const auto client = ClientFor(server);
  HttpRequest request = Get(server.Url("/a"));
  request.limit_keys = {"a"};
  request.tally = std::make_shared<HttpTally>();
  for (int i = 0; i < 20; ++i) {
    const Result<HttpResponse> response = client->Fetch(request);
    BOOST_REQUIRE(!response);
    BOOST_TEST((response.error().code == ErrorCode::kRetryLater));
    BOOST_TEST((response.error().retry_after >= 3590s));
    BOOST_TEST((response.error().retry_after <= 3600s * 11 / 10 + 5s));
  }
  BOOST_TEST(server.requests().size() == 1U);
  BOOST_TEST(request.tally->status_429 == 1U);
  request.url = server.Url("/b");
  request.limit_keys = {"b"};
  BOOST_TEST(!!client->Fetch(request));
}

BOOST_AUTO_TEST_CASE(callbacks_and_shutting_down) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    if (request.target == "/hang") peer.AwaitClosed(10s);
    peer.Send(Reply(200, request.target));
  });
  std::promise<Result<HttpResponse>> good;
  std::promise<Result<HttpResponse>> hanging;
  std::promise<Result<HttpResponse>> waiting;
  {
    HttpClientSettings settings = test::LoopbackSettings();
    settings.rules.at_once_max = 1;
    const auto client = test::Client(settings);
    const auto into = [](std::promise<Result<HttpResponse>>& promise) {
      return [&promise](Result<HttpResponse> result) { promise.set_value(std::move(result)); };
    };
    client->Start(Get(server.Url("/good")), into(good));
    client->Start(Get(server.Url("/hang")), into(hanging));
    client->Start(Get(server.Url("/later")), into(waiting));
    BOOST_TEST(good.get_future().get()->body == "/good");
  }
  for (auto* promise : {&hanging, &waiting}) {
    const Result<HttpResponse> result = promise->get_future().get();
    BOOST_REQUIRE(!result);
    BOOST_TEST((result.error().code == ErrorCode::kRetryLater));
  }
}

// Each host counts: never more at once than allowed, never sooner than allowed.
BOOST_AUTO_TEST_CASE(a_thousand_requests_over_twenty_hosts) {
  struct Count {
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    std::mutex mutex;
    std::vector<std::chrono::steady_clock::time_point> times;
  };
  constexpr int kHosts = 20;
  std::vector<std::unique_ptr<Count>> counts;
  std::vector<std::unique_ptr<TestServer>> servers;
  for (int i = 0; i < kHosts; ++i) {
    counts.push_back(std::make_unique<Count>());
    Count& count = *counts.back();
    servers.push_back(std::make_unique<TestServer>(
        [&count](const ServedRequest&, Peer& peer) {
          {
            const std::scoped_lock lock(count.mutex);
            count.times.push_back(std::chrono::steady_clock::now());
          }
          const int now = ++count.now;
          int most = count.most;
          while (now > most && !count.most.compare_exchange_weak(most, now)) {
          }
          peer.Wait(5ms);
          --count.now;
          peer.Send(Reply(200, "x"));
        },
        "127.0.0." + std::to_string(i + 1)));
  }
  HttpClientSettings settings = test::LoopbackSettings();
  settings.rules = {3, 10ms, {{"", 25, 1000ms}}};
  const auto client = test::Client(settings);
  std::atomic<int> good{0};
  std::vector<std::thread> sources;
  for (int i = 0; i < kHosts; ++i) {
    sources.emplace_back([&, i] {
      std::vector<std::future<bool>> answers;
      for (int k = 0; k < 50; ++k) {
        auto answer = std::make_shared<std::promise<bool>>();
        answers.push_back(answer->get_future());
        client->Start(Get(servers[static_cast<std::size_t>(i)]->Url("/")),
                      [answer](const Result<HttpResponse>& result) {
                        answer->set_value(result && result->status == 200);
                      });
      }
      for (auto& answer : answers) good += answer.get() ? 1 : 0;
    });
  }
  for (std::thread& source : sources) source.join();
  BOOST_TEST(good == kHosts * 50);
  for (const auto& count : counts) {
    BOOST_TEST(count->most <= 3);
    BOOST_REQUIRE(count->times.size() == 50U);
    std::sort(count->times.begin(), count->times.end());
    // The 26th not within a second of the first, as the host sees it.
    for (std::size_t i = 25; i < count->times.size(); ++i) {
      BOOST_TEST((count->times[i] - count->times[i - 25] >= 1000ms));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
