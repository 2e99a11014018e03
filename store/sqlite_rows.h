// How records stand in columns of store.db.
#pragma once

#include "model/timeline_record.h"
#include "store/row_values.h"
#include "store/sqlite_db.h"

namespace latecomer {

// The entries of a hashtag (?1) in timeline order: column 0 is the row's version, 1-14 are what
// EntryFromRow reads, 15 is the content (NULL where there is none). Links that came before their
// entry are not seen.
inline constexpr char kSelectEntries[] =
    "SELECT max(e.entry_seq, coalesce(e.link_seq, -1)), e.id, e.n, e.tree, e.published, e.parents, "
    "e.contexts, e.root, e.via, e.author, e.authors, e.deleted, e.deleted_at, e.stamp, e.digest "
    "FROM entry e WHERE e.hashtag=?1 AND e.entry_seq IS NOT NULL ORDER BY e.published, e.id";
inline constexpr char kSelectEntriesWithContent[] =
    "SELECT max(e.entry_seq, coalesce(e.link_seq, -1)), e.id, e.n, e.tree, e.published, e.parents, "
    "e.contexts, e.root, e.via, e.author, e.authors, e.deleted, e.deleted_at, e.stamp, e.digest, "
    "c.json FROM entry e LEFT JOIN content c ON c.row=e.row "
    "WHERE e.hashtag=?1 AND e.entry_seq IS NOT NULL ORDER BY e.published, e.id";
EntryRecord EntryFromRow(const SqliteStatement& row);

}  // namespace latecomer
