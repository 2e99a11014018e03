#include "replay/hashtag_view.h"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <tuple>
#include <unordered_set>

namespace latecomer {
namespace {

std::unordered_map<std::int64_t, std::int64_t> SeqByNumber(const TimelineSnapshot& snapshot) {
  assert(snapshot.entry_seqs.size() == snapshot.parts.entries.size());
  std::unordered_map<std::int64_t, std::int64_t> seqs;
  seqs.reserve(snapshot.entry_seqs.size());
  for (std::size_t i = 0; i < snapshot.entry_seqs.size(); ++i) {
    seqs.emplace(snapshot.parts.entries[i].n, snapshot.entry_seqs[i]);
  }
  return seqs;
}

std::unordered_map<std::string, std::int64_t> SeqByRepost(const TimelineSnapshot& snapshot) {
  assert(snapshot.repost_seqs.size() == snapshot.parts.reposts.size());
  std::unordered_map<std::string, std::int64_t> seqs;
  seqs.reserve(snapshot.repost_seqs.size());
  for (std::size_t i = 0; i < snapshot.repost_seqs.size(); ++i) {
    seqs.emplace(snapshot.parts.reposts[i].id, snapshot.repost_seqs[i]);
  }
  return seqs;
}

// What else than the rows an answer depends on.
std::string VersionOf(const HashtagViewParts& parts) {
  std::string text = parts.epoch;
  text += '\n';
  text += parts.display;
  text += '\n';
  text += std::to_string(parts.settings.gap_ms);
  return std::to_string(parts.seq) + "-" +
         std::to_string(XXH3_64bits(text.data(), text.size()) & 0xffffffffU);
}

}  // namespace

HashtagView::HashtagView(HashtagViewParts parts)
    : coverage_(std::move(parts.snapshot.coverage)),
      removed_(std::move(parts.removed)),
      epoch_(parts.epoch),
      display_(parts.display),
      version_(VersionOf(parts)),
      gap_ms_(parts.settings.gap_ms),
      seq_(parts.seq),
      applied_(parts.snapshot.applied),
      seq_by_number_(SeqByNumber(parts.snapshot)),
      seq_by_repost_(SeqByRepost(parts.snapshot)),
      timeline_(std::move(parts.snapshot.parts)) {
  const auto& entries = timeline_.entries();
  entry_seqs_.reserve(entries.size());
  by_number_.reserve(entries.size());
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    entry_seqs_.push_back(seq_by_number_.at(entries[i].record.n));
    by_number_.emplace_back(entries[i].record.n, i);
  }
  std::sort(by_number_.begin(), by_number_.end());
  // What was removed while the snapshot was read belongs to the next view.
  std::erase_if(removed_, [this](const RemovedRow& row) { return row.seq > applied_; });
  std::sort(removed_.begin(), removed_.end(),
            [](const RemovedRow& a, const RemovedRow& b) { return a.seq < b.seq; });
  FindFacts();
  BuildRows(seq_by_repost_);
  seq_by_number_ = {};
  seq_by_repost_ = {};
}

void HashtagView::FindFacts() {
  const auto& entries = timeline_.entries();
  std::unordered_set<std::string_view> authors;
  for (const TimelineEntry& entry : entries) {
    if (entry.late_by_s) ++late_;
    if (!entry.record.deleted && !entry.record.author.empty()) authors.insert(entry.record.author);
  }
  participants_ = static_cast<std::uint32_t>(authors.size());

  conversations_.resize(timeline_.conversations().size());
  sessions_.resize(timeline_.sessions().size());
  for (std::size_t c = 0; c < conversations_.size(); ++c) {
    ConversationFacts& facts = conversations_[c];
    std::uint32_t first_tagged = kNone;
    for (const std::uint32_t i : timeline_.conversations()[c].entries) {
      if (entries[i].late_by_s) ++facts.late;
      if (entries[i].record.via != Via::kTag) continue;
      if (first_tagged == kNone || entries[i].depth < entries[first_tagged].depth) first_tagged = i;
    }
    if (first_tagged == kNone) continue;
    facts.session = entries[first_tagged].session;
    if (facts.session == kNone) continue;
    ++sessions_[facts.session].conversations;
    sessions_[facts.session].late += facts.late;
  }
}

void HashtagView::BuildRows(const std::unordered_map<std::string, std::int64_t>& repost_seqs) {
  for (std::uint32_t i = 0; i < timeline_.sessions().size(); ++i) {
    rows_.push_back({timeline_.sessions()[i].record.id, i, RowKind::kSession});
  }
  for (std::uint32_t i = 0; i < timeline_.entries().size(); ++i) {
    rows_.push_back({timeline_.entries()[i].record.published, i, RowKind::kEntry});
  }
  for (std::uint32_t i = 0; i < timeline_.reposts().size(); ++i) {
    const RepostRecord& repost = timeline_.reposts()[i];
    if (repost.deleted || !repost.published || repost.objects.empty()) continue;
    rows_.push_back({*repost.published, i, RowKind::kRepost});
  }
  std::sort(rows_.begin(), rows_.end(), [this](const FeedRow& a, const FeedRow& b) {
    if (a.at != b.at) return a.at < b.at;
    return std::tuple(RowId(a), a.kind) < std::tuple(RowId(b), b.kind);
  });
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    const FeedRow& row = rows_[i];
    if (row.kind == RowKind::kEntry) by_seq_.push_back({entry_seqs_[row.index], i});
    if (row.kind == RowKind::kRepost) {
      by_seq_.push_back({repost_seqs.at(timeline_.reposts()[row.index].id), i});
    }
  }
  std::sort(by_seq_.begin(), by_seq_.end(), [](const SequencedRow& a, const SequencedRow& b) {
    return std::tie(a.seq, a.row) < std::tie(b.seq, b.row);
  });
}

std::string_view HashtagView::RowId(const FeedRow& row) const {
  if (row.kind == RowKind::kEntry) return timeline_.entries()[row.index].record.id;
  if (row.kind == RowKind::kRepost) return timeline_.reposts()[row.index].id;
  return {};
}

FeedPlace HashtagView::PlaceOf(const FeedRow& row) const {
  return {row.at, std::string(RowId(row)), static_cast<std::uint8_t>(row.kind)};
}

std::size_t HashtagView::FirstAfter(const FeedPlace& place) const {
  const auto after = [this](const FeedPlace& p, const FeedRow& row) {
    if (p.at != row.at) return p.at < row.at;
    const std::string_view id = RowId(row);
    if (p.id != id) return std::string_view(p.id) < id;
    return p.rank < static_cast<std::uint8_t>(row.kind);
  };
  const auto it = std::upper_bound(rows_.begin(), rows_.end(), place, after);
  return static_cast<std::size_t>(it - rows_.begin());
}

std::uint32_t HashtagView::FindNumber(std::int64_t n) const {
  const auto it = std::lower_bound(by_number_.begin(), by_number_.end(), std::pair(n, 0U));
  return it != by_number_.end() && it->first == n ? it->second : kNone;
}

std::vector<std::uint32_t> HashtagView::UnansweredFirstEntries() const {
  const auto& entries = timeline_.entries();
  std::vector<std::uint32_t> unanswered;
  for (const TimelineConversation& conversation : timeline_.conversations()) {
    if (conversation.entries.empty()) continue;
    const std::uint32_t first = conversation.entries.front();
    if (entries[first].record.deleted) continue;
    const bool answered =
        std::any_of(conversation.entries.begin(), conversation.entries.end(), [&](std::uint32_t i) {
          return entries[i].parent_node == first && !entries[i].record.deleted &&
                 entries[i].record.author != entries[first].record.author;
        });
    if (!answered) unanswered.push_back(first);
  }
  return unanswered;
}

void HashtagView::SetAsked(std::uint32_t entry, bool asks) {
  const TimelineEntry& e = timeline_.entries()[entry];
  asked_[e.record.n] = {entry_seqs_[entry], asks};
  conversations_[e.conversation].open = asks;
}

}  // namespace latecomer
