// A TCP proxy before a PostgreSQL server that cuts connections at chosen places.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace latecomer::test {

enum class Cut {
  kNever,
  kBeforeCommit,    // the next COMMIT does not reach the server
  kAfterCommit,     // it does, but its answer does not come back
  kAfterSomeBytes,  // in the middle of a batch
};

class CommitProxy {
 public:
  explicit CommitProxy(int server_port);
  ~CommitProxy();
  CommitProxy(const CommitProxy&) = delete;
  CommitProxy& operator=(const CommitProxy&) = delete;
  int port() const { return port_; }
  // Once: it goes back to kNever with the cut. `bytes`: from the client, for kAfterSomeBytes.
  void Arm(Cut cut, long bytes = 0);
  int cuts() const { return cuts_; }

 private:
  void Listen();
  void Serve(int client);
  // Whether the connection is to be cut now that the client has sent these bytes.
  bool Passes(int server, const std::string& bytes);

  int server_port_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<Cut> cut_ = Cut::kNever;
  std::atomic<long> bytes_left_ = 0;
  std::atomic<int> cuts_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<std::jthread> connections_;
  std::jthread listening_;
};

}  // namespace latecomer::test
