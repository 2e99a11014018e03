#include "app/source_guess.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/http_harness.h"

namespace latecomer {
namespace {

using test::Peer;
using test::Reply;
using test::ServedRequest;
using test::TestServer;

std::string Guessed(const std::string& address) {
  const std::unique_ptr<HttpClient> client = test::Client(test::LoopbackSettings());
  const Result<GuessedSource> guessed = GuessSource(address, *client, {});
  return guessed ? guessed->kind + " " + guessed->base : guessed.error().message;
}

std::string GuessedOf(TestServer::Handler handler, const std::string& path) {
  TestServer server(std::move(handler));
  std::string guessed = Guessed(server.Url(path));
  const std::size_t at = guessed.find(server.Url(""));
  if (at != guessed.npos) guessed.replace(at, server.Url("").size(), "SERVER");
  return guessed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_guess)

BOOST_AUTO_TEST_CASE(some_addresses_say_it) {
  BOOST_TEST(Guessed("wss://relay.example") == "nostr wss://relay.example");
  BOOST_TEST(Guessed("wss://jetstream2.us-east.bsky.network") ==
             "jetstream wss://jetstream2.us-east.bsky.network");
  BOOST_TEST(Guessed("https://x.com/hashtag/educhat") == "x ");
  BOOST_TEST(Guessed("twitter.com") == "x ");
  BOOST_TEST(Guessed("https://bsky.app") == "bluesky ");
  BOOST_TEST(Guessed("https://www.yammer.com/school.example") == "engage ");
  BOOST_TEST(Guessed("https://not-x.com.invalid/").starts_with("GET https://not-x.com.invalid"));
  BOOST_TEST(Guessed("https://") != "");
}

BOOST_AUTO_TEST_CASE(a_mastodon_says_its_version) {
  const auto handler = [](const ServedRequest& request, Peer& peer) {
    if (request.target == "/api/v1/instance") {
      peer.Send(Reply(200, R"({"uri":"social.example","version":"4.3.0"})",
                      {"Content-Type: application/json; charset=utf-8"}));
    } else {
      peer.Send(Reply(200, "<html></html>", {"Content-Type: text/html"}));
    }
  };
  BOOST_TEST(GuessedOf(handler, "/tags/educhat") == "mastodon SERVER");
}

BOOST_AUTO_TEST_CASE(a_wordpress_names_its_api) {
  const auto handler = [](const ServedRequest& request, Peer& peer) {
    const std::string host = "http://" + request.headers.at("host");
    peer.Send(Reply(200, "<html></html>",
                    {"Content-Type: text/html", "Link: <" + host + "/x>; rel=shortlink",
                     "Link: <" + host + "/blog/wp-json/>; rel=\"https://api.w.org/\""}));
  };
  BOOST_TEST(GuessedOf(handler, "/blog/2026/post/") == "wordpress SERVER/blog");
}

BOOST_AUTO_TEST_CASE(a_feed_is_one_by_type_or_by_its_beginning) {
  for (const char* type : {"application/rss+xml", "text/xml", "text/html", "text/plain"}) {
    const std::string body = std::string_view(type) == "application/rss+xml"
                                 ? "anything"
                                 : "<?xml version=\"1.0\"?>\n<rss version=\"2.0\">";
    const auto handler = [&](const ServedRequest&, Peer& peer) {
      peer.Send(Reply(200, body, {std::string("Content-Type: ") + type}));
    };
    BOOST_TEST(GuessedOf(handler, "/feed?tag=x") == "feed SERVER/feed?tag=x");
  }
}

BOOST_AUTO_TEST_CASE(a_page_that_names_a_feed_is_one) {
  const auto handler = [](const ServedRequest& request, Peer& peer) {
    if (request.target != "/") return void(peer.Send(Reply(404, "no")));
    peer.Send(Reply(200, "<link rel=alternate type=\"application/atom+xml\" href=/f>",
                    {"Content-Type: text/html"}));
  };
  BOOST_TEST(GuessedOf(handler, "/") == "feed SERVER/");
}

BOOST_AUTO_TEST_CASE(what_is_of_no_kind_is_an_error_that_says_what_to_do) {
  const auto handler = [](const ServedRequest&, Peer& peer) {
    peer.Send(Reply(200, "<html></html>", {"Content-Type: text/html"}));
  };
  BOOST_TEST(GuessedOf(handler, "/").find("--kind") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace latecomer
