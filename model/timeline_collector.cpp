#include "model/timeline_collector.h"

namespace latecomer {

void TimelineCollector::Apply(const TimelineRecord& record) {
  if (record.hashtag != hashtag_) return;
  if (const auto* entry = std::get_if<EntryRecord>(&record.body)) {
    ApplyEntry(*entry);
  } else if (const auto* repost = std::get_if<RepostRecord>(&record.body)) {
    reposts_[repost->id] = *repost;
  } else if (const auto* session = std::get_if<SessionRecord>(&record.body)) {
    sessions_[session->id] = *session;
  } else if (const auto* coverage = std::get_if<CoverageRecord>(&record.body)) {
    coverage_[coverage->source] = *coverage;
  } else if (const auto* removed = std::get_if<RemovedRecord>(&record.body)) {
    if (removed->kind == "entry") entries_.erase(removed->id);
    if (removed->kind == "repost") reposts_.erase(removed->id);
    if (removed->kind == "session") {
      const std::optional<TimeMs> id = ParseTime(removed->id);
      if (id) sessions_.erase(*id);
    }
  }
}

void TimelineCollector::ApplyEntry(const EntryRecord& entry) {
  if (entry.unpublished) return;
  EntryRecord& known = entries_[entry.id];
  if (!entry.is_link) {
    known = entry;
    return;
  }
  // A link leaves the content that an entry brought, and what says which version it is.
  EntryRecord linked = entry;
  linked.is_link = false;
  linked.has_note = known.has_note;
  linked.stamp = known.stamp;
  linked.digest = known.digest;
  linked.content = std::move(known.content);
  known = std::move(linked);
}

TimelineParts TimelineCollector::Take() {
  TimelineParts parts;
  parts.hashtag = hashtag_;
  for (auto& [id, entry] : entries_) parts.entries.push_back(std::move(entry));
  for (auto& [id, repost] : reposts_) parts.reposts.push_back(std::move(repost));
  for (auto& [id, session] : sessions_) parts.sessions.push_back(std::move(session));
  entries_.clear();
  reposts_.clear();
  sessions_.clear();
  return parts;
}

}  // namespace latecomer
