// The timeline store in one SQLite file: WAL, synchronous=FULL, FTS5 over trigrams.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/timeline_store.h"

namespace latecomer {

struct SqliteStoreSettings {
  std::string path;          // …/store.db
  bool search_index = true;  // without it Search scans
  std::chrono::milliseconds busy_timeout{10'000};
};

// Opens for writing: makes the file where it is not there, migrates an older schema. kFatal for a
// newer schema, a read-only folder, a full disk; kCorrupt for a damaged file.
Result<std::unique_ptr<TimelineWriteStore>> OpenSqliteWriteStore(const SqliteStoreSettings& s);
// Opens for reading; kNotFound where there is no such file.
Result<std::unique_ptr<TimelineReadStore>> OpenSqliteReadStore(const SqliteStoreSettings& s);

}  // namespace latecomer
