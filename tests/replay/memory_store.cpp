#include "memory_store.h"

#include <algorithm>
#include <tuple>

namespace latecomer {

std::int64_t MemoryStore::Put(const std::string& hashtag, EntryRecord entry) {
  const std::lock_guard lock(mutex_);
  Rows& rows = hashtags_[hashtag];
  const std::int64_t seq = Next(rows);
  const std::string id = entry.id;
  rows.entries[id] = {seq, std::move(entry)};
  return seq;
}

std::int64_t MemoryStore::Put(const std::string& hashtag, RepostRecord repost) {
  const std::lock_guard lock(mutex_);
  Rows& rows = hashtags_[hashtag];
  const std::int64_t seq = Next(rows);
  const std::string id = repost.id;
  rows.reposts[id] = {seq, std::move(repost)};
  return seq;
}

std::int64_t MemoryStore::Put(const std::string& hashtag, SessionRecord session) {
  const std::lock_guard lock(mutex_);
  Rows& rows = hashtags_[hashtag];
  rows.sessions[session.id] = session;
  return Next(rows);
}

std::int64_t MemoryStore::Put(const std::string& hashtag, CoverageRecord coverage) {
  const std::lock_guard lock(mutex_);
  Rows& rows = hashtags_[hashtag];
  rows.coverage[coverage.source] = coverage;
  return Next(rows);
}

std::int64_t MemoryStore::RemoveEntry(const std::string& hashtag, const std::string& id) {
  const std::lock_guard lock(mutex_);
  Rows& rows = hashtags_[hashtag];
  const std::int64_t seq = Next(rows);
  rows.removed.push_back({seq, rows.entries.at(id).record.n});
  rows.entries.erase(id);
  return seq;
}

void MemoryStore::Erase(const std::string& hashtag) {
  const std::lock_guard lock(mutex_);
  hashtags_.erase(hashtag);
}

void MemoryStore::SetEpoch(std::string epoch) {
  const std::lock_guard lock(mutex_);
  epoch_ = std::move(epoch);
}

void MemoryStore::FailWith(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

std::size_t MemoryStore::snapshots() const {
  const std::lock_guard lock(mutex_);
  return snapshots_;
}

Result<std::string> MemoryStore::Epoch() {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  return epoch_;
}

Result<std::vector<HashtagSummary>> MemoryStore::Hashtags() {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  std::vector<HashtagSummary> all;
  for (const auto& [hashtag, rows] : hashtags_) {
    HashtagSummary summary;
    summary.hashtag = hashtag;
    summary.display = hashtag;
    if (!summary.display.empty() && summary.display[0] >= 'a' && summary.display[0] <= 'z') {
      summary.display[0] = static_cast<char>(summary.display[0] - 'a' + 'A');
    }
    summary.entries = rows.entries.size();
    summary.seq = rows.last_seq;
    all.push_back(std::move(summary));
  }
  return all;
}

Result<TimelineSnapshot> MemoryStore::Snapshot(const std::string& hashtag) {
  const std::lock_guard lock(mutex_);
  ++snapshots_;
  if (!failure_.message.empty()) return failure_;
  const auto found = hashtags_.find(hashtag);
  if (found == hashtags_.end()) return NotFound("Nothing stands under #" + hashtag + ".");
  TimelineSnapshot snapshot;
  snapshot.applied = next_seq_ - 1;
  snapshot.parts.hashtag = hashtag;
  for (const auto& [id, stored] : found->second.entries) {
    snapshot.parts.entries.push_back(stored.record);
    snapshot.parts.entries.back().content.clear();
    snapshot.entry_seqs.push_back(stored.seq);
  }
  for (const auto& [id, repost] : found->second.reposts) {
    snapshot.parts.reposts.push_back(repost.second);
    snapshot.repost_seqs.push_back(repost.first);
  }
  for (const auto& [id, session] : found->second.sessions) {
    snapshot.parts.sessions.push_back(session);
  }
  for (const auto& [source, coverage] : found->second.coverage) {
    snapshot.coverage.push_back(coverage);
  }
  return snapshot;
}

Result<std::int64_t> MemoryStore::LastSeq(const std::string& hashtag) {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  const auto found = hashtags_.find(hashtag);
  return found == hashtags_.end() ? 0 : found->second.last_seq;
}

Result<std::vector<std::string>> MemoryStore::Contents(const std::string& hashtag,
                                                       std::span<const std::string> ids) {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  const Rows& rows = hashtags_[hashtag];
  std::vector<std::string> contents;
  for (const std::string& id : ids) {
    const auto entry = rows.entries.find(id);
    contents.push_back(entry == rows.entries.end() ? "" : entry->second.record.content);
  }
  return contents;
}

Status MemoryStore::ForEachEntry(const std::string& hashtag,
                                 const std::function<bool(const StoredEntry&)>& visit) {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  std::vector<const StoredEntry*> all;
  for (const auto& [id, stored] : hashtags_[hashtag].entries) all.push_back(&stored);
  std::sort(all.begin(), all.end(), [](const StoredEntry* a, const StoredEntry* b) {
    return std::tie(a->record.published, a->record.id) <
           std::tie(b->record.published, b->record.id);
  });
  for (const StoredEntry* stored : all) {
    if (!visit(*stored)) break;
  }
  return {};
}

Result<std::vector<RemovedRow>> MemoryStore::RemovedSince(const std::string& hashtag,
                                                          std::int64_t seq) {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  std::vector<RemovedRow> removed;
  for (const RemovedRow& row : hashtags_[hashtag].removed) {
    if (row.seq > seq) removed.push_back(row);
  }
  return removed;
}

// Case matters here, and one word is all there is: what search does is the real stores' test.
Result<std::vector<SearchHit>> MemoryStore::Search(const std::string& hashtag,
                                                   std::string_view query,
                                                   const std::optional<Place>& before,
                                                   std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (!failure_.message.empty()) return failure_;
  std::vector<SearchHit> hits;
  for (const auto& [name, rows] : hashtags_) {
    if (!hashtag.empty() && name != hashtag) continue;
    for (const auto& [id, stored] : rows.entries) {
      if (stored.record.content.find(query) == std::string::npos) continue;
      if (before && Place{stored.record.published, id} >= *before) continue;
      hits.push_back({name, id, stored.record.published});
    }
  }
  std::sort(hits.begin(), hits.end(), [](const SearchHit& a, const SearchHit& b) {
    return std::tie(a.published, a.id) > std::tie(b.published, b.id);
  });
  if (hits.size() > limit) hits.resize(limit);
  return hits;
}

}  // namespace latecomer
