#include "store/sqlite_content.h"

#include "model/post_json.h"
#include "store/search_text.h"
#include "store/sqlite_schema.h"

namespace latecomer {
namespace {

constexpr std::size_t kPendingBytesMax = 32U << 20U;

// Contentless, without positions: it finds candidates, which are then checked against the content.
constexpr const char* kCreateIndex =
    "CREATE VIRTUAL TABLE entry_text USING fts5("
    "tokens, content='', columnsize=0, detail=none, tokenize='ascii')";

}  // namespace

void SqliteContent::Begin() {
  index_.clear();
  spellings_.clear();
  pending_bytes_ = 0;
  removed_ = false;
  const std::string rules = ReadMeta(db_, "search_rules");
  indexed_ = !rules.empty();
  if (indexed_ && rules != SearchRules()) {
    throw SqliteError(Fatal("Another version of Latecomer made the search index of " + db_.path() +
                            " meanwhile. Run one version only, and start it again."));
  }
}

Post SqliteContent::Parse(std::string_view json) const {
  Post post;
  if (Status read = ReadContent(json, post); !read) {
    throw SqliteError(Corrupt("The timeline store " + db_.path() +
                              " met content that is no content object: " + read.error().message));
  }
  return post;
}

std::string SqliteContent::Tokens(const HashtagRef& hashtag, const Post& post) const {
  // One token for the hashtag; those of the text hold no 0.
  std::string out = '0' + std::to_string(hashtag.row) + ' ';
  AppendIndexTokens(out, SearchText(post));
  return out;
}

void SqliteContent::Put(std::int64_t row, const HashtagRef& hashtag, const std::string& json,
                        bool is_new) {
  if (!is_new) Remove(row, hashtag);
  db_.Statement("INSERT INTO content(row, json) VALUES(?, ?)").Run(row, json);
  const Post post = Parse(json);
  Count(hashtag, post, 1);
  if (!indexed_) return;
  IndexChange& change = index_[row];
  change.in = Tokens(hashtag, post);
  pending_bytes_ += change.in.size();
  if (pending_bytes_ > kPendingBytesMax) FlushIndex();
}

void SqliteContent::Remove(std::int64_t row, const HashtagRef& hashtag) {
  std::string json;
  {
    SqliteRows rows(db_.Statement("SELECT json FROM content WHERE row=?"), row);
    if (!rows.Next()) return;
    json = rows->Text(0);
  }
  db_.Statement("DELETE FROM content WHERE row=?").Run(row);
  removed_ = true;
  const Post post = Parse(json);
  Count(hashtag, post, -1);
  if (!indexed_) return;
  IndexChange& change = index_[row];
  if (!change.in.empty()) {
    change.in.clear();  // came in this transaction: the index has not seen it
    return;
  }
  change.out = Tokens(hashtag, post);
  pending_bytes_ += change.out.size();
}

void SqliteContent::Count(const HashtagRef& hashtag, const Post& post, int by) {
  std::string name = known_spellings_.Of(hashtag.name, post);
  if (!name.empty()) spellings_[{hashtag.row, std::move(name)}] += by;
}

void SqliteContent::FlushIndex() {
  SqliteStatement& out =
      db_.Statement("INSERT INTO entry_text(entry_text, rowid, tokens) VALUES('delete', ?, ?)");
  SqliteStatement& in = db_.Statement("INSERT INTO entry_text(rowid, tokens) VALUES(?, ?)");
  for (const auto& [row, change] : index_) {
    if (!change.out.empty()) out.Run(row, change.out);
    if (!change.in.empty()) in.Run(row, change.in);
  }
  index_.clear();
  pending_bytes_ = 0;
}

void SqliteContent::Flush() {
  if (!index_.empty()) FlushIndex();
  for (const auto& [key, by] : spellings_) {
    if (by == 0) continue;
    db_.Statement(
           "INSERT INTO spelling(hashtag, name, posts) VALUES(?, ?, ?) "
           "ON CONFLICT DO UPDATE SET posts=posts+excluded.posts")
        .Run(key.first, key.second, by);
    if (by < 0) {
      db_.Statement("DELETE FROM spelling WHERE hashtag=? AND name=? AND posts<=0")
          .Run(key.first, key.second);
    }
  }
  spellings_.clear();
  if (removed_) WriteMeta(db_, "unscrubbed", "1");
  removed_ = false;
}

void SqliteContent::EnsureIndex(bool wanted) {
  const std::string rules = wanted ? SearchRules() : std::string();
  if (ReadMeta(db_, "search_rules") == rules) return;
  SqliteTransaction transaction(db_, SqliteTransaction::Kind::kWrite);
  db_.Exec("DROP TABLE IF EXISTS entry_text");
  WriteMeta(db_, "search_rules", rules);
  if (wanted) BuildIndex();
  transaction.Commit();
}

void SqliteContent::BuildIndex() {
  db_.Exec(kCreateIndex);
  SqliteRows rows(db_.Statement(
      "SELECT c.row, e.hashtag, c.json FROM content c JOIN entry e ON e.row=c.row ORDER BY c.row"));
  SqliteStatement& in = db_.Statement("INSERT INTO entry_text(rowid, tokens) VALUES(?, ?)");
  while (rows.Next()) {
    in.Run(rows->Int(0), Tokens({rows->Int(1), {}}, Parse(rows->View(2))));
  }
}

void SqliteContent::OptimiseIndex() {
  if (ReadMeta(db_, "search_rules").empty()) return;
  db_.Exec("INSERT INTO entry_text(entry_text) VALUES('optimize')");
}

}  // namespace latecomer
