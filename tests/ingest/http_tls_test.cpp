// TLS: who is believed, and what is spoken. Certificates are made by openssl for each run, the
// server is http_tls_server.py.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <future>
#include <set>

#include "ingest/unique_fd.h"
#include "tests/ingest/http_harness.h"
#include "tests/source_dir.h"
#include "tests/store/temp_dir.h"

extern char** environ;

namespace latecomer {
namespace {

using test::Client;
using test::Get;
using test::LoopbackSettings;

void Openssl(const std::string& arguments) {
  BOOST_REQUIRE(std::system(("openssl " + arguments + " >/dev/null 2>&1").c_str()) == 0);
}

// An authority, and certificates that it has signed.
class Authority {
 public:
  Authority() {
    Openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Test-CA" +
        std::string(" -keyout ") + (dir_ / "ca.key") + " -out " + ca_file());
  }
  std::string ca_file() const { return dir_ / "ca.pem"; }
  std::string CertFile(const std::string& name) const { return dir_ / (name + ".pem"); }
  std::string KeyFile(const std::string& name) const { return dir_ / (name + ".key"); }

  // For `alternatives` ("DNS:localhost,IP:127.0.0.1"), valid for so many days from now.
  void Sign(const std::string& name, const std::string& alternatives, int days) const {
    const std::string request = dir_ / (name + ".csr");
    Openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout " +
            KeyFile(name) + " -out " + request + " -addext subjectAltName=" + alternatives);
    Openssl("x509 -req -in " + request + " -CA " + ca_file() + " -CAkey " + (dir_ / "ca.key") +
            " -CAcreateserial -copy_extensions copy -days " + std::to_string(days) + " -out " +
            CertFile(name));
  }

 private:
  const test::TempDir dir_;
};

class TlsServer {
 public:
  TlsServer(const Authority& authority, const std::string& name, const std::string& protocol) {
    int to_child[2];
    int from_child[2];
    BOOST_REQUIRE(pipe2(to_child, O_CLOEXEC) == 0 && pipe2(from_child, O_CLOEXEC) == 0);
    input_ = UniqueFd(to_child[1]);
    const UniqueFd child_input(to_child[0]);
    const UniqueFd child_output(from_child[1]);
    const UniqueFd output(from_child[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_input.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, child_output.get(), 1);
    const std::string script = SourceDir() / "tests/ingest/http_tls_server.py";
    const std::string cert = authority.CertFile(name);
    const std::string key = authority.KeyFile(name);
    const char* arguments[] = {"python3",        "-B",   script.c_str(), cert.c_str(), key.c_str(),
                               protocol.c_str(), nullptr};
    BOOST_REQUIRE(posix_spawnp(&pid_, "python3", &actions, nullptr, const_cast<char**>(arguments),
                               environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    std::string line;
    char c = 0;
    while (::read(output.get(), &c, 1) == 1 && c != '\n') line += c;
    port_ = std::atoi(line.c_str());
    BOOST_REQUIRE(port_ > 0);
  }
  ~TlsServer() {
    input_ = UniqueFd();  // it ends when its input does
    for (int i = 0; i < 200; ++i) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
      usleep(10'000);
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string Url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }

 private:
  UniqueFd input_;
  pid_t pid_ = -1;
  int port_ = 0;
};

HttpClientSettings Trusting(const Authority& authority) {
  HttpClientSettings settings = LoopbackSettings();
  settings.ca_file = authority.ca_file();
  return settings;
}

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
