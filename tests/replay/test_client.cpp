#include "test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

namespace latecomer {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{10};

}  // namespace

TestClient::TestClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

TestClient::TestClient(const std::string& unix_path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  BOOST_REQUIRE(unix_path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, unix_path.c_str(), unix_path.size());
  BOOST_REQUIRE(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

TestClient::~TestClient() { close(fd_); }

void TestClient::LimitReceiveBuffer(int bytes) {
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // what the server did shows when its answer is read
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool TestClient::Fill(std::chrono::milliseconds timeout) {
  pollfd wait{fd_, POLLIN, 0};
  if (ended_ || poll(&wait, 1, static_cast<int>(timeout.count())) <= 0) return false;
  char bytes[16384];
  const ssize_t size = recv(fd_, bytes, sizeof bytes, 0);
  ended_ = size <= 0;
  if (!ended_) buffer_.append(bytes, static_cast<std::size_t>(size));
  return !ended_;
}

TestAnswer TestClient::Read(bool head_only) {
  TestAnswer answer;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill(kAnswerTimeout)) return answer;
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::stoi(head.substr(head.find(' ') + 1));
  for (std::size_t line = head.find("\r\n") + 2; line < head.size();) {
    const std::size_t colon = head.find(": ", line);
    const std::size_t stop = head.find("\r\n", line);
    std::string name = head.substr(line, colon - line);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    answer.headers[name] = head.substr(colon + 2, stop - colon - 2);
    line = stop + 2;
  }
  const auto length = answer.headers.find("content-length");
  if (head_only || length == answer.headers.end()) return answer;
  const std::size_t size = std::stoul(length->second);
  while (buffer_.size() < size) {
    if (!Fill(kAnswerTimeout)) break;
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return answer;
}

TestAnswer TestClient::Get(std::string_view target, std::string_view headers) {
  std::string request = "GET ";
  request += target;
  request += " HTTP/1.1\r\nHost: test\r\n";
  request += headers;
  request += "\r\n";
  Send(request);
  return Read();
}

std::string TestClient::ReadUntil(std::string_view text, std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const std::size_t found = buffer_.find(text);
    if (found != std::string::npos) {
      std::string read = buffer_.substr(0, found + text.size());
      buffer_.erase(0, read.size());
      return read;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !Fill(left)) {
      if (ended_ || left.count() <= 0) return std::exchange(buffer_, {});
    }
  }
}

bool TestClient::Ends(std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  while (!ended_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    Fill(left);
    buffer_.clear();
  }
  return true;
}

}  // namespace latecomer
