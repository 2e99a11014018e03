// Moving everything from one stream into another, whatever they are and however many partitions
// each has: the copy resumes where it was cut off, and nothing counts until it was compared.
//
// Nobody else may write to either stream meanwhile. One thread; blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "app/migration_feed.h"
#include "app/migration_plan.h"
#include "app/migration_state_json.h"
#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

struct MigrationOptions {
  std::string from_name;         // for messages, and kept in the destination
  std::string to_name;           // for messages
  std::int32_t partitions = 1;   // of the destination
  MigrationFeed::Limits limits;  // of a batch, which is one transaction
};

// Called now and then: what is done now, and how much of it.
using MigrationProgress =
    std::function<void(const char* what, std::uint64_t done, std::uint64_t total)>;

class Migration {
 public:
  // The streams must outlive it.
  Migration(Stream& from, Stream& to, MigrationOptions options, MigrationProgress progress);
  ~Migration();

  // Makes the destination's topics, and sees what is there. kConflict, saying what to do: it holds
  // something else, or the source has changed since the migration was begun. Changes nothing else.
  Status Prepare(const std::stop_token& stop);
  // What Prepare found: records in the source; begun earlier; and finished then.
  std::uint64_t offsets() const { return OffsetsToCopy(source_); }
  bool is_resumed() const { return resumed_; }
  bool is_done() const { return state_.at.phase == MigrationPhase::kFinished; }

  // Reads the source once, and then copies it. kRetryLater: `stop`, or a broker that stays away;
  // run again, it resumes. kConflict: the source changes, or somebody else writes to the
  // destination.
  Status Copy(const std::stop_token& stop);
  // Reads both sides whole: the destination holds each record of the source, and no other.
  // kConflict names the first difference.
  Status Compare(const std::stop_token& stop);
  // kConflict: the source is no longer as it was when the migration was begun.
  Status CheckSource(const std::stop_token& stop);
  // Writes that it is done: from now on daemons may work on the destination.
  Status Finish(const std::stop_token& stop);

  const MigrationState& state() const { return state_; }
  std::int32_t from_partitions() const;

 private:
  Status CheckDestination(const std::stop_token& stop);
  Status Plan(const std::stop_token& stop);
  Status Write(const MigrationChunk& chunk, const std::stop_token& stop);
  Status WriteOnce(const MigrationChunk& chunk, const MigrationState& after);
  Status Append(const MigrationChunk& chunk, const MigrationState& after);
  Result<std::optional<MigrationState>> Load();

  Stream& from_;
  Stream& to_;
  const MigrationOptions options_;
  const MigrationProgress progress_;
  MigrationSource source_;
  std::optional<MigrationPlan> plan_;
  MigrationState state_;
  bool resumed_ = false;
  std::unique_ptr<Writer> writer_;
};

// The state that a migration left in a stream's `cursors`; nothing where there was none.
Result<std::optional<MigrationState>> ReadMigrationOf(Stream& stream);

// kConflict where the stream is the destination of a migration that is not finished: it is no place
// for daemons yet.
Status RefuseUnfinishedMigration(Stream& stream);

}  // namespace latecomer
