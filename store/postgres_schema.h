// The schema `latecomer` in PostgreSQL (docs/formats/postgres.md): versioned, migrated by whoever
// connects for writing, one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/postgres_conn.h"

namespace latecomer {

inline constexpr int kPostgresSchemaVersion = 2;
inline constexpr int kPostgresVersionMin = 150000;  // as PgConn::server_version gives it

// Makes or migrates the schema, up to `version` (the newest, but for tests of migrating). Throws
// StoreError: kFatal for a newer schema, another program's, an older server, or a database that is
// not UTF-8.
void MigratePostgres(PgConn& db, int version = kPostgresSchemaVersion);
// Throws StoreError unless the schema is of this version: kRetryLater where a writer is to make or
// migrate it, kFatal where it is newer.
void CheckPostgresSchema(PgConn& db);

// Makes the search index, or removes it, where `wanted` differs from what is there.
void EnsurePostgresIndex(PgConn& db, bool wanted);

// Rows of the table `meta`; a missing one is empty.
std::string ReadPostgresMeta(PgConn& db, std::string_view key);
void WritePostgresMeta(PgConn& db, std::string_view key, std::string_view value);

}  // namespace latecomer
