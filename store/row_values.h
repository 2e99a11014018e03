// How lists and records stand in columns, whatever the database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/timeline_record.h"

namespace latecomer {

// Ids hold no control characters, so a line each. Throws StoreError (kCorrupt) if one does.
std::string JoinIds(const std::vector<std::string>& ids);
std::vector<std::string> SplitIds(std::string_view joined);

// A digest is unsigned, a column is not: the same 64 bits.
inline std::int64_t DigestToColumn(std::uint64_t digest) {
  return static_cast<std::int64_t>(digest);
}
inline std::uint64_t DigestFromColumn(std::int64_t column) {
  return static_cast<std::uint64_t>(column);
}

// Coverage as its record's value.
std::string CoverageToColumn(const CoverageRecord& coverage);
CoverageRecord CoverageFromColumn(std::string_view source, std::string_view value);

// A random id (RFC 4122 version 4).
std::string RandomUuid();

}  // namespace latecomer
