#include "store/postgres_search.h"

#include <algorithm>
#include <limits>

#include "store/postgres_schema.h"
#include "store/search_text.h"

namespace latecomer {
namespace {

// With more candidates than this, reading from the newest on finds a page sooner than sorting them.
constexpr std::int64_t kCandidatesMax = 20'000;
// Contents read at once, to check candidates and to walk without an index.
constexpr std::size_t kContentsAtOnce = 200;

constexpr const char* kSortCandidates =
    "SELECT e.row, h.name, e.id, e.published FROM unnest($1::bigint[]) AS k(row) "
    "JOIN entry e ON e.row=k.row JOIN hashtag h ON h.id=e.hashtag "
    "WHERE (e.published, e.id)<($2, $3) ORDER BY e.published DESC, e.id DESC, h.name";
constexpr const char* kContents =
    "SELECT c.row, c.json FROM unnest($1::bigint[]) AS k(row) JOIN content c ON c.row=k.row";
// A post that stands under several hashtags is one hit, under the first of them: so a page goes on
// behind (published, id), and each one's hashtags are read together.
constexpr const char* kWalkAll =
    "SELECT h.name, e.id, e.published, c.json FROM (SELECT row, hashtag, id, published FROM entry "
    "WHERE (published, id)<($1, $2) ORDER BY published DESC, id DESC FETCH FIRST 200 ROWS WITH "
    "TIES) e JOIN content c ON c.row=e.row JOIN hashtag h ON h.id=e.hashtag "
    "ORDER BY e.published DESC, e.id DESC, h.name";
constexpr const char* kWalkAllEnd =
    "SELECT published, id FROM entry WHERE (published, id)<($1, $2) "
    "ORDER BY published DESC, id DESC OFFSET 199 LIMIT 1";
constexpr const char* kWalkHashtag =
    "SELECT $4::text, e.id, e.published, c.json FROM (SELECT row, id, published FROM entry "
    "WHERE hashtag=$3 AND (published, id)<($1, $2) ORDER BY published DESC, id DESC LIMIT 200) e "
    "JOIN content c ON c.row=e.row ORDER BY e.published DESC, e.id DESC";
constexpr const char* kWalkHashtagEnd =
    "SELECT published, id FROM entry WHERE hashtag=$3 AND (published, id)<($1, $2) "
    "ORDER BY published DESC, id DESC OFFSET 199 LIMIT 1";

class Search {
 public:
  Search(PgConn& db, const PostgresSearchRequest& request)
      : db_(db),
        request_(request),
        before_(request.before.value_or(Place{std::numeric_limits<TimeMs>::max(), ""})) {}

  std::vector<SearchHit> Run() {
    if (!request_.hashtag.empty() && !FindHashtag()) return {};
    std::vector<std::int32_t> numbers = QueryNumbers(request_.words);
    if (!numbers.empty() && ReadPostgresMeta(db_, "search_rules") == SearchRules()) {
      if (hashtag_ != 0) numbers.push_back(-hashtag_);
      if (const auto rows = FindCandidates(numbers)) {
        CheckCandidates(*rows);
        return std::move(hits_);
      }
    }
    Walk();
    return std::move(hits_);
  }

 private:
  struct Candidate {
    std::int64_t row = 0;
    SearchHit hit;
  };

  bool FindHashtag() {
    const PgRows rows = db_.Query("SELECT id FROM hashtag WHERE name=$1", request_.hashtag);
    if (rows.size() == 0) return false;
    hashtag_ = static_cast<std::int32_t>(rows.Int(0, 0));
    return true;
  }

  // Rows that have all numbers, in no order; nothing where they are too many.
  std::optional<std::vector<std::int64_t>> FindCandidates(
      const std::vector<std::int32_t>& numbers) {
    const PgRows rows =
        db_.Query("SELECT row FROM entry_text WHERE tokens @> $1::integer[] LIMIT $2", numbers,
                  kCandidatesMax + 1);
    if (rows.size() > kCandidatesMax) return std::nullopt;
    std::vector<std::int64_t> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(rows.Int(i, 0));
    return out;
  }

  void CheckCandidates(const std::vector<std::int64_t>& rows) {
    if (rows.empty()) return;
    const PgRows sorted = db_.Query(kSortCandidates, rows, before_.published, before_.id);
    std::vector<Candidate> some;
    for (int i = 0; i < sorted.size(); ++i) {
      some.push_back({sorted.Int(i, 0), {sorted.Text(i, 1), sorted.Text(i, 2), sorted.Int(i, 3)}});
      if (some.size() < kContentsAtOnce && i + 1 < sorted.size()) continue;
      if (!CheckSome(some)) return;
      some.clear();
    }
  }

  bool CheckSome(const std::vector<Candidate>& candidates) {
    std::vector<std::int64_t> rows;
    for (const Candidate& candidate : candidates) rows.push_back(candidate.row);
    const PgRows found = db_.Query(kContents, rows);
    std::unordered_map<std::int64_t, std::string_view> contents;
    for (int i = 0; i < found.size(); ++i) contents.emplace(found.Int(i, 0), found.View(i, 1));
    return std::all_of(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
      const auto content = contents.find(candidate.row);
      return content == contents.end() || Offer(candidate.hit, content->second);
    });
  }

  // From the newest on, a page after the other.
  void Walk() {
    Place at = before_;
    while (true) {
      const PgRows rows =
          hashtag_ == 0 ? db_.Query(kWalkAll, at.published, at.id)
                        : db_.Query(kWalkHashtag, at.published, at.id, hashtag_, request_.hashtag);
      for (int i = 0; i < rows.size(); ++i) {
        if (!Offer({rows.Text(i, 0), rows.Text(i, 1), rows.Int(i, 2)}, rows.View(i, 3))) return;
      }
      // The page's last entry may have no content, so it is asked for by itself.
      const PgRows end = hashtag_ == 0 ? db_.Query(kWalkAllEnd, at.published, at.id)
                                       : db_.Query(kWalkHashtagEnd, at.published, at.id, hashtag_);
      if (end.size() == 0) return;
      at = {end.Int(0, 0), end.Text(0, 1)};
    }
  }

  // Takes the hit if its content has all words and its place is not that of the one before; false
  // once there are enough.
  bool Offer(SearchHit hit, std::string_view content) {
    if (hits_.size() >= request_.limit) return false;
    if (!hits_.empty() && hits_.back().published == hit.published && hits_.back().id == hit.id) {
      return true;
    }
    const Result<std::string> text = SearchText(content);
    if (!text) throw StoreError(text.error());
    if (HasWords(*text, request_.words)) hits_.push_back(std::move(hit));
    return hits_.size() < request_.limit;
  }

  PgConn& db_;
  const PostgresSearchRequest& request_;
  const Place before_;
  std::int32_t hashtag_ = 0;
  std::vector<SearchHit> hits_;
};

}  // namespace

std::vector<SearchHit> SearchPostgres(PgConn& db, const PostgresSearchRequest& request) {
  return Search(db, request).Run();
}

std::vector<std::int32_t> IndexedNumbers(std::int32_t hashtag, std::string_view folded_text) {
  std::vector<std::int32_t> out = IndexNumbers(folded_text);
  out.insert(out.begin(), -hashtag);
  return out;
}

}  // namespace latecomer
