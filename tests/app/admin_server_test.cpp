#include "app/admin_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

AdminAnswer Answer(const std::string& path) {
  if (path == "/yes") return {200, "text/plain", "yes\n"};
  return {404, "text/plain", path + "\n"};
}

// A connection to the server, gone with it.
class Client {
 public:
  explicit Client(const AdminServer& server) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const std::string address = server.address();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    const timeval patience{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    BOOST_REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(fd_); }

  void Send(const std::string& text) {
    BOOST_REQUIRE(send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(text.size()));
  }
  // Until the text has come, or the end.
  std::string ReadUntil(const std::string& end) {
    std::string all;
    char part[1024];
    for (ssize_t n = 0; end.empty() || !all.ends_with(end);
         all.append(part, static_cast<std::size_t>(n))) {
      n = recv(fd_, part, sizeof part, 0);
      if (n <= 0) break;
    }
    return all;
  }

 private:
  int fd_;
};

std::string Ask(const AdminServer& server, const std::string& request) {
  Client client(server);
  client.Send(request);
  return client.ReadUntil("");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(admin_server)

BOOST_AUTO_TEST_CASE(answers_what_its_handler_says) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  const std::string yes =
      Ask(server, "GET /yes?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  BOOST_TEST(yes.starts_with("HTTP/1.1 200 "), yes);
  BOOST_TEST(yes.ends_with("\r\n\r\nyes\n"), yes);
  const std::string no = Ask(server, "GET /no HTTP/1.0\r\n\r\n");
  BOOST_TEST(no.starts_with("HTTP/1.0 404 "), no);
  BOOST_TEST(no.ends_with("/no\n"), no);
}

BOOST_AUTO_TEST_CASE(head_has_the_length_and_no_body) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  const std::string head =
      Ask(server, "HEAD /yes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  BOOST_TEST(head.find("Content-Length: 4\r\n") != head.npos, head);
  BOOST_TEST(head.ends_with("\r\n\r\n"), head);
}

BOOST_AUTO_TEST_CASE(other_methods_are_refused) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  const std::string refused =
      Ask(server, "DELETE /yes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  BOOST_TEST(refused.starts_with("HTTP/1.1 405 "), refused);
  BOOST_TEST(refused.find("Allow: GET, HEAD\r\n") != refused.npos, refused);
}

BOOST_AUTO_TEST_CASE(a_connection_serves_many_requests) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  Client client(server);
  for (int i = 0; i < 20; ++i) {
    client.Send("GET /yes HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(client.ReadUntil("yes\n").starts_with("HTTP/1.1 200 "));
  }
}

BOOST_AUTO_TEST_CASE(nonsense_ends_its_connection_only) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  const std::string long_line = "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n";
  for (const std::string& nonsense : {std::string("\x16\x03\x01\r\n\r\n"), long_line}) {
    Client client(server);
    client.Send(nonsense);
    const std::string answer = client.ReadUntil("");
    BOOST_TEST(!answer.starts_with("HTTP/1.1 200"));
  }
  BOOST_TEST(Ask(server, "GET /yes HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200 "));
}

BOOST_AUTO_TEST_CASE(slow_clients_keep_nobody_waiting) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 30; ++i) {
    silent.push_back(std::make_unique<Client>(server));
    silent.back()->Send("GET /y");
  }
  BOOST_TEST(Ask(server, "GET /yes HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 200 "));
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_a_conflict_and_no_host_invalid) {
  AdminServer server(Answer);
  BOOST_REQUIRE(static_cast<bool>(server.Start("127.0.0.1:0")));
  AdminServer second(Answer);
  const Status taken = second.Start(server.address());
  BOOST_REQUIRE(!taken);
  BOOST_TEST((taken.error().code == ErrorCode::kConflict));
  // It can still be given another one.
  BOOST_TEST(static_cast<bool>(second.Start("127.0.0.1:0")));
  AdminServer third(Answer);
  const Status no_host = third.Start("no-such-host.invalid:1");
  BOOST_REQUIRE(!no_host);
  BOOST_TEST((no_host.error().code == ErrorCode::kInvalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
