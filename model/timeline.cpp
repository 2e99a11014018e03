#include "model/timeline.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace latecomer {

// Derives a timeline step by step; each step needs those before it.
class TimelineBuild {
 public:
  explicit TimelineBuild(Timeline& timeline) : t_(timeline) {}

  void Run(TimelineParts parts) {
    t_.hashtag_ = std::move(parts.hashtag);
    t_.reposts_ = std::move(parts.reposts);
    TakeEntries(std::move(parts.entries));
    TakeSessions(std::move(parts.sessions));
    LinkAll();
    BreakCycles();
    FindTops();
    MakeConversations();
    PlaceInSessions();
    MarkLate();
    Count();
  }

 private:
  void TakeEntries(std::vector<EntryRecord> records);
  void TakeSessions(std::vector<SessionRecord> records);
  void LinkAll();
  std::uint32_t NodeOf(std::string_view id, std::string_view context);
  std::uint32_t PlaceholderOf(std::string_view id, std::string_view context);
  void BreakCycles();
  void BreakCycleThrough(std::uint32_t node);
  void FindTops();
  void MakeConversations();
  void PlaceInSessions();
  void MarkLate();
  void MarkLate(const TimelineConversation& conversation);
  void Count();
  std::uint32_t CountDistinct(std::vector<std::uint32_t>& authors) const;

  std::uint32_t& Parent(std::uint32_t node) {
    return node < t_.entries_.size() ? t_.entries_[node].parent_node
                                     : t_.placeholders_[node - t_.entries_.size()].parent_node;
  }
  std::uint32_t& Depth(std::uint32_t node) {
    return node < t_.entries_.size() ? t_.entries_[node].depth
                                     : t_.placeholders_[node - t_.entries_.size()].depth;
  }
  std::uint32_t& Conversation(std::uint32_t node) {
    return node < t_.entries_.size() ? t_.entries_[node].conversation
                                     : t_.placeholders_[node - t_.entries_.size()].conversation;
  }
  std::size_t NodeCount() const { return t_.entries_.size() + t_.placeholders_.size(); }

  Timeline& t_;
  std::unordered_map<std::string, std::uint32_t> placeholder_by_pair_;  // "id NUL context"
  std::vector<std::uint32_t> top_;                                      // of each node
  std::vector<std::uint32_t> author_;  // of each entry: a number for its author; kNone
};

void TimelineBuild::TakeEntries(std::vector<EntryRecord> records) {
  std::sort(records.begin(), records.end(), [](const EntryRecord& a, const EntryRecord& b) {
    return std::tie(a.published, a.id) < std::tie(b.published, b.id);
  });
  t_.entries_.resize(records.size());
  t_.entry_by_id_.reserve(records.size());
  author_.resize(records.size(), kNone);
  std::unordered_map<std::string_view, std::uint32_t> authors;
  for (std::uint32_t i = 0; i < records.size(); ++i) {
    TimelineEntry& entry = t_.entries_[i];
    entry.record = std::move(records[i]);
    t_.entry_by_id_.emplace(entry.record.id, i);
    if (entry.record.deleted || entry.record.author.empty()) continue;
    author_[i] = authors.emplace(entry.record.author, static_cast<std::uint32_t>(authors.size()))
                     .first->second;
  }
}

void TimelineBuild::TakeSessions(std::vector<SessionRecord> records) {
  std::sort(records.begin(), records.end(),
            [](const SessionRecord& a, const SessionRecord& b) { return a.id < b.id; });
  for (SessionRecord& record : records) t_.sessions_.push_back({std::move(record), 0, 0});
}

void TimelineBuild::LinkAll() {
  for (std::uint32_t i = 0; i < t_.entries_.size(); ++i) {
    const EntryRecord& record = t_.entries_[i].record;
    if (record.root) continue;
    const std::string_view context =
        record.contexts.empty() ? std::string_view() : record.contexts.front();
    std::uint32_t parent = kNone;
    if (!record.parents.empty()) {
      parent = NodeOf(record.parents.front(), context);
    } else if (!context.empty()) {
      parent = NodeOf(context, {});
    }
    t_.entries_[i].parent_node = parent;
  }
}

// The entry with this id, else its placeholder for the pair.
std::uint32_t TimelineBuild::NodeOf(std::string_view id, std::string_view context) {
  const std::uint32_t entry = t_.FindEntry(id);
  if (entry != kNone) return entry;
  return PlaceholderOf(id, context == id ? std::string_view() : context);
}

std::uint32_t TimelineBuild::PlaceholderOf(std::string_view id, std::string_view context) {
  std::string pair(id);
  pair += '\0';
  pair += context;
  const auto found = placeholder_by_pair_.find(pair);
  if (found != placeholder_by_pair_.end()) return found->second;
  const std::uint32_t above = context.empty() ? kNone : NodeOf(context, {});
  const auto node = static_cast<std::uint32_t>(NodeCount());
  t_.placeholders_.push_back({std::string(id), above, 0, 0});
  placeholder_by_pair_.emplace(std::move(pair), node);
  return node;
}

// Every node has at most one link, so a walk that comes back to itself has found a cycle.
void TimelineBuild::BreakCycles() {
  std::vector<std::uint32_t> walk(NodeCount(), 0);  // number of the walk that came by first
  std::uint32_t number = 0;
  for (std::uint32_t start = 0; start < t_.entries_.size(); ++start) {
    if (walk[start] != 0) continue;
    ++number;
    std::uint32_t node = start;
    while (node != kNone && walk[node] == 0) {
      walk[node] = number;
      node = Parent(node);
    }
    if (node != kNone && walk[node] == number) BreakCycleThrough(node);
  }
}

// Entries stand in timeline order, so the smallest known member has the smallest number. A cycle
// has one: what a placeholder hangs from is known or has no parent.
void TimelineBuild::BreakCycleThrough(std::uint32_t node) {
  std::uint32_t smallest = node;
  for (std::uint32_t at = Parent(node); at != node; at = Parent(at)) {
    smallest = std::min(smallest, at);
  }
  assert(smallest < t_.entries_.size());
  t_.entries_[smallest].parent_node = kNone;
}

void TimelineBuild::FindTops() {
  top_.assign(NodeCount(), kNone);
  std::vector<std::uint32_t> path;
  for (std::uint32_t start = 0; start < NodeCount(); ++start) {
    std::uint32_t node = start;
    while (top_[node] == kNone && Parent(node) != kNone) {
      path.push_back(node);
      node = Parent(node);
    }
    if (top_[node] == kNone) top_[node] = node;
    for (; !path.empty(); path.pop_back()) {
      const std::uint32_t below = path.back();
      top_[below] = top_[node];
      Depth(below) = Depth(node) + 1;
      node = below;
    }
  }
}

void TimelineBuild::MakeConversations() {
  std::vector<std::uint32_t> of_top(NodeCount(), kNone);
  std::vector<TimelineConversation> made;
  for (std::uint32_t i = 0; i < t_.entries_.size(); ++i) {
    std::uint32_t& conversation = of_top[top_[i]];
    if (conversation == kNone) {
      conversation = static_cast<std::uint32_t>(made.size());
      TimelineConversation& fresh = made.emplace_back();
      fresh.root_node = top_[i];
      fresh.root_known = top_[i] < t_.entries_.size();
      fresh.id = t_.NodeId(top_[i]);
      fresh.first = t_.entries_[i].record.published;
    }
    made[conversation].entries.push_back(i);
    made[conversation].last = t_.entries_[i].record.published;
  }
  // Made in order of `first`; the id decides among equals.
  std::sort(made.begin(), made.end(),
            [](const TimelineConversation& a, const TimelineConversation& b) {
              return std::tie(a.first, a.id) < std::tie(b.first, b.id);
            });
  t_.conversations_ = std::move(made);
  std::vector<std::uint32_t> authors;
  for (std::uint32_t c = 0; c < t_.conversations_.size(); ++c) {
    TimelineConversation& conversation = t_.conversations_[c];
    of_top[conversation.root_node] = c;
    for (const std::uint32_t i : conversation.entries) authors.push_back(author_[i]);
    conversation.participants = CountDistinct(authors);
  }
  for (std::uint32_t node = 0; node < NodeCount(); ++node) {
    Conversation(node) = of_top[top_[node]];
  }
}

// The number of distinct authors, kNone not counted; empties the list.
std::uint32_t TimelineBuild::CountDistinct(std::vector<std::uint32_t>& authors) const {
  std::sort(authors.begin(), authors.end());
  const auto end = std::unique(authors.begin(), authors.end());
  auto count = static_cast<std::uint32_t>(end - authors.begin());
  if (count > 0 && *(end - 1) == kNone) --count;
  authors.clear();
  return count;
}

void TimelineBuild::PlaceInSessions() {
  std::vector<std::vector<std::uint32_t>> authors(t_.sessions_.size());
  for (std::uint32_t i = 0; i < t_.entries_.size(); ++i) {
    TimelineEntry& entry = t_.entries_[i];
    entry.session = t_.SessionAt(entry.record.published);
    if (entry.session == kNone) continue;
    ++t_.sessions_[entry.session].entries;
    authors[entry.session].push_back(author_[i]);
  }
  for (std::size_t s = 0; s < authors.size(); ++s) {
    t_.sessions_[s].participants = CountDistinct(authors[s]);
  }
}

void TimelineBuild::MarkLate() {
  for (const TimelineConversation& conversation : t_.conversations_) MarkLate(conversation);
}

void TimelineBuild::MarkLate(const TimelineConversation& conversation) {
  const TimelineEntry* first = nullptr;  // smallest depth, then order
  for (const std::uint32_t i : conversation.entries) {
    const TimelineEntry& entry = t_.entries_[i];
    if (entry.record.via != Via::kTag) continue;
    if (first == nullptr || entry.depth < first->depth) first = &entry;
  }
  if (first == nullptr || first->session == kNone) return;
  const SessionRecord& session = t_.sessions_[first->session].record;
  const TimeMs since = session.is_event ? session.ends : session.last.value_or(session.ends);
  for (const std::uint32_t i : conversation.entries) {
    TimelineEntry& entry = t_.entries_[i];
    const TimeMs published = entry.record.published;
    const bool late = session.is_event ? published >= session.ends : published > session.ends;
    if (late) entry.late_by_s = (published - since) / 1000;
  }
}

void TimelineBuild::Count() {
  for (const TimelineEntry& entry : t_.entries_) {
    if (entry.parent_node < t_.entries_.size()) ++t_.entries_[entry.parent_node].replies;
  }
  for (const RepostRecord& repost : t_.reposts_) {
    if (repost.deleted) continue;
    ++t_.reposts_alive_;
    if (repost.objects.empty()) continue;
    const std::uint32_t entry = t_.FindEntry(repost.objects.front());
    if (entry != kNone) ++t_.entries_[entry].reposts;
  }
  for (std::uint32_t i = 0; i < t_.placeholders_.size(); ++i) {
    const auto node = static_cast<std::uint32_t>(t_.entries_.size() + i);
    t_.placeholder_by_id_.emplace(t_.placeholders_[i].id, node);
  }
  t_.missing_ids_ = t_.placeholder_by_id_.size();
}

Timeline::Timeline(TimelineParts parts) { TimelineBuild(*this).Run(std::move(parts)); }

std::string_view Timeline::NodeId(std::uint32_t node) const {
  return node < entries_.size() ? entries_[node].record.id
                                : placeholders_[node - entries_.size()].id;
}

std::uint32_t Timeline::FindEntry(std::string_view id) const {
  const auto found = entry_by_id_.find(id);
  return found == entry_by_id_.end() ? kNone : found->second;
}

std::uint32_t Timeline::FindConversation(std::string_view node_id) const {
  const std::uint32_t entry = FindEntry(node_id);
  if (entry != kNone) return entries_[entry].conversation;
  const auto found = placeholder_by_id_.find(node_id);
  if (found == placeholder_by_id_.end()) return kNone;
  return placeholders_[found->second - entries_.size()].conversation;
}

std::uint32_t Timeline::SessionAt(TimeMs published) const {
  // Sessions do not overlap but where one ends at the very instant that an event starts, and then
  // the event's holds: so only the last one that has started can contain the instant.
  const auto after = std::upper_bound(
      sessions_.begin(), sessions_.end(), published,
      [](TimeMs time, const TimelineSession& session) { return time < session.record.id; });
  if (after == sessions_.begin()) return kNone;
  const SessionRecord& session = (after - 1)->record;
  const bool inside = session.is_event ? published < session.ends : published <= session.ends;
  return inside ? static_cast<std::uint32_t>(after - 1 - sessions_.begin()) : kNone;
}

std::uint32_t Timeline::FindSession(TimeMs id, std::int64_t gap_ms) const {
  const auto next = std::lower_bound(
      sessions_.begin(), sessions_.end(), id,
      [](const TimelineSession& session, TimeMs time) { return session.record.id < time; });
  if (next != sessions_.end() && next->record.id == id) {
    return static_cast<std::uint32_t>(next - sessions_.begin());
  }
  const std::uint32_t spanning = SessionAt(id);
  if (spanning != kNone) return spanning;
  if (next == sessions_.end() || next->record.id - id > gap_ms) return kNone;
  return static_cast<std::uint32_t>(next - sessions_.begin());
}

}  // namespace latecomer
