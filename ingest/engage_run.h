// A running source of Viva Engage: its feeds and threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/engage_answer.h"
#include "ingest/http_secret.h"
#include "ingest/http_source.h"
#include "ingest/request_budget.h"
#include "ingest/revisits.h"
#include "ingest/source.h"
#include "ingest/source_coverage.h"
#include "ingest/url.h"

namespace latecomer {

struct EngageSettings {
  Url base;
  std::string token_file;
  std::vector<std::string> groups;
  std::optional<TimeMs> since;
  std::uint32_t requests_a_day = 0;  // 0: no ceiling
  RevisitPolicy revisits;
};

// One thread; either run or asked once.
class EngageRun {
 public:
  EngageRun(SourceContext& context, const EngageSettings& settings);

  Status Run();
  // The newest page of a feed: for doctor.
  Result<EngagePage> Newest(const std::string& path) { return Page(path, {}); }
  static std::vector<std::string> Feeds(const EngageSettings& settings);

 private:
  struct Feed {
    std::int64_t newest = 0;
    std::int64_t oldest = -1;  // -1: never asked; 0: all history is here
    TimeMs polled_at = 0;
    bool is_polled = false;  // in this run
  };
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Status Restore();
  Result<EngagePage> Page(const std::string& path, const Pairs& query);
  Status PollNext();
  Status Poll(const std::string& path, Feed& feed);
  Status PullHistory(const std::string& path, Feed& feed);
  Status Visit(const std::string& thread);
  Status CheckVanished(const std::string& thread, KnownPosts& known, const KnownPosts& found);
  Status Take(EngagePage& page, const std::string& where);
  Status Put(EngageMessage& message, const std::vector<std::string>& keys, bool is_changed,
             const std::string& where);
  Status Follow(const std::string& thread, const std::vector<std::string>& tags);
  Status SaveFeed(const std::string& path, const Feed& feed);
  Status Covered(TimeMs from, TimeMs to);
  Status Write();
  std::vector<std::string> KeysOf(const std::string& thread) const;

  SourceContext& context_;
  const EngageSettings settings_;
  SourceHttp http_;
  SecretFile token_;
  EngageReader reader_;
  Revisits revisits_;
  SourceCoverage coverage_;
  RequestBudget budget_;
  PostBatch batch_;
  std::map<std::string, Feed> feeds_;
  std::map<std::string, KnownPosts> learnt_;
  std::uint64_t counted_ = 0;
  TimeMs next_poll_ = 0;
};

}  // namespace latecomer
