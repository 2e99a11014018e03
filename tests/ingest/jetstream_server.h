// A Jetstream on loopback, written from its documentation: it replays from a cursor (inclusive), as
// far back as it keeps events, and ends each connection as the test wants it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "tests/ingest/http_test_server.h"

namespace latecomer::test {

class JetstreamServer {
 public:
  struct Event {
    std::int64_t time_us = 0;
    std::string did;
    std::string operation;  // of a commit; or "account"
    std::string rkey;
    std::string rev;
    std::string cid;
    std::string record;  // JSON
    std::string status;  // of an account
  };
  enum class Ending { kStays, kClose, kAbort, kMidFrame };

  JetstreamServer();

  void Add(Event event);
  void With(const std::function<void()>& change);
  std::string WsUrl() const { return "ws://" + server_.Authority(); }
  int connections() const { return accepted_; }
  std::vector<std::string> targets() const;

  std::atomic<TimeMs> now{1'700'000'000'000};
  // Behaviour; set before a connection, or within With.
  bool speaks_v1 = true;
  bool speaks_v2 = true;
  bool is_down = false;
  std::int64_t keeps_us = 36LL * 3'600'000'000;
  std::int64_t skew_us = 0;  // of this host's clock
  std::function<Ending()> ending = [] { return Ending::kStays; };
  std::vector<std::string> first;  // messages before all others

 private:
  void Serve(const ServedRequest& request, Peer& peer);
  std::string Message(const Event& event, bool v2) const;

  mutable std::mutex mutex_;
  std::vector<Event> events_;
  std::vector<std::string> targets_;
  std::atomic<int> accepted_{0};
  TestServer server_;  // last: its threads use the rest
};

}  // namespace latecomer::test
