// The first pass of a migration: what has to be known of the whole source before the first record
// can be written anew. The same source gives the same plan, whatever has been compacted meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/migration_source.h"
#include "app/migration_tables.h"
#include "base/result.h"
#include "model/post_json.h"
#include "model/timeline_record.h"
#include "stream/stream.h"

namespace latecomer {

// Where a migration keeps its own state in `cursors` of the destination: the name of its source,
// and the whole key.
inline constexpr char kMigrationSource[] = "migrate";
inline constexpr char kMigrationKey[] = "migrate progress";

// Recognises the records of `posts` that are a Forget.
class ForgetReader {
 public:
  std::optional<Forget> Read(const Record& record);
  // One text for each thing that can be forgotten.
  static std::string NameOf(const Forget& forget);

 private:
  PostReader reader_;
};

// A Forget was appended to every partition, and each of them has processed its copy or has not. The
// copies become one, which is written to all partitions of the destination.
struct PlannedForget {
  Forget forget;
  std::string key;
  std::string value;
  std::int32_t copies = 0;
  std::optional<std::pair<std::int32_t, std::int64_t>> processed;    // the first such copy
  std::optional<std::pair<std::int32_t, std::int64_t>> unprocessed;  // likewise

  // Some have processed it. It is then the first of what the destination has to process, so that
  // what was erased already does not come up again.
  bool is_carried() const { return processed && unprocessed; }
};

struct MigrationPlan {
  explicit MigrationPlan(std::int32_t partitions) : to_partitions(partitions), trees(partitions) {}

  MigrationSource source;
  std::int32_t to_partitions;
  TreeNumbers trees;
  // What holds for every hashtag, one record a hash, for all partitions of the destination. What a
  // Forget that is still to be processed will say is not in it: a processor takes no notice of a
  // Forget that it knows.
  std::vector<ForgottenRecord> forgotten;
  std::map<std::string, PlannedForget> forgets;  // by ForgetReader::NameOf
  std::vector<const PlannedForget*> carried;     // into `forgets`
  // Of `timelines` and `cursors`. What a migration left in `cursors` is not among them.
  std::map<TopicPartition, LiveRecords> live;
  std::string digest;
};

// Called now and then with the number of offsets passed.
using PassedOffsets = std::function<void(std::uint64_t passed)>;

// Reads `timelines`, `posts` and `cursors` of `from` once. kCorrupt names a record that cannot be
// one of ours. Memory: at most 64 bytes a key of the largest partition while that is read; then a
// bit an offset, 8 bytes a tree, and what was forgotten.
Result<MigrationPlan> PlanMigration(Stream& from, std::int32_t to_partitions,
                                    const PassedOffsets& passed, const std::stop_token& stop);

Error CorruptRecord(const char* topic, const Record& record, const std::string& why);

}  // namespace latecomer
