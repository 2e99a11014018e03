// Applies the records of one batch to the rows of store.db, within a write transaction that the
// caller holds.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "store/sqlite_content.h"
#include "store/sqlite_db.h"
#include "store/timeline_store.h"

namespace latecomer {

class SqliteApply {
 public:
  // `gen`: the generation of the partition's rows, which rises with each rebuild. Sequences are
  // comparable within one generation only: a row of another one gives way to any record.
  SqliteApply(SqliteDb& db, SqliteContent& content, std::int32_t partition, std::int64_t gen,
              TimeMs now);

  void Record(const SequencedRecord& record);
  // Writes what has gathered: index, counts, what was forgotten.
  void Finish();
  // Deletes the rows of the partition's older generations, and the old halves of rows. `applied`:
  // the last offset applied, which becomes the version of what goes.
  void DeleteOlderGenerations(std::int64_t applied);

 private:
  struct Hashtag {
    std::int64_t row = 0;
    std::int64_t entries = 0;  // by how much the counts change
    std::int64_t reposts = 0;
    std::int64_t seq = -1;
  };
  // What is there of an entry.
  struct EntryRow {
    std::int64_t row = 0;
    std::int64_t gen = 0;
    std::optional<std::int64_t> entry_seq;
    std::optional<std::int64_t> link_seq;
    std::int64_t n = 0;
    bool deleted = false;
    std::int64_t Seq() const { return std::max(entry_seq.value_or(-1), link_seq.value_or(-1)); }
    bool Visible() const { return entry_seq.has_value(); }
  };
  using Named = std::pair<const std::string, Hashtag>;

  Named& HashtagOf(const std::string& name);
  HashtagRef RefOf(const Named& hashtag) const { return {hashtag.second.row, hashtag.first}; }
  std::optional<EntryRow> FindEntry(std::int64_t hashtag, std::string_view id);

  void Entry(Named& hashtag, std::int64_t seq, const EntryRecord& entry);
  void Link(Named& hashtag, std::int64_t seq, const EntryRecord& link);
  std::int64_t InsertEntry(const Named& hashtag, const EntryRecord& entry,
                           std::optional<std::int64_t> entry_seq,
                           std::optional<std::int64_t> link_seq);
  void UpdateStructure(std::int64_t row, const EntryRecord& entry);
  void DeleteOlderEntries(std::int64_t applied);
  void DeleteOlderReposts(std::int64_t applied);
  void Repost(Named& hashtag, std::int64_t seq, const RepostRecord& repost);
  void Tree(Named& hashtag, std::int64_t seq, const TreeRecord& tree);
  void Session(Named& hashtag, std::int64_t seq, const SessionRecord& session);
  void Coverage(Named& hashtag, std::int64_t seq, const CoverageRecord& coverage);
  void Forgotten(std::int64_t seq, const ForgottenRecord& forgotten);
  void Removed(Named& hashtag, std::int64_t seq, const RemovedRecord& removed);
  void RemoveEntry(Named& hashtag, const EntryRow& row, std::int64_t seq);
  void RemoveRepost(Named& hashtag, std::string_view id, std::int64_t seq);
  void ApplyForgotten();
  using ForgottenAt = std::function<std::int64_t(std::string_view id, std::string_view author,
                                                 std::string_view authors)>;
  void ForgetEntries(const ForgottenAt& forgotten_at);
  void ForgetReposts(const ForgottenAt& forgotten_at);
  std::optional<std::int64_t> ForgottenSeq(std::string_view id, bool as_author);
  std::string HashtagName(std::int64_t row);

  SqliteDb& db_;
  SqliteContent& content_;
  std::int32_t partition_;
  std::int64_t gen_;
  TimeMs now_;
  bool any_removed_;
  std::map<std::string, Hashtag> hashtags_;
  struct Hash {
    std::int64_t seq = 0;
    bool post = false;
    bool author = false;
  };
  std::unordered_map<std::string, Hash> forgotten_;  // by SHA-256
};

}  // namespace latecomer
