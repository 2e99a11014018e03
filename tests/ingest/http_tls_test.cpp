// TLS: who is believed, and what is spoken. Certificates are made by openssl for each run, the
// server is http_tls_server.py.
#include "tests/ingest/http_tls_harness.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <set>

namespace latecomer {
namespace {

using test::Authority;
using test::Client;
using test::Get;
using test::LoopbackSettings;
using test::TlsServer;
using test::Trusting;

Error ErrorOf(const Result<HttpResponse>& response) {
  BOOST_REQUIRE(!response);
  return response.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_tls)

BOOST_AUTO_TEST_CASE(believes_whom_the_authority_names) {
  const Authority authority;
  const Authority stranger;
  authority.Sign("good", "DNS:localhost", 2);
  authority.Sign("other", "DNS:other.example", 2);
  authority.Sign("expired", "DNS:localhost", -1);
  {
    const TlsServer server(authority, "good", "http/1.1");
    BOOST_TEST(Client(Trusting(authority))->Fetch(Get(server.Url("localhost")))->body ==
               "http/1.1 1 1");
    const auto refused = [&](const HttpClientSettings& settings, const std::string& host) {
      HttpRequest request = Get(server.Url(host));
      request.tally = std::make_shared<HttpTally>();
      const Error error = ErrorOf(Client(settings)->Fetch(request));
      BOOST_TEST((error.code == ErrorCode::kRetryLater));
      BOOST_TEST(error.message.find("certificate") != std::string::npos, error.message);
      BOOST_TEST(request.tally->requests == 1U);  // trying again at once would not mend it
    };
    refused(LoopbackSettings(), "localhost");  // the system knows no such authority
    refused(Trusting(stranger), "localhost");
  }
  for (const char* name : {"other", "expired"}) {
    const TlsServer server(authority, name, "http/1.1");
    HttpRequest request = Get(server.Url("localhost"));
    request.auth = HttpAuth::Bearer(Secret("hush"));
    const Error error = ErrorOf(Client(Trusting(authority))->Fetch(request));
    BOOST_TEST((error.code == ErrorCode::kRetryLater), name << ": " << error.message);
    BOOST_TEST(error.message.find("hush") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_not_there) {
  HttpClientSettings settings = LoopbackSettings();
  settings.ca_file = "/nonexistent/ca.pem";
  const auto client = MakeHttpClient(settings);
  BOOST_REQUIRE(!client);
  BOOST_TEST((client.error().code == ErrorCode::kInvalid));
  BOOST_TEST(client.error().message.find("/nonexistent/ca.pem") != std::string::npos);
}

// Where the server offers it, HTTP/2: requests at once share a connection.
BOOST_AUTO_TEST_CASE(http2) {
  const Authority authority;
  authority.Sign("good", "DNS:localhost", 2);
  const TlsServer server(authority, "good", "h2");
  HttpClientSettings settings = Trusting(authority);
  settings.rules.at_once_max = 8;
  const auto client = Client(settings);
  HttpRequest request = Get(server.Url("localhost"));
  request.tally = std::make_shared<HttpTally>();
  BOOST_REQUIRE(client->Fetch(request));
  std::vector<std::promise<std::string>> answers(20);
  for (auto& answer : answers) {
    client->Start(request, [&answer](const Result<HttpResponse>& result) {
      answer.set_value(result ? result->body + result->headers.Get("x-a") : result.error().message);
    });
  }
  std::set<std::string> bodies;
  for (auto& answer : answers) bodies.insert(answer.get_future().get());
  BOOST_TEST(bodies.size() == 20U);
  for (const std::string& body : bodies) BOOST_TEST(body.starts_with("h2 1 "), body);
  BOOST_TEST(request.tally->connections == 1U);

  // A stream does not go by it, since one that rests would stop all others.
  auto stream = client->Open(request, {});
  BOOST_REQUIRE(stream);
  std::string body;
  BOOST_TEST((*(*stream)->Read(body, std::chrono::seconds(5)) == HttpStream::Got::kBytes));
  BOOST_TEST(body == "http/1.1 2 1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
