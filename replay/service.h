// What the replay server answers, without any socket: the API, the page, metrics, and where a
// stream starts.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "replay/api.h"
#include "replay/feed.h"
#include "replay/metrics.h"
#include "replay/views.h"
#include "store/timeline_store.h"

namespace latecomer {

struct ServiceOptions {
  std::string base_url;
  std::vector<HashtagSettings> hashtags;
  std::string version;
};

// Where and how fast a viewer starts, as GET /v1/replay says.
struct StreamStart {
  std::string hashtag;  // its key
  Views::View view;
  Pace pace;
  TimeMs from = 0;
  std::optional<FeedCursor> cursor;  // wins over `from`

  Feed MakeFeed(double now_ms) const {
    return cursor ? Feed(view, *cursor, pace, now_ms) : Feed(view, from, pace, now_ms);
  }
};

// Threads: any number at once. Handle and OpenStream block: they read the store.
class ReplayService {
 public:
  ReplayService(TimelineReadStore& store, ServiceOptions options);

  ApiResponse Handle(const ApiRequest& request);
  void Reload(std::string base_url, std::vector<HashtagSettings> hashtags);
  // kInvalid, kNotFound, or what the store says.
  Result<StreamStart> OpenStream(const ApiRequest& request);
  static bool IsStream(const ApiRequest& request);

  TimelineReadStore& store() { return store_; }
  Views& views() { return views_; }
  ReplayMetrics& metrics() { return metrics_; }

 private:
  TimelineReadStore& store_;
  ReplayMetrics metrics_;
  Views views_;
  std::mutex mutex_;
  std::string base_url_;  // guarded by mutex_
};

}  // namespace latecomer
