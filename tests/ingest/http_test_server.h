// A small HTTP/1.1 server on loopback whose answers, and misbehaviour, a test writes byte by byte.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ingest/unique_fd.h"

namespace latecomer::test {

struct ServedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // its number, from 1
};

// The other end of a connection.
class Peer {
 public:
  Peer(int fd, const std::atomic<bool>& closing) : fd_(fd), closing_(closing) {}
  // False: the client is gone, or the server is closing.
  bool Send(std::string_view bytes);
  // So much of it as fits without waiting; for seeing that a reader that is slow slows the sender.
  std::size_t SendSome(std::string_view bytes);
  // Appends what comes within the time; false: nothing, or the client is gone.
  bool Receive(std::string& out, std::chrono::milliseconds time);
  bool Wait(std::chrono::milliseconds time) const;  // false: the server is closing
  // Waits until the client has closed, at most so long.
  bool AwaitClosed(std::chrono::milliseconds time);
  bool IsGone() const;  // the client has closed; what it has sent is left unread
  // After the handler returns the connection is closed instead of waiting for another request.
  void Close() { close_ = true; }
  bool close() const { return close_; }

 private:
  const int fd_;
  const std::atomic<bool>& closing_;
  bool close_ = false;
};

class TestServer {
 public:
  // Called for each request, in its connection's thread.
  using Handler = std::function<void(const ServedRequest&, Peer&)>;

  explicit TestServer(Handler handler, const std::string& address = "127.0.0.1");
  // Ends handlers whose calls say that it is closing.
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  std::string Authority() const { return address_ + ":" + std::to_string(port_); }
  std::string Url(const std::string& path) const { return "http://" + Authority() + path; }
  int connections() const { return connections_; }
  std::vector<ServedRequest> requests() const;

 private:
  void Accept();
  void Serve(int fd, int number);
  bool ReadRequest(int fd, std::string& buffer, ServedRequest& request) const;

  const Handler handler_;
  const std::string address_;
  int port_ = 0;
  UniqueFd listener_;
  std::atomic<bool> closing_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;  // guarded by mutex_, as what follows
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// A whole answer.
std::string Reply(int status, const std::string& body,
                  const std::vector<std::string>& headers = {});

}  // namespace latecomer::test
