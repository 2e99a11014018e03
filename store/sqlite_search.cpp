#include "store/sqlite_search.h"

#include <algorithm>
#include <tuple>

#include "store/search_text.h"
#include "store/sqlite_schema.h"

namespace latecomer {
namespace {

// With more candidates than this, reading from the newest on finds a page sooner than sorting them.
constexpr std::size_t kCandidatesMax = 20'000;

struct Candidate {
  SearchHit hit;
  std::int64_t row = 0;
};

// Newest first; a post that stands under several hashtags is found under the first of them.
bool IsNewer(const Candidate& a, const Candidate& b) {
  return std::tie(b.hit.published, b.hit.id, a.hit.hashtag) <
         std::tie(a.hit.published, a.hit.id, b.hit.hashtag);
}

class Search {
 public:
  Search(SqliteDb& db, const SearchRequest& request) : db_(db), request_(request) {}

  std::vector<SearchHit> Run() {
    if (!request_.hashtag.empty() && !FindHashtag()) return {};
    const std::vector<std::string> tokens = QueryTokens(request_.words);
    if (!tokens.empty() && ReadMeta(db_, "search_rules") == SearchRules()) {
      const std::optional<std::vector<std::int64_t>> rows = FindCandidates(tokens);
      if (rows) {
        CheckCandidates(*rows);
        return std::move(hits_);
      }
    }
    request_.hashtag.empty() ? WalkAll() : WalkHashtag();
    return std::move(hits_);
  }

 private:
  bool FindHashtag() {
    SqliteRows rows(db_.Statement("SELECT id FROM hashtag WHERE name=?"), request_.hashtag);
    if (!rows.Next()) return false;
    hashtag_ = rows->Int(0);
    return true;
  }

  // Rows that have all tokens, in no order; nothing where they are too many.
  std::optional<std::vector<std::int64_t>> FindCandidates(const std::vector<std::string>& tokens) {
    std::string match = hashtag_ == 0 ? "" : "\"0" + std::to_string(hashtag_) + '"';
    for (const std::string& token : tokens) {
      if (!match.empty()) match += " AND ";
      match += '"' + token + '"';
    }
    std::vector<std::int64_t> out;
    SqliteRows rows(db_.Statement("SELECT rowid FROM entry_text WHERE entry_text MATCH ? LIMIT ?"),
                    match, static_cast<std::int64_t>(kCandidatesMax) + 1);
    while (rows.Next()) out.push_back(rows->Int(0));
    if (out.size() > kCandidatesMax) return std::nullopt;
    return out;
  }

  void CheckCandidates(const std::vector<std::int64_t>& rows) {
    std::vector<Candidate> candidates;
    for (const std::int64_t row : rows) {
      SqliteRows found(db_.Statement("SELECT h.name, e.id, e.published FROM entry e JOIN hashtag h "
                                     "ON h.id=e.hashtag WHERE e.row=?"),
                       row);
      if (!found.Next()) continue;
      Candidate candidate{{found->Text(0), found->Text(1), found->Int(2)}, row};
      if (IsBehind(candidate.hit)) candidates.push_back(std::move(candidate));
    }
    std::sort(candidates.begin(), candidates.end(), IsNewer);
    for (Candidate& candidate : candidates) {
      SqliteRows content(db_.Statement("SELECT json FROM content WHERE row=?"), candidate.row);
      if (content.Next() && !Offer(std::move(candidate.hit), content->View(0))) return;
    }
  }

  void WalkHashtag() {
    SqliteRows rows(
        db_.Statement("SELECT ?3, e.id, e.published, c.json FROM entry e JOIN content c ON "
                      "c.row=e.row WHERE e.hashtag=?1 AND e.published<=?2 "
                      "ORDER BY e.published DESC, e.id DESC"),
        hashtag_, request_.before ? request_.before->published : kTimeMsMax, request_.hashtag);
    Walk(rows);
  }

  void WalkAll() {
    SqliteRows rows(
        db_.Statement("SELECT h.name, e.id, e.published, c.json FROM entry e JOIN content c ON "
                      "c.row=e.row JOIN hashtag h ON h.id=e.hashtag WHERE e.published<=? "
                      "ORDER BY e.published DESC, e.id DESC, h.name"),
        request_.before ? request_.before->published : kTimeMsMax);
    Walk(rows);
  }

  void Walk(SqliteRows& rows) {
    while (rows.Next()) {
      SearchHit hit{rows->Text(0), rows->Text(1), rows->Int(2)};
      if (IsBehind(hit) && !Offer(std::move(hit), rows->View(3))) return;
    }
  }

  bool IsBehind(const SearchHit& hit) const {
    return !request_.before || Place{hit.published, hit.id} < *request_.before;
  }

  // Takes the hit if its content has all words and its place is not that of the one before; false
  // once there are enough.
  bool Offer(SearchHit hit, std::string_view content) {
    if (hits_.size() >= request_.limit) return false;
    if (!hits_.empty() && hits_.back().published == hit.published && hits_.back().id == hit.id) {
      return true;
    }
    const Result<std::string> text = SearchText(content);
    if (!text) throw SqliteError(text.error());
    if (HasWords(*text, request_.words)) hits_.push_back(std::move(hit));
    return hits_.size() < request_.limit;
  }

  SqliteDb& db_;
  const SearchRequest& request_;
  std::int64_t hashtag_ = 0;
  std::vector<SearchHit> hits_;
};

}  // namespace

std::vector<SearchHit> SearchSqlite(SqliteDb& db, const SearchRequest& request) {
  return Search(db, request).Run();
}

}  // namespace latecomer
