// Where the client lets itself be sent.
#include <boost/test/unit_test.hpp>

#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using test::Client;
using test::Get;
using test::LoopbackSettings;
using test::Once;
using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

std::string To(const std::string& where, int status = 302) {
  return Reply(status, "<html>moved</html>", {"Location: " + where});
}

Error ErrorOf(const Result<HttpResponse>& response) {
  BOOST_REQUIRE(!response);
  return response.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_redirect)

BOOST_AUTO_TEST_CASE(follows_and_tells_where_to) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    if (request.target == "/old") {
      peer.Send(To("new", 301));
    } else if (request.target == "/new") {
      peer.Send(To("/newest?a=b", 308));
    } else if (request.target == "/passing") {
      peer.Send(To("/old", 307));
    } else {
      peer.Send(Reply(200, "here"));
    }
  });
  const auto client = Client(LoopbackSettings());
  HttpRequest request = Get(server.Url("/old"));
  request.auth = HttpAuth::Bearer(Secret("tok"));
  const Result<HttpResponse> response = client->Fetch(request);
  BOOST_REQUIRE(response);
  BOOST_TEST(response->body == "here");
  BOOST_TEST(response->url == server.Url("/newest?a=b"));
  BOOST_TEST(response->moved_permanently);
  BOOST_TEST(server.requests().back().headers.at("authorization") == "Bearer tok");
  BOOST_TEST(!client->Fetch(Get(server.Url("/passing")))->moved_permanently);
  BOOST_TEST(!client->Fetch(Get(server.Url("/direct")))->moved_permanently);
  BOOST_TEST(client->Hosts().at(server.Authority())->status_3xx == 5U);
}

BOOST_AUTO_TEST_CASE(loops_end) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Send(To(request.target == "/a" ? "/b" : "/a"));
  });
  const auto client = Client(LoopbackSettings());
  const Error error = ErrorOf(client->Fetch(Get(server.Url("/a"))));
  BOOST_TEST((error.code == ErrorCode::kInvalid));
  BOOST_TEST(error.message.find("more than 5 times") != std::string::npos);
  BOOST_TEST(server.requests().size() == 6U);
}

BOOST_AUTO_TEST_CASE(other_hosts_learn_no_secrets) {
  TestServer other(Once(Reply(200, "x")));
  TestServer first(Once(To(other.Url("/"))));
  const auto client = Client(LoopbackSettings());
  for (const bool basic : {false, true}) {
    HttpRequest request = Get(first.Url("/away"));
    request.headers = {{"X-Api-Key", "hush"}, {"Accept", "application/json"}};
    request.auth = basic ? HttpAuth::Basic("u", Secret("hush")) : HttpAuth::Bearer(Secret("hush"));
    BOOST_REQUIRE(client->Fetch(request));
    BOOST_TEST(first.requests().back().headers.contains("authorization"));
    BOOST_TEST(first.requests().back().headers.contains("x-api-key"));
    const auto headers = other.requests().back().headers;
    BOOST_TEST(!headers.contains("authorization"));
    BOOST_TEST(!headers.contains("x-api-key"));
    BOOST_TEST(headers.at("accept") == "application/json");
  }
}

BOOST_AUTO_TEST_CASE(credentials_do_not_come_back) {
  std::string away;
  TestServer home([&](const ServedRequest& request, Peer& peer) {
    peer.Send(request.target == "/start" ? To(away) : Reply(200, "x"));
  });
  TestServer other(Once(To(home.Url("/end"))));
  away = other.Url("/");
  const auto client = Client(LoopbackSettings());
  HttpRequest request = Get(home.Url("/start"));
  request.auth = HttpAuth::Bearer(Secret("hush"));
  BOOST_REQUIRE(client->Fetch(request));
  BOOST_TEST(home.requests().at(0).headers.contains("authorization"));
  BOOST_TEST(!home.requests().at(1).headers.contains("authorization"));
}

BOOST_AUTO_TEST_CASE(nothing_but_http) {
  std::string where;
  TestServer server([&](const ServedRequest&, Peer& peer) { peer.Send(To(where)); });
  const auto client = Client(LoopbackSettings());
  for (const char* to : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:25/x",
                         "dict://127.0.0.1/x", "http://u:p@127.0.0.1/x", "//", "http://"}) {
    where = to;
    BOOST_TEST((ErrorOf(client->Fetch(Get(server.Url("/")))).code == ErrorCode::kInvalid), to);
  }
}

BOOST_AUTO_TEST_CASE(a_post_goes_where_it_was_sent) {
  TestServer server([](const ServedRequest& request, Peer& peer) {
    peer.Send(request.target == "/new" ? Reply(200, "x") : To("/new", 307));
  });
  const auto client = Client(LoopbackSettings());
  HttpRequest request = Get(server.Url("/old"));
  request.method = HttpMethod::kPost;
  request.body = "password=hush";
  BOOST_TEST((ErrorOf(client->Fetch(request)).code == ErrorCode::kInvalid));
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_location_is_an_answer) {
  TestServer server(Once(Reply(302, "lost")));
  const auto client = Client(LoopbackSettings());
  BOOST_TEST(client->Fetch(Get(server.Url("/")))->status == 302);
}

BOOST_AUTO_TEST_CASE(private_addresses_are_refused) {
  TestServer hidden(Once(Reply(200, "secret")), "127.0.0.2");
  std::string where;
  TestServer server([&](const ServedRequest&, Peer& peer) { peer.Send(To(where)); });
  HttpClientSettings settings = LoopbackSettings();
  settings.allowed_private = {"127.0.0.1/32"};
  const auto client = Client(settings);
  const std::string port = ":" + std::to_string(hidden.port()) + "/";
  for (const std::string& host :
       {std::string("127.0.0.2"), std::string("2130706434"), std::string("0x7f.2"),
        std::string("[::ffff:127.0.0.2]"), std::string("[::1]"), std::string("10.0.0.1"),
        std::string("169.254.169.254"), std::string("0.0.0.0"), std::string("[fe80::1]"),
        std::string("[64:ff9b::7f00:2]")}) {
    where = "http://" + host + port;
    for (const std::string& url : {where, server.Url("/")}) {
      const Error error = ErrorOf(client->Fetch(Get(url)));
      BOOST_TEST((error.code == ErrorCode::kInvalid), url << ": " << error.message);
      BOOST_TEST(error.message.find("not public") != std::string::npos, error.message);
    }
  }
  BOOST_TEST(hidden.connections() == 0);
}

// A public name that resolves to where it should not.
BOOST_AUTO_TEST_CASE(names_are_checked_where_they_lead) {
  TestServer server(Once(Reply(200, "secret")));
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  HttpClientSettings settings = LoopbackSettings();
  settings.allowed_private = {};
  const Error error = ErrorOf(Client(settings)->Fetch(Get(url)));
  BOOST_TEST((error.code == ErrorCode::kInvalid));
  BOOST_TEST(error.message.find("localhost is at an address that is not public") !=
             std::string::npos);
  BOOST_TEST(server.connections() == 0);
  settings.allowed_private = {"localhost"};
  BOOST_TEST(!!Client(settings)->Fetch(Get(url)));
  BOOST_TEST(!Client(settings)->Fetch(Get(server.Url("/"))));  // only by that name
}

BOOST_AUTO_TEST_CASE(a_proxy_only_if_the_settings_name_it) {
  TestServer proxy(Once(Reply(200, "by proxy")));
  TestServer server(Once(Reply(200, "direct")));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, proxy.Url("").c_str(), 1);
  }
  BOOST_TEST(Client(LoopbackSettings())->Fetch(Get(server.Url("/")))->body == "direct");
  HttpClientSettings settings = LoopbackSettings();
  settings.proxy = proxy.Url("");
  ::setenv("no_proxy", "*", 1);
  BOOST_TEST(Client(settings)->Fetch(Get(server.Url("/x")))->body == "by proxy");
  BOOST_TEST(proxy.requests().at(0).target == server.Url("/x"));
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"}) {
    ::unsetenv(name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
