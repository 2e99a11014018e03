// The sessions of one hashtag, kept while the times of its `tag` entries come and go (contract,
// section 3.4). O(log n) a change.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "model/hashtag_settings.h"
#include "model/timeline_record.h"
#include "processor/time_multiset.h"

namespace latecomer {

class SessionTracker {
 public:
  // The events' sessions, empty as they are, count as changes.
  SessionTracker(std::int64_t gap_ms, std::vector<EventWindow> events);

  void Add(TimeMs time);
  // `time` must have been added.
  void Remove(TimeMs time);

  // The sessions that changed since the last call, in order of id: as they are now, or nothing
  // where they are no more. A session that is as it was is not among them.
  std::vector<std::pair<TimeMs, std::optional<SessionRecord>>> TakeChanges();
  // Forgets the changes: undoing them one by one leaves traces there.
  void DropChanges() { before_.clear(); }
  // Makes the changes those against `recorded`, by id.
  void CompareWith(const std::map<TimeMs, SessionRecord>& recorded);

  // All sessions as they are now, in order of id.
  std::vector<SessionRecord> All() const;
  const TimeMultiset& times() const { return times_; }
  std::size_t bytes() const;

 private:
  const EventWindow* EventAt(TimeMs time) const;
  // The stretch between events around a time that is in none: [begin, end).
  TimeMs StretchBegin(TimeMs time) const;
  TimeMs StretchEnd(TimeMs time) const;
  std::optional<SessionRecord> Find(TimeMs id) const;
  SessionRecord OfEvent(const EventWindow& event) const;
  void Touch(TimeMs id);
  void AddBetweenEvents(TimeMs time);
  void RemoveBetweenEvents(TimeMs time);

  std::int64_t gap_ms_;
  std::vector<EventWindow> events_;  // sorted by start
  TimeMultiset times_;
  std::map<TimeMs, TimeMs> spans_;  // first -> last, of the sessions that are no events
  std::map<TimeMs, std::optional<SessionRecord>> before_;  // touched sessions as they were
};

}  // namespace latecomer
