#include "tests/stream/kafka_faults.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

namespace latecomer {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    BOOST_FAIL("run this beside tools/beds/run_with.py --kafka 1 --toxiproxy: no " << name);
  }
  return value;
}

// http://127.0.0.1:PORT
std::uint16_t ProxyPort() {
  const std::string url = FromEnvironment("LATECOMER_TEST_TOXIPROXY");
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

// Gives whether toxiproxy took it.
bool SetEnabled(bool enabled) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(ProxyPort());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string body = enabled ? R"({"enabled":true})" : R"({"enabled":false})";
  const std::string request =
      "POST /proxies/kafka-1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      "Content-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  char answer[16] = "";
  const bool sent =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size());
  const bool ok = sent && read(fd, answer, sizeof answer - 1) > 12 &&
                  std::string(answer).find(" 200") != std::string::npos;
  close(fd);
  return ok;
}

}  // namespace

BrokerCutOff::BrokerCutOff() { BOOST_REQUIRE(SetEnabled(false)); }
BrokerCutOff::~BrokerCutOff() { BOOST_TEST(SetEnabled(true)); }

BrokerHangs::BrokerHangs()
    : pid_(static_cast<pid_t>(std::stoi(FromEnvironment("LATECOMER_TEST_KAFKA_PIDS")))) {
  BOOST_REQUIRE(kill(pid_, SIGSTOP) == 0);
}
BrokerHangs::~BrokerHangs() { kill(pid_, SIGCONT); }

}  // namespace latecomer
