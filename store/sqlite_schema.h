// The schema of store.db (docs/formats/store-db.md): versioned, migrated by whoever opens it for
// writing.
#pragma once

#include <string>

#include "store/sqlite_db.h"
#include "store/sqlite_store.h"

namespace latecomer {

inline constexpr int kStoreSchemaVersion = 1;
inline constexpr std::int64_t kStoreApplicationId = 0x4c746372;  // "Ltcr"

// Opens the file for writing, made or migrated to the newest schema. Throws SqliteError.
SqliteDb OpenStoreForWriting(const SqliteStoreSettings& settings);
// Opens an existing file of the newest schema for reading. Throws SqliteError.
SqliteDb OpenStoreForReading(const SqliteStoreSettings& settings);

// Rows of the table `meta`; a missing one is empty.
std::string ReadMeta(SqliteDb& db, std::string_view key);
void WriteMeta(SqliteDb& db, std::string_view key, std::string_view value);

// A random id (RFC 4122 version 4) as `epoch`: in a transaction.
void RenewEpoch(SqliteDb& db);

}  // namespace latecomer
