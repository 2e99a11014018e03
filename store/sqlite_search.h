// Search in store.db.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/sqlite_db.h"
#include "store/timeline_store.h"

namespace latecomer {

struct SearchRequest {
  std::string hashtag;             // empty: all of them
  std::vector<std::string> words;  // of SearchWords, not empty
  std::optional<Place> before;
  std::size_t limit = 0;
};

// Within a read transaction. Throws SqliteError.
std::vector<SearchHit> SearchSqlite(SqliteDb& db, const SearchRequest& request);

}  // namespace latecomer
