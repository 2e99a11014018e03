// What the replay server counts, in Prometheus' text form.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "replay/feed.h"

namespace prometheus {
struct MetricFamily;
}

namespace latecomer {

// Threads: any number at once.
class ReplayMetrics {
 public:
  explicit ReplayMetrics(const std::string& version);
  ~ReplayMetrics();
  ReplayMetrics(const ReplayMetrics&) = delete;
  ReplayMetrics& operator=(const ReplayMetrics&) = delete;

  // `route` is a pattern, never a path as sent: the number of series is bounded.
  void CountRequest(std::string_view route, int status);
  void CountEvent(FeedEvent::Kind kind);
  void CountDroppedStream();
  void SetStreams(std::size_t count);
  void SetConnections(std::size_t count);
  void ObserveViewBuild(double seconds);

  std::string Text() const;
  std::vector<prometheus::MetricFamily> Collect() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latecomer
