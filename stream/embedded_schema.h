// The tables of stream.db (docs/formats/stream-db.md) and how a connection is set up for them.
#pragma once

#include <memory>
#include <string>

#include "stream/embedded_db.h"

namespace latecomer {

// Opens the file for the first time in a Stream: makes it, or checks that it is a stream of a known
// version, and brings an older one up to date. Throws DbException.
std::unique_ptr<Db> OpenAndMigrate(EmbeddedShared& shared);

// A further connection to a file that OpenAndMigrate has seen. Throws DbException.
std::unique_ptr<Db> OpenConnection(const EmbeddedShared& shared);

// The table that holds the records of the partition with this number.
std::string RecordsTable(std::int64_t partition_no);
void CreateRecordsTable(Db& db, std::int64_t partition_no);

}  // namespace latecomer
