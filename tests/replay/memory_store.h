// A timeline store in memory, for tests of its readers: rows with their versions, as a sink would
// have written them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "store/timeline_store.h"

namespace latecomer {

class MemoryStore : public TimelineReadStore {
 public:
  // Each writes one row under the next version, and returns that.
  std::int64_t Put(const std::string& hashtag, EntryRecord entry);
  std::int64_t Put(const std::string& hashtag, RepostRecord repost);
  std::int64_t Put(const std::string& hashtag, SessionRecord session);
  std::int64_t Put(const std::string& hashtag, CoverageRecord coverage);
  std::int64_t RemoveEntry(const std::string& hashtag, const std::string& id);
  // Nothing stands under the hashtag any more.
  void Erase(const std::string& hashtag);
  void SetEpoch(std::string epoch);
  // All reads fail with this from now on; kFatal with an empty message: none does.
  void FailWith(Error error);
  std::size_t snapshots() const;  // how many were taken

  Result<std::string> Describe() override { return std::string("memory"); }
  Result<std::string> Epoch() override;
  Result<std::vector<HashtagSummary>> Hashtags() override;
  Result<TimelineSnapshot> Snapshot(const std::string& hashtag) override;
  Result<std::int64_t> LastSeq(const std::string& hashtag) override;
  Result<std::vector<std::string>> Contents(const std::string& hashtag,
                                            std::span<const std::string> ids) override;
  Status ForEachEntry(const std::string& hashtag,
                      const std::function<bool(const StoredEntry&)>& visit) override;
  Result<std::vector<RemovedRow>> RemovedSince(const std::string& hashtag,
                                               std::int64_t seq) override;
  Result<std::vector<SearchHit>> Search(const std::string& hashtag, std::string_view query,
                                        const std::optional<Place>& before,
                                        std::size_t limit) override;

 private:
  struct Rows {
    std::map<std::string, StoredEntry> entries;
    std::map<std::string, std::pair<std::int64_t, RepostRecord>> reposts;
    std::map<TimeMs, SessionRecord> sessions;
    std::map<std::string, CoverageRecord> coverage;
    std::vector<RemovedRow> removed;
    std::int64_t last_seq = 0;
  };

  std::int64_t Next(Rows& rows) { return rows.last_seq = next_seq_++; }

  mutable std::mutex mutex_;
  std::map<std::string, Rows> hashtags_;
  std::int64_t next_seq_ = 1;
  std::string epoch_ = "epoch-1";
  Error failure_;
  std::size_t snapshots_ = 0;
};

}  // namespace latecomer
