// The views that are in use, kept up to date with the store.
//
// Threads: any number at once. One of them rebuilds a view whose rows have moved; the others get
// the old one meanwhile, and wait only where there is none yet.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/hashtag_settings.h"
#include "replay/hashtag_view.h"
#include "store/timeline_store.h"

namespace latecomer {

struct ViewsOptions {
  std::vector<HashtagSettings> hashtags;
  std::chrono::milliseconds poll{250};  // how old an answer about "anything new?" may be
  std::size_t views_max = 64;
  std::size_t entries_max = 4'000'000;  // of all views together, about 600 bytes each
  std::function<void(double)> on_build_seconds = [](double) {};  // from any thread
};

class Views {
 public:
  using View = std::shared_ptr<const HashtagView>;  // shared: streams outlive the cache's interest

  Views(TimelineReadStore& store, ViewsOptions options);

  // Other settings of hashtags: views are built anew by them.
  void Reload(std::vector<HashtagSettings> hashtags);
  // The key that a hashtag as typed stands for: folded, aliases followed. kInvalid.
  Result<std::string> KeyOf(std::string_view hashtag) const;
  // The view of a hashtag (its key). Blocks. kNotFound: nothing stands under it. A store that
  // fails takes no view away that there is.
  Result<View> Get(const std::string& hashtag);
  // The short Hashtag object of a hashtag, made of its view once for each version: a list of many
  // hashtags would otherwise build more views than are kept.
  Result<std::string> ShortJson(const HashtagSummary& summary);

 private:
  using Clock = std::chrono::steady_clock;
  struct Slot {
    View view;
    bool busy = false;          // a thread asks the store
    std::uint64_t reloads = 0;  // before `view` was begun
    Clock::time_point next_check;
    Clock::time_point used;
  };

  Result<View> Refresh(const std::string& hashtag, const View& old, bool anew);
  Result<View> Build(const std::string& hashtag, std::int64_t seq, const View& old);
  Status FindQuestions(HashtagView& view, const View& old);
  using Hashtags = std::shared_ptr<const std::vector<HashtagSettings>>;  // shared: replaced whole
  Hashtags CurrentHashtags() const;
  HashtagSettings SettingsOf(const std::string& hashtag) const;
  std::string DisplayOf(const std::string& hashtag);
  void Evict(const std::string& keep);

  TimelineReadStore& store_;
  const ViewsOptions options_;
  mutable std::mutex hashtags_mutex_;
  Hashtags hashtags_;  // guarded by hashtags_mutex_
  std::atomic<std::uint64_t> reloads_{0};
  std::mutex mutex_;
  std::condition_variable done_;
  std::map<std::string, Slot> slots_;
  std::mutex shorts_mutex_;
  std::map<std::string, std::pair<std::int64_t, std::string>> shorts_;  // version and JSON
  std::mutex displays_mutex_;
  std::map<std::string, std::string> displays_;
  Clock::time_point displays_until_;
};

}  // namespace latecomer
