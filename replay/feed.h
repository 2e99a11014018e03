// One loop for late and live: what a viewer is to be shown next, as a pure state machine over views
// of one hashtag, a cursor and a clock. No I/O, no clock of its own, no threads.
//
// With each new view come first the rows at or before the viewer's place that are newer than the
// viewer's version, in the order of their versions (they arrived behind the clock), then the rows
// between the place and the clock, in the order of places. When the clock reaches now, the same
// loop follows what comes: no cut-over. Delivery is at least once; cursors never go back, neither
// in place nor in version, and every event's cursor resumes right after it.
//
// Events are pulled: who cannot be written to is not pulled for, so that nothing queues up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "replay/cursor.h"
#include "replay/hashtag_view.h"
#include "replay/pacing.h"

namespace latecomer {

// More rows than this that arrive behind the clock at once become one kBackfill.
inline constexpr std::size_t kBehindMax = 50;

struct FeedEvent {
  enum class Kind { kSession, kEntry, kRepost, kGap, kBackfill, kDeleted, kLive };
  Kind kind = Kind::kEntry;
  std::uint32_t index = 0;  // kSession, kEntry, kRepost: into the lists of view().timeline()
  bool behind = false;      // kEntry: it arrived behind the clock
  TimeMs event_time = 0;    // the clock
  TimeMs from = 0;          // kGap, kBackfill: [from, to)
  TimeMs to = 0;            //
  std::int64_t number = 0;  // kGap: seconds skipped; kBackfill: entries; kDeleted: n
  double due_ms = 0;        // the wall time that it was scheduled for
  FeedCursor cursor;
};

class Feed {
 public:
  // A viewer who starts at `from`, at the wall time `now_ms` (milliseconds since 1970, as all wall
  // times here).
  Feed(std::shared_ptr<const HashtagView> view, TimeMs from, Pace pace, double now_ms);
  // A viewer who goes on after a cursor. One of another epoch starts over at its place.
  Feed(std::shared_ptr<const HashtagView> view, const FeedCursor& cursor, Pace pace, double now_ms);

  // Goes on with a newer view of the same hashtag. A view of another epoch voids the versions, as
  // a cursor of another epoch does.
  void SetView(std::shared_ptr<const HashtagView> view, double now_ms);

  // The next event that is due at `now_ms`, if any. Calls must not go back in time by more than
  // clocks are set back; if they do, the feed waits.
  std::optional<FeedEvent> Next(double now_ms);
  // When Next will have something, unless a newer view comes; infinity if never. Call it when Next
  // gave nothing.
  double WakeAt(double now_ms) const;

  const HashtagView& view() const { return *view_; }
  const std::shared_ptr<const HashtagView>& shared_view() const { return view_; }
  bool live() const { return live_; }

 private:
  struct Behind {
    std::int64_t seq = 0;
    std::uint32_t row = 0;  // into rows(); kNone: a removed row
    std::int64_t n = 0;     // of a removed row
  };

  TimeMs ClockAt(double now_ms) const;
  void AdvancePlace(double now_ms);
  void FindBehind();
  void FoldBackfill();
  const FeedRow* NextRow(double now_ms) const;
  double DueOf(const FeedRow& row) const;
  double LiveAt(double now_ms) const;
  FeedEvent MakeEvent(FeedEvent::Kind kind, double due_ms) const;
  std::optional<FeedEvent> NextBehind(double now_ms);
  std::optional<FeedEvent> NextGap(TimeMs to);
  FeedEvent DeliverRow(const FeedRow& row, double now_ms);

  std::shared_ptr<const HashtagView> view_;
  Pace pace_;
  FeedPlace place_;
  std::int64_t seq_ = -1;  // all rows at or before place_ are delivered up to this version
  std::size_t next_row_ = 0;
  TimeMs anchor_event_ = 0;  // the clock stood here…
  double anchor_wall_ = 0;   // …at this wall time
  bool gap_told_ = false;    // the silence after the anchor has been told
  bool live_ = false;
  bool live_told_ = false;
  std::uint32_t opening_session_ = kNone;  // the session that a fresh viewer starts in the midst of
  std::vector<Behind> behind_;             // descending by seq: the next one is the last
  std::optional<FeedEvent> backfill_;      // comes after behind_
};

}  // namespace latecomer
