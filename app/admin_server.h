// The admin address of a daemon: a small HTTP server for metrics and health, in a thread of its
// own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace latecomer {

struct AdminAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Answers a GET of a path; called in the server's thread, so it must not block.
using AdminHandler = std::function<AdminAnswer(const std::string& path)>;

class AdminServer {
 public:
  explicit AdminServer(AdminHandler handler);
  ~AdminServer();  // stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Listens on HOST:PORT (port 0: a free one) and returns at once. kInvalid: no such host.
  // kConflict: the port is taken.
  Status Start(const std::string& address);
  // HOST:PORT as it listens.
  std::string address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latecomer
