// Whether the destination of a migration holds what its source does.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "app/migration_plan.h"
#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

// Compares each record of the destination with the one that the source gives there under the plan,
// and where the processors stand. kConflict names the first difference. Memory: 8 bytes a record.
Status CompareLogs(Stream& from, Stream& to, const MigrationPlan& plan,
                   const std::function<void(const char*, std::uint64_t, std::uint64_t)>& progress,
                   const std::stop_token& stop);

}  // namespace latecomer
