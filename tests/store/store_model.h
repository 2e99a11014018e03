// A naive model of what a store holds: records applied one after the other to maps. The oracle of
// the random tests.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "store/timeline_store.h"

namespace latecomer::test {

class StoreModel {
 public:
  void Apply(const SequencedRecord& record);

  // As Snapshot gives it (`applied` left at -1), contents in the records; nothing for kNotFound.
  std::optional<TimelineSnapshot> Snapshot(const std::string& hashtag) const;
  std::set<std::string> Hashtags() const;
  std::int64_t LastSeq(const std::string& hashtag) const;

 private:
  template <typename Record>
  struct Versioned {
    std::int64_t seq = 0;
    Record record;
  };
  struct Post {
    std::optional<Versioned<EntryRecord>> entry;
    std::optional<Versioned<EntryRecord>> link;
  };
  struct Rows {
    std::int64_t seq = 0;
    std::map<std::string, Post> posts;
    std::map<std::string, Versioned<RepostRecord>> reposts;
    std::map<std::int64_t, TreeRecord> trees;
    std::map<TimeMs, SessionRecord> sessions;
    std::map<std::string, CoverageRecord> coverage;
  };
  void Put(Rows& rows, std::int64_t seq, const TimelineRecord& record);
  static void Remove(Rows& rows, const RemovedRecord& removed);
  void Forget(std::int64_t seq, const ForgottenRecord& forgotten);

  std::map<std::string, Rows> hashtags_;
};

// What LastSeq may be: the end of a rebuild is a change of its own, after the last record.
enum class LastSeqs { kExact, kAtLeast };

// An empty text if the store shows just what the model holds, else what differs.
std::string Difference(TimelineReadStore& store, const StoreModel& model,
                       LastSeqs last_seqs = LastSeqs::kExact);

}  // namespace latecomer::test
