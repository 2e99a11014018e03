// Search in PostgreSQL: a GIN index over hashed trigrams (store/search_text.h) finds candidates,
// which are then checked against their content. pg_trgm would find no words without letters, in
// some locales none in other scripts, and may be missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres_conn.h"
#include "store/timeline_store.h"

namespace latecomer {

struct PostgresSearchRequest {
  std::string hashtag;             // empty: all of them
  std::vector<std::string> words;  // of SearchWords, not empty
  std::optional<Place> before;
  std::size_t limit = 0;
};

// Within a read transaction. Throws StoreError.
std::vector<SearchHit> SearchPostgres(PgConn& db, const PostgresSearchRequest& request);

// What the index has of an entry: the numbers of its trigrams, and its hashtag's, negative.
std::vector<std::int32_t> IndexedNumbers(std::int32_t hashtag, std::string_view folded_text);

}  // namespace latecomer
