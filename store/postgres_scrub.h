// Makes deletions physical in PostgreSQL.
//
// VACUUM frees the space of deleted rows, and yet their bytes stay in it until others take it. So
// tables that lost rows are also rewritten (VACUUM FULL): at once while they are small, else when
// something has been deleted for kRewriteAfterMs, which is well within the 14 days of the promise.
// Nobody can read a table while it is rewritten. Copies in the write-ahead log go as the server
// reuses its segments (checkpoint_timeout, max_wal_size), those in archives and standbys' queries
// are the operator's.
#pragma once

#include "base/time.h"
#include "store/postgres_conn.h"

namespace latecomer {

// Outside of a transaction. Does nothing while another sink scrubs. kRetryLater where a reader or
// another transaction still sees what was deleted. Throws StoreError.
Status ScrubPostgres(PgConn& db, TimeMs now);

}  // namespace latecomer
