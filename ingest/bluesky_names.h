// The names of authors, asked for at an AppView: a record holds only its author's DID.
#pragma once

#include <string>
#include <unordered_map>

#include "base/time.h"
#include "ingest/bluesky_api.h"
#include "ingest/bluesky_post.h"

namespace latecomer {

// For the source's thread.
class BlueskyNames {
 public:
  explicit BlueskyNames(BlueskyApi& api) : api_(api) {}

  // What is known of the account; only its DID where the AppView does not tell.
  BlueskyAuthor Of(const std::string& did, TimeMs now);

  static constexpr std::size_t kKeptMax = 20'000;
  static constexpr std::int64_t kKeptForMs = 86'400'000;
  static constexpr std::int64_t kFailedForMs = 60'000;  // nobody is asked for, after a failure

 private:
  struct Kept {
    BlueskyAuthor author;
    TimeMs asked_at = 0;
  };
  BlueskyApi& api_;
  std::unordered_map<std::string, Kept> kept_;
  TimeMs failed_at_ = kTimeMsMin;
};

}  // namespace latecomer
