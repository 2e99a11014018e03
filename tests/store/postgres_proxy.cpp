#include "postgres_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace latecomer::test {
namespace {

constexpr int kPollMs = 50;
constexpr std::string_view kCommit("COMMIT\0", 7);  // the end of a simple query message

sockaddr_in Loopback(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

bool Readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, kPollMs) > 0;
}

std::string Receive(int fd) {
  std::array<char, 65536> buffer{};
  const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
  return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

CommitProxy::CommitProxy(int server_port) : server_port_(server_port) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  listening_ = std::jthread([this] { Listen(); });
}

CommitProxy::~CommitProxy() {
  stop_ = true;
  listening_.join();
  connections_.clear();
  close(listener_);
}

void CommitProxy::Arm(Cut cut, long bytes) {
  bytes_left_ = bytes;
  cut_ = cut;
}

void CommitProxy::Listen() {
  while (!stop_) {
    if (!Readable(listener_)) continue;
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) continue;
    const std::lock_guard lock(mutex_);
    connections_.emplace_back([this, client] { Serve(client); });
  }
}

void CommitProxy::Serve(int client) {
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(server_port_);
  bool open = connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  while (open && !stop_) {
    std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (poll(both.data(), both.size(), kPollMs) <= 0) continue;
    if (both[0].revents != 0) {
      const std::string bytes = Receive(client);
      open = !bytes.empty() && Passes(server, bytes);
    }
    if (open && both[1].revents != 0) {
      const std::string bytes = Receive(server);
      open = !bytes.empty() && SendAll(client, bytes);
    }
  }
  close(server);
  close(client);
}

bool CommitProxy::Passes(int server, const std::string& bytes) {
  const bool commits = bytes.find(kCommit) != std::string::npos;
  const Cut cut = cut_;
  if (cut == Cut::kAfterSomeBytes) {
    bytes_left_ -= static_cast<long>(bytes.size());
    if (bytes_left_ > 0) return SendAll(server, bytes);
    SendAll(server, std::string_view(bytes).substr(0, bytes.size() / 2));
  } else if (cut == Cut::kNever || !commits) {
    return SendAll(server, bytes);
  } else if (cut == Cut::kAfterCommit) {
    SendAll(server, bytes);
    while (!Readable(server) && !stop_) {
    }
    Receive(server);
  }
  cut_ = Cut::kNever;
  ++cuts_;
  return false;
}

}  // namespace latecomer::test
