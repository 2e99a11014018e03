// The replay server: the page, the API and the streams, over one store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/hashtag_settings.h"
#include "store/timeline_store.h"

namespace prometheus {
struct MetricFamily;
}

namespace latecomer {

struct ReplayServerOptions {
  std::string listen = "127.0.0.1:8470";  // HOST:PORT (port 0: any free one), or a socket's path
  std::string base_url;                   // before the paths in Link headers; empty: relative
  unsigned workers = 2;                   // threads that read the store
  std::vector<HashtagSettings> hashtags;
  std::string version = "0";
};

class ReplayServer {
 public:
  // `store` must outlive the server.
  ReplayServer(ReplayServerOptions options, TimelineReadStore& store);
  ~ReplayServer();  // stops
  ReplayServer(const ReplayServer&) = delete;
  ReplayServer& operator=(const ReplayServer&) = delete;

  // Starts to listen; returns at once. kInvalid: `listen` is no address; kFatal: it is taken.
  Status Start();
  std::uint16_t port() const;  // 0 for a Unix socket
  // What can change while it serves: requests from now on see it, streams that are open when their
  // view next moves. Any thread.
  void Reload(std::string base_url, std::vector<HashtagSettings> hashtags);
  // What GET /metrics tells. Any thread.
  std::vector<prometheus::MetricFamily> Metrics() const;
  // Within a second. Idempotent; not from the server's own threads.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latecomer
