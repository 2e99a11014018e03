// A hashtag's timeline as people see it, derived from its records: effective parents, placeholders,
// conversations, depth, sessions, lateness, counts (contract, section 3). Pure, and from scratch:
// O(n log n) for n entries.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "model/timeline_record.h"

namespace latecomer {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// What the store holds of one hashtag, as of one moment of its partition. `content` may be left
// empty: nothing here reads it.
struct TimelineParts {
  std::string hashtag;
  std::vector<EntryRecord> entries;
  std::vector<RepostRecord> reposts;
  std::vector<SessionRecord> sessions;
};

struct TimelineEntry {
  EntryRecord record;
  std::uint32_t parent_node = kNone;  // into nodes(): an entry or a placeholder; kNone at the top
  std::uint32_t conversation = 0;     // into conversations()
  std::uint32_t depth = 0;            // links to the topmost node
  std::uint32_t session = kNone;      // into sessions()
  std::optional<std::int64_t> late_by_s;
  std::uint32_t replies = 0;
  std::uint32_t reposts = 0;
};

// Nodes 0 … entries()-1 are the entries, those after them the placeholders.
struct TimelinePlaceholder {
  std::string id;  // the missing id
  std::uint32_t parent_node = kNone;
  std::uint32_t conversation = 0;
  std::uint32_t depth = 0;
};

struct TimelineConversation {
  std::string id;
  std::uint32_t root_node = 0;
  bool root_known = false;
  std::vector<std::uint32_t> entries;  // in timeline order
  std::uint32_t participants = 0;
  TimeMs first = 0;
  TimeMs last = 0;
};

struct TimelineSession {
  SessionRecord record;
  std::uint32_t entries = 0;
  std::uint32_t participants = 0;
};

class Timeline {
 public:
  explicit Timeline(TimelineParts parts);
  // The indexes hold views into the entries: a timeline is made in place and stays there.
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  const std::string& hashtag() const { return hashtag_; }
  // In timeline order: (`published`, `id`), bytewise.
  const std::vector<TimelineEntry>& entries() const { return entries_; }
  const std::vector<TimelinePlaceholder>& placeholders() const { return placeholders_; }
  // In order of (`first`, `id`).
  const std::vector<TimelineConversation>& conversations() const { return conversations_; }
  // In order of `id`.
  const std::vector<TimelineSession>& sessions() const { return sessions_; }
  const std::vector<RepostRecord>& reposts() const { return reposts_; }

  std::size_t missing_ids() const { return missing_ids_; }      // distinct
  std::size_t reposts_alive() const { return reposts_alive_; }  // whatever they name

  // The id of a node, entry or placeholder.
  std::string_view NodeId(std::uint32_t node) const;
  // The entry with this id; kNone if there is none.
  std::uint32_t FindEntry(std::string_view id) const;
  // The conversation that has a node with this id, placeholders too; kNone if there is none. Where
  // a missing id stands in several, the first of them.
  std::uint32_t FindConversation(std::string_view node_id) const;
  // The session with this id, else the one whose span contains that instant, else the next that
  // starts within `gap_ms` after it; kNone.
  std::uint32_t FindSession(TimeMs id, std::int64_t gap_ms) const;
  // The session that an entry published then belongs to; kNone.
  std::uint32_t SessionAt(TimeMs published) const;

 private:
  friend class TimelineBuild;
  std::string hashtag_;
  std::vector<TimelineEntry> entries_;
  std::vector<TimelinePlaceholder> placeholders_;
  std::vector<TimelineConversation> conversations_;
  std::vector<TimelineSession> sessions_;
  std::vector<RepostRecord> reposts_;
  std::size_t missing_ids_ = 0;
  std::size_t reposts_alive_ = 0;
  std::unordered_map<std::string_view, std::uint32_t> entry_by_id_;        // views into entries_
  std::unordered_map<std::string_view, std::uint32_t> placeholder_by_id_;  // the first of each id
};

}  // namespace latecomer
