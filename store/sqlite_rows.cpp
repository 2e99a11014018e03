#include "store/sqlite_rows.h"

namespace latecomer {

EntryRecord EntryFromRow(const SqliteStatement& row) {
  EntryRecord entry;
  entry.id = row.Text(1);
  entry.n = row.Int(2);
  entry.tree = row.Int(3);
  entry.published = row.Int(4);
  entry.parents = SplitIds(row.View(5));
  entry.contexts = SplitIds(row.View(6));
  entry.root = row.Int(7) != 0;
  entry.via = row.Int(8) != 0 ? Via::kThread : Via::kTag;
  entry.author = row.Text(9);
  entry.authors = SplitIds(row.View(10));
  entry.deleted = row.Int(11) != 0;
  entry.deleted_at = row.OptionalInt(12);
  entry.stamp = row.Int(13);
  entry.digest = DigestFromColumn(row.Int(14));
  return entry;
}

}  // namespace latecomer
