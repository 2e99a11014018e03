// How far a migration is: the one record that it keeps in `cursors` of its destination, moved in
// the transaction of each batch.
#pragma once

#include <string>
#include <string_view>

#include "app/migration_feed.h"
#include "base/result.h"

namespace latecomer {

struct MigrationState {
  std::string from;    // the source, for messages
  std::string source;  // MigrationSource::id
  std::string state;   // MigrationSource::state
  std::string plan;    // MigrationPlan::digest
  MigrationPosition at;
  MigrationCounts counts;
  bool operator==(const MigrationState&) const = default;
};

std::string MigrationStateJson(const MigrationState& state);
// kCorrupt if it is none.
Result<MigrationState> ReadMigrationState(std::string_view json);

}  // namespace latecomer
