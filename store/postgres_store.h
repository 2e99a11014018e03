// The timeline store in PostgreSQL 15 or newer, for any number of sinks and readers on any number
// of hosts. Everything stands in the schema `latecomer` of the database that the url names; its
// first writer makes that schema, and brings an older one up to date (docs/formats/postgres.md).
//
// Opening does not need the server: each call connects where it has to, gives kRetryLater within
// some seconds while the server is away, starting, stopping, a standby or out of disk, and goes on
// by itself afterwards. A call whose connection is lost while it commits may or may not have had
// its effect: Apply again gives kConflict where it had. Wrong credentials, a missing database, a
// newer schema and a missing permission are kFatal until the first connection was made; after that
// credentials that are refused are kRetryLater.
//
// The url is libpq's: `postgresql://user@host:port/database?sslmode=verify-full` or key=value text.
// - No password in it: passfile=FILE, PGPASSFILE, ~/.pgpass, a service file (service=NAME,
//   PGSERVICEFILE) or a client certificate.
// - Fail-over: name all servers, `postgresql://user@one,two,three/database`. Each new connection
//   goes to the first of them that takes writes (target_session_attrs=read-write is the default
//   here). Only a reader may be given target_session_attrs=any or prefer-standby; a standby shows
//   what it has replayed.
// - A pooler between must keep sessions (pgbouncer: pool_mode=session).
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/timeline_store.h"

namespace latecomer {

struct PostgresStoreSettings {
  std::string url;
  bool search_index = true;  // without it Search scans; the writer who starts last decides
  std::string application_name = "latecomer";
  std::size_t connections = 4;  // of the read pool: more readers at once wait for one another
};

// kFatal for a url that is none or holds a password.
Result<std::unique_ptr<TimelineWriteStore>> OpenPostgresWriteStore(const PostgresStoreSettings& s);
// Until a writer has made the schema, reads give kRetryLater.
Result<std::unique_ptr<TimelineReadStore>> OpenPostgresReadStore(const PostgresStoreSettings& s);

}  // namespace latecomer
