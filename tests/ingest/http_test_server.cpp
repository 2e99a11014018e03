#include "tests/ingest/http_test_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace latecomer::test {
namespace {

using std::chrono::milliseconds;

constexpr int kPollMs = 20;  // how soon a close is noticed

bool AwaitReadable(int fd, int time_ms) {
  pollfd poll_fd{fd, POLLIN, 0};
  return ::poll(&poll_fd, 1, time_ms) > 0;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool Peer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (closing_) return false;
    pollfd poll_fd{fd_, POLLOUT, 0};
    if (::poll(&poll_fd, 1, kPollMs) <= 0) continue;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t Peer::SendSome(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool Peer::Receive(std::string& out, milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  const int poll_ms = static_cast<int>(std::min<std::int64_t>(kPollMs, time.count()));
  do {
    if (!AwaitReadable(fd_, poll_ms)) continue;
    char chunk[4096];
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got > 0) out.append(chunk, static_cast<std::size_t>(got));
    return got > 0;
  } while (!closing_ && std::chrono::steady_clock::now() < until);
  return false;
}

bool Peer::Wait(milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!closing_ && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::min(time, milliseconds(kPollMs)));
  }
  return !closing_;
}

bool Peer::IsGone() const {
  char byte = 0;
  return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

bool Peer::AwaitClosed(milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!closing_ && std::chrono::steady_clock::now() < until) {
    if (!AwaitReadable(fd_, kPollMs)) continue;
    char byte = 0;
    const ssize_t got = ::recv(fd_, &byte, 1, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return true;
  }
  return false;
}

TestServer::TestServer(Handler handler, const std::string& address)
    : handler_(std::move(handler)), address_(address) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  socklen_t size = sizeof where;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&where), size) != 0 ||
      ::listen(listener_.get(), 256) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&where), &size) != 0) {
    throw std::runtime_error("cannot listen on " + address);
  }
  port_ = ntohs(where.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

TestServer::~TestServer() {
  closing_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

std::vector<ServedRequest> TestServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void TestServer::Accept() {
  while (!closing_) {
    if (!AwaitReadable(listener_.get(), kPollMs)) continue;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    // What is sent in several parts must not wait for the other end's delayed acknowledgement.
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int number = ++connections_;
    const std::scoped_lock lock(mutex_);
    threads_.emplace_back([this, fd, number] { Serve(fd, number); });
  }
}

void TestServer::Serve(int fd, int number) {
  const UniqueFd owner(fd);
  std::string buffer;
  Peer peer(fd, closing_);
  while (!closing_ && !peer.close()) {
    ServedRequest request;
    if (!ReadRequest(fd, buffer, request)) break;
    request.connection = number;
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    handler_(request, peer);
  }
}

bool TestServer::ReadRequest(int fd, std::string& buffer, ServedRequest& request) const {
  std::size_t head = std::string::npos;
  std::size_t body = 0;
  for (;;) {
    if (head == std::string::npos) {
      head = buffer.find("\r\n\r\n");
      if (head != std::string::npos) {
        std::size_t line = 0;
        const std::size_t blank = buffer.find(' ');
        request.method = buffer.substr(0, blank);
        request.target = buffer.substr(blank + 1, buffer.find(' ', blank + 1) - blank - 1);
        while ((line = buffer.find("\r\n", line) + 2) < head + 2) {
          const std::size_t colon = buffer.find(':', line);
          const std::size_t end = buffer.find("\r\n", line);
          const std::size_t value = std::min(buffer.find_first_not_of(' ', colon + 1), end);
          request.headers[Lower(buffer.substr(line, colon - line))] =
              buffer.substr(value, end - value);
        }
        body = static_cast<std::size_t>(std::atoi(request.headers["content-length"].c_str()));
      }
    }
    if (head != std::string::npos && buffer.size() >= head + 4 + body) break;
    if (closing_) return false;
    if (!AwaitReadable(fd, kPollMs)) continue;
    char chunk[4096];
    const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
    if (got <= 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(got));
  }
  request.body = buffer.substr(head + 4, body);
  buffer.erase(0, head + 4 + body);
  return true;
}

std::string Reply(int status, const std::string& body, const std::vector<std::string>& headers) {
  std::string reply = "HTTP/1.1 " + std::to_string(status) + " Status\r\n";
  for (const std::string& header : headers) reply += header + "\r\n";
  reply += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return reply + body;
}

}  // namespace latecomer::test
