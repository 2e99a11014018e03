// Records of the topic `timelines`: what is known of each id, in the form that readers rebuild a
// timeline from. Applying them in log order gives the state; place (depth, session, lateness,
// counts) is derived by readers, see model/timeline.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/post.h"

namespace latecomer {

// Which input a record goes back to. Offset -1: no input, but the settings.
struct Cause {
  std::int32_t partition = 0;
  std::int64_t offset = -1;
  bool operator==(const Cause&) const = default;
};

// `entry` and `link`, key id = post id. A link carries the structure only: `stamp`, `digest` and
// `content` are then not set, and those of the entry before it hold.
struct EntryRecord {
  std::string id;
  bool is_link = false;
  std::int64_t n = 0;     // unique under the hashtag, never changed
  std::int64_t tree = 0;  // internal number of the conversation
  TimeMs published = 0;
  std::vector<std::string> parents;   // stated inReplyTo, sorted bytewise; the first one counts
  std::vector<std::string> contexts;  // stated context, likewise
  bool root = false;                  // some version's context is the id itself
  Via via = Via::kTag;
  std::string author;                // of the winning version; empty: none
  std::vector<std::string> authors;  // of all versions, sorted, where they are more than `author`
  bool deleted = false;
  std::optional<TimeMs> deleted_at;
  TimeMs stamp = 0;          // `updated` or else `published` of the winning version
  std::uint64_t digest = 0;  // of its content
  std::string content;       // its content object (JSON); empty when deleted
  bool has_note = true;  // false: only Tombstones were seen, so `stamp` and `digest` are not set
  // A deleted id whose `published` is not known: no entry to readers, but its links and its
  // deletion hold once that is. `n`, `tree` and `published` are not set.
  bool unpublished = false;
  bool operator==(const EntryRecord&) const = default;
};

// `repost`, key id = the Announce's id.
struct RepostRecord {
  std::string id;
  std::vector<std::string> objects;  // stated, sorted; the first one counts
  std::optional<TimeMs> published;
  std::string by;                    // author of the freshest version
  std::vector<std::string> authors;  // of all versions, where they are more than `by`
  bool deleted = false;
  std::optional<TimeMs> deleted_at;
  TimeMs stamp = 0;
  std::uint64_t digest = 0;
  bool operator==(const RepostRecord&) const = default;
};

// `tree`, key id = number. Either `merged_into` or `root`; neither: the conversation is no more.
struct TreeRecord {
  std::int64_t tree = 0;
  std::string root;  // id of the topmost node
  std::optional<std::int64_t> merged_into;
  bool operator==(const TreeRecord&) const = default;
};

// `session`, key id = session id: an event's start, else the first entry's `published`.
struct SessionRecord {
  TimeMs id = 0;
  std::optional<TimeMs> first;  // of the `tag` entries that shape it
  std::optional<TimeMs> last;
  TimeMs ends = 0;
  bool is_event = false;
  std::string event;  // its title
  bool operator==(const SessionRecord&) const = default;
};

struct CoverageRange {
  TimeMs from = 0;
  TimeMs to = 0;
  bool complete = false;
  std::string why;
  bool operator==(const CoverageRange&) const = default;
};

inline constexpr std::size_t kCoverageRangesMax = 1000;

// `coverage`, key id = source. Ranges are sorted and do not overlap.
struct CoverageRecord {
  std::string source;
  std::vector<CoverageRange> ranges;
  bool operator==(const CoverageRecord&) const = default;
};

// `forgotten`, key id = SHA-256 (hex) of a post's or an author's id. What a Forget named holds for
// every hashtag, so its hashtag is empty; under a hashtag stand the ids of posts that it knew by a
// forgotten author, beside the nulls that remove them.
struct ForgottenRecord {
  std::string sha256;
  TimeMs at = 0;
  bool post = false;
  bool author = false;
  bool operator==(const ForgottenRecord&) const = default;
};

// A null value: what stood under this key is no more.
struct RemovedRecord {
  std::string kind;  // "entry" (also for links), "repost", "session"
  std::string id;    // as in the key
  bool operator==(const RemovedRecord&) const = default;
};

struct TimelineRecord {
  std::string hashtag;
  Cause cause;
  std::variant<EntryRecord, RepostRecord, TreeRecord, SessionRecord, CoverageRecord,
               ForgottenRecord, RemovedRecord>
      body;
  bool operator==(const TimelineRecord&) const = default;
};

}  // namespace latecomer
