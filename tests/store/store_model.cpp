#include "store_model.h"

#include <algorithm>
#include <tuple>

#include "base/sha256.h"

namespace latecomer::test {

void StoreModel::Apply(const SequencedRecord& record) {
  if (const auto* forgotten = std::get_if<ForgottenRecord>(&record.record.body)) {
    if (record.record.hashtag.empty()) Forget(record.seq, *forgotten);
    return;
  }
  Rows& rows = hashtags_[record.record.hashtag];
  rows.seq = std::max(rows.seq, record.seq);
  Put(rows, record.seq, record.record);
}

void StoreModel::Put(Rows& rows, std::int64_t seq, const TimelineRecord& record) {
  if (const auto* entry = std::get_if<EntryRecord>(&record.body)) {
    Post& post = rows.posts[entry->id];
    (entry->is_link ? post.link : post.entry) = {seq, *entry};
  } else if (const auto* repost = std::get_if<RepostRecord>(&record.body)) {
    rows.reposts[repost->id] = {seq, *repost};
  } else if (const auto* tree = std::get_if<TreeRecord>(&record.body)) {
    rows.trees[tree->tree] = *tree;
  } else if (const auto* session = std::get_if<SessionRecord>(&record.body)) {
    rows.sessions[session->id] = *session;
  } else if (const auto* coverage = std::get_if<CoverageRecord>(&record.body)) {
    rows.coverage[coverage->source] = *coverage;
  } else {
    Remove(rows, std::get<RemovedRecord>(record.body));
  }
}

void StoreModel::Remove(Rows& rows, const RemovedRecord& removed) {
  if (removed.kind == "entry") {
    rows.posts.erase(removed.id);
  } else if (removed.kind == "link") {
    const auto it = rows.posts.find(removed.id);
    if (it != rows.posts.end() && !it->second.entry) rows.posts.erase(it);
  } else if (removed.kind == "repost") {
    rows.reposts.erase(removed.id);
  } else if (removed.kind == "session") {
    rows.sessions.erase(*ParseTime(removed.id));
  }
}

void StoreModel::Forget(std::int64_t seq, const ForgottenRecord& forgotten) {
  const auto is_author = [&](const std::string& id) {
    return forgotten.author && !id.empty() && Sha256Hex(id) == forgotten.sha256;
  };
  const auto is_gone = [&](const std::string& id, const std::string& author,
                           const std::vector<std::string>& authors) {
    return (forgotten.post && Sha256Hex(id) == forgotten.sha256) || is_author(author) ||
           std::any_of(authors.begin(), authors.end(), is_author);
  };
  for (auto& [name, rows] : hashtags_) {
    const std::size_t gone =
        std::erase_if(rows.posts,
                      [&](const auto& item) {
                        const Post& post = item.second;
                        const bool link_is_newest =
                            !post.entry || (post.link && post.link->seq > post.entry->seq);
                        const EntryRecord& shape =
                            link_is_newest ? post.link->record : post.entry->record;
                        return is_gone(item.first, shape.author, shape.authors);
                      }) +
        std::erase_if(rows.reposts, [&](const auto& item) {
          const RepostRecord& repost = item.second.record;
          return is_gone(repost.id, repost.by, repost.authors);
        });
    if (gone > 0) rows.seq = std::max(rows.seq, seq);
  }
}

std::optional<TimelineSnapshot> StoreModel::Snapshot(const std::string& hashtag) const {
  const auto found = hashtags_.find(hashtag);
  if (found == hashtags_.end()) return std::nullopt;
  const Rows& rows = found->second;
  TimelineSnapshot out;
  out.parts.hashtag = hashtag;
  std::vector<std::pair<std::int64_t, EntryRecord>> entries;
  for (const auto& [id, post] : rows.posts) {
    if (!post.entry) continue;
    EntryRecord entry = post.entry->record;
    std::int64_t seq = post.entry->seq;
    if (post.link && post.link->seq > seq) {
      seq = post.link->seq;
      entry = post.link->record;
      entry.is_link = false;
      entry.stamp = post.entry->record.stamp;
      entry.digest = post.entry->record.digest;
      entry.content = entry.deleted ? "" : post.entry->record.content;
    }
    for (auto tree = rows.trees.find(entry.tree);
         tree != rows.trees.end() && tree->second.merged_into; tree = rows.trees.find(entry.tree)) {
      entry.tree = *tree->second.merged_into;
    }
    entries.emplace_back(seq, std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.published, a.second.id) < std::tie(b.second.published, b.second.id);
  });
  for (auto& [seq, entry] : entries) {
    out.entry_seqs.push_back(seq);
    out.parts.entries.push_back(std::move(entry));
  }
  for (const auto& [id, repost] : rows.reposts) {
    out.repost_seqs.push_back(repost.seq);
    out.parts.reposts.push_back(repost.record);
  }
  for (const auto& [id, session] : rows.sessions) out.parts.sessions.push_back(session);
  for (const auto& [source, coverage] : rows.coverage) out.coverage.push_back(coverage);
  if (out.parts.entries.empty() && out.parts.reposts.empty() && out.parts.sessions.empty() &&
      out.coverage.empty()) {
    return std::nullopt;
  }
  return out;
}

std::set<std::string> StoreModel::Hashtags() const {
  std::set<std::string> out;
  for (const auto& [name, rows] : hashtags_) {
    if (Snapshot(name)) out.insert(name);
  }
  return out;
}

std::int64_t StoreModel::LastSeq(const std::string& hashtag) const {
  const auto found = hashtags_.find(hashtag);
  return found == hashtags_.end() ? 0 : found->second.seq;
}

namespace {

std::string SummaryDifference(const HashtagSummary& summary, const TimelineSnapshot& expected) {
  const std::vector<EntryRecord>& entries = expected.parts.entries;
  const auto alive = std::count_if(expected.parts.reposts.begin(), expected.parts.reposts.end(),
                                   [](const RepostRecord& r) { return !r.deleted; });
  if (summary.entries != entries.size()) return "the count of entries";
  if (summary.reposts != static_cast<std::uint64_t>(alive)) return "the count of reposts";
  if (entries.empty() ? summary.first.has_value() : summary.first != entries.front().published) {
    return "first";
  }
  if (entries.empty() ? summary.last.has_value() : summary.last != entries.back().published) {
    return "last";
  }
  return {};
}

std::string SnapshotDifference(TimelineReadStore& store, const TimelineSnapshot& expected) {
  const std::string& hashtag = expected.parts.hashtag;
  Result<TimelineSnapshot> actual = store.Snapshot(hashtag);
  if (!actual) return actual.error().message;
  std::vector<EntryRecord> entries = actual->parts.entries;
  std::vector<std::string> ids;
  for (const EntryRecord& entry : expected.parts.entries) ids.push_back(entry.id);
  const Result<std::vector<std::string>> contents = store.Contents(hashtag, ids);
  if (!contents) return contents.error().message;
  if (entries.size() != ids.size()) return "the number of entries";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!entries[i].content.empty()) return "a snapshot has content";
    entries[i].content = (*contents)[i];
    if (entries[i] != expected.parts.entries[i]) return "entry " + ids[i];
  }
  if (actual->entry_seqs != expected.entry_seqs) return "versions of entries";
  if (actual->parts.reposts != expected.parts.reposts) return "reposts";
  if (actual->repost_seqs != expected.repost_seqs) return "versions of reposts";
  if (actual->parts.sessions != expected.parts.sessions) return "sessions";
  if (actual->coverage != expected.coverage) return "coverage";
  std::vector<EntryRecord> streamed;
  const Status visited = store.ForEachEntry(hashtag, [&](const StoredEntry& entry) {
    streamed.push_back(entry.record);
    return true;
  });
  if (!visited) return visited.error().message;
  return streamed == expected.parts.entries ? "" : "what ForEachEntry gives";
}

}  // namespace

std::string Difference(TimelineReadStore& store, const StoreModel& model, LastSeqs last_seqs) {
  const Result<std::vector<HashtagSummary>> summaries = store.Hashtags();
  if (!summaries) return summaries.error().message;
  const std::set<std::string> expected = model.Hashtags();
  std::set<std::string> actual;
  for (const HashtagSummary& summary : *summaries) {
    actual.insert(summary.hashtag);
    if (!expected.contains(summary.hashtag)) continue;
    const std::string what = SummaryDifference(summary, *model.Snapshot(summary.hashtag));
    if (!what.empty()) return summary.hashtag + ": " + what + " in the summary";
  }
  if (actual != expected) return "the hashtags";
  for (const std::string& hashtag : expected) {
    const std::string what = SnapshotDifference(store, *model.Snapshot(hashtag));
    if (!what.empty()) return hashtag + ": " + what;
    const Result<std::int64_t> last = store.LastSeq(hashtag);
    if (!last) return last.error().message;
    const std::int64_t least = model.LastSeq(hashtag);
    if (last_seqs == LastSeqs::kExact ? *last != least : *last < least) {
      return hashtag + ": LastSeq";
    }
  }
  return {};
}

}  // namespace latecomer::test
