// One hashtag as of one moment of the store, with all that answers are made of but the content:
// built once, then immutable and shared by requests and streams of any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/hashtag_settings.h"
#include "model/timeline.h"
#include "store/timeline_store.h"

namespace latecomer {

// What a replay shows in the order of its clock. The value is the rank at one instant and id.
enum class RowKind : std::uint8_t { kSession = 1, kEntry = 2, kRepost = 3 };

struct FeedRow {
  TimeMs at = 0;
  std::uint32_t index = 0;  // into the timeline's sessions(), entries() or reposts()
  RowKind kind = RowKind::kEntry;
};

// A place in the order of rows: (`at`, id bytewise, kind). A session has no id, so that it comes
// before what is said at its start; `rank` 0 is the clock itself, before all of that instant.
struct FeedPlace {
  TimeMs at = 0;
  std::string id;
  std::uint8_t rank = 0;
  auto operator<=>(const FeedPlace&) const = default;
};

struct SequencedRow {
  std::int64_t seq = 0;
  std::uint32_t row = 0;  // into rows()
};

struct ConversationFacts {
  std::uint32_t session = kNone;  // in which it began: that of its first `tag` entry
  std::uint32_t late = 0;         // late entries
  bool open = false;              // its first entry asks something and nobody else has answered
};

struct SessionFacts {
  std::uint32_t conversations = 0;  // that began in it
  std::uint32_t late = 0;           // late entries of these
};

// Whether an entry asks something, as of the version `seq` of its row, by `n`: costs a read of the
// content, so one view takes over what the last one knew.
using AskedMemo = std::unordered_map<std::int64_t, std::pair<std::int64_t, bool>>;

struct HashtagViewParts {
  TimelineSnapshot snapshot;
  std::vector<RemovedRow> removed;
  std::string epoch;
  std::int64_t seq = 0;  // LastSeq, read before the snapshot
  HashtagSettings settings;
  std::string display;
};

class HashtagView {
 public:
  explicit HashtagView(HashtagViewParts parts);
  HashtagView(const HashtagView&) = delete;
  HashtagView& operator=(const HashtagView&) = delete;

  // Before the view is shared: which of UnansweredFirstEntries() ask something.
  std::vector<std::uint32_t> UnansweredFirstEntries() const;
  void SetAsked(std::uint32_t entry, bool asks);

  const Timeline& timeline() const { return timeline_; }
  const std::vector<CoverageRecord>& coverage() const { return coverage_; }
  const std::string& display() const { return display_; }
  const std::string& epoch() const { return epoch_; }
  std::int64_t gap_ms() const { return gap_ms_; }
  std::int64_t seq() const { return seq_; }
  // The last offset of its partition that the view holds.
  std::int64_t applied() const { return applied_; }
  // A token of the content: equal tokens, equal answers. Fit for an ETag.
  const std::string& version() const { return version_; }

  const std::vector<FeedRow>& rows() const { return rows_; }           // in the order of places
  const std::vector<SequencedRow>& by_seq() const { return by_seq_; }  // ascending; no sessions
  const std::vector<RemovedRow>& removed() const { return removed_; }  // ascending, <= applied()
  FeedPlace PlaceOf(const FeedRow& row) const;
  // The first row after a place.
  std::size_t FirstAfter(const FeedPlace& place) const;

  // The entry with this number; kNone.
  std::uint32_t FindNumber(std::int64_t n) const;
  std::int64_t EntrySeq(std::uint32_t entry) const { return entry_seqs_[entry]; }
  const ConversationFacts& conversation(std::uint32_t i) const { return conversations_[i]; }
  const SessionFacts& session(std::uint32_t i) const { return sessions_[i]; }
  std::uint32_t participants() const { return participants_; }
  std::uint32_t late() const { return late_; }
  const AskedMemo& asked() const { return asked_; }

 private:
  std::string_view RowId(const FeedRow& row) const;
  void FindFacts();
  void BuildRows(const std::unordered_map<std::string, std::int64_t>& repost_seqs);

  std::vector<CoverageRecord> coverage_;
  std::vector<RemovedRow> removed_;
  std::string epoch_;
  std::string display_;
  std::string version_;
  std::int64_t gap_ms_ = 0;
  std::int64_t seq_ = 0;
  std::int64_t applied_ = -1;
  // Versions by number, taken before the timeline puts the entries in order.
  std::unordered_map<std::int64_t, std::int64_t> seq_by_number_;
  std::unordered_map<std::string, std::int64_t> seq_by_repost_;
  Timeline timeline_;
  std::vector<std::int64_t> entry_seqs_;
  std::vector<FeedRow> rows_;
  std::vector<SequencedRow> by_seq_;
  std::vector<std::pair<std::int64_t, std::uint32_t>> by_number_;  // sorted
  std::vector<ConversationFacts> conversations_;
  std::vector<SessionFacts> sessions_;
  std::uint32_t participants_ = 0;
  std::uint32_t late_ = 0;
  AskedMemo asked_;
};

}  // namespace latecomer
