#include "replay/feed.h"

#include <algorithm>
#include <limits>

namespace latecomer {

Feed::Feed(std::shared_ptr<const HashtagView> view, TimeMs from, Pace pace, double now_ms)
    : view_(std::move(view)),
      pace_(pace),
      seq_(view_->applied()),
      anchor_event_(std::min(from, static_cast<TimeMs>(now_ms))),
      anchor_wall_(now_ms) {
  place_.at = anchor_event_;
  next_row_ = view_->FirstAfter(place_);
  const std::uint32_t session = view_->timeline().SessionAt(place_.at);
  if (session != kNone && view_->timeline().sessions()[session].record.id < place_.at) {
    opening_session_ = session;
  }
}

Feed::Feed(std::shared_ptr<const HashtagView> view, const FeedCursor& cursor, Pace pace,
           double now_ms)
    : view_(std::move(view)),
      pace_(pace),
      place_(cursor.place),
      seq_(std::min(cursor.seq, view_->applied())),  // another host's view may be newer than ours
      anchor_event_(std::min(cursor.place.at, static_cast<TimeMs>(now_ms))),
      anchor_wall_(now_ms),
      live_(cursor.live) {
  if (cursor.epoch != FeedEpoch(view_->epoch(), view_->timeline().hashtag())) {
    seq_ = view_->applied();
  }
  next_row_ = view_->FirstAfter(place_);
  FindBehind();
}

void Feed::SetView(std::shared_ptr<const HashtagView> view, double now_ms) {
  AdvancePlace(now_ms);
  const bool same_epoch = view->epoch() == view_->epoch();
  view_ = std::move(view);
  if (!same_epoch) seq_ = view_->applied();
  next_row_ = view_->FirstAfter(place_);
  opening_session_ = kNone;
  FindBehind();
}

// The clock, unless the next row stops it before.
TimeMs Feed::ClockAt(double now_ms) const {
  if (live_) return static_cast<TimeMs>(now_ms);
  const double waited = std::max(0.0, now_ms - anchor_wall_);
  const double event =
      static_cast<double>(anchor_event_) + std::min(waited, pace_.skip_s * 1000) * pace_.speed;
  return static_cast<TimeMs>(std::min(event, std::max(now_ms, double(anchor_event_))));
}

// What arrives between the last row and the clock has arrived behind the clock, so the place moves
// along; never past a row that is still to be delivered, nor while the versions up to the view's
// are not all delivered. A live viewer's place stays at the last row: what is said now arrives a
// little later, in its order.
void Feed::AdvancePlace(double now_ms) {
  if (live_ || !behind_.empty() || backfill_) return;
  TimeMs clock = ClockAt(now_ms);
  const auto& rows = view_->rows();
  if (next_row_ < rows.size()) clock = std::min(clock, rows[next_row_].at);
  FeedPlace place{clock, "", 0};
  if (place > place_) place_ = std::move(place);
}

void Feed::FindBehind() {
  behind_.clear();
  backfill_.reset();
  const auto& by_seq = view_->by_seq();
  for (auto it = by_seq.rbegin(); it != by_seq.rend() && it->seq > seq_; ++it) {
    if (it->row < next_row_) behind_.push_back({it->seq, it->row, 0});
  }
  if (behind_.size() > kBehindMax) FoldBackfill();
  const auto& removed = view_->removed();
  for (auto it = removed.rbegin(); it != removed.rend() && it->seq > seq_; ++it) {
    behind_.push_back({it->seq, kNone, it->n});
  }
  std::stable_sort(behind_.begin(), behind_.end(),
                   [](const Behind& a, const Behind& b) { return a.seq > b.seq; });
}

void Feed::FoldBackfill() {
  FeedEvent event = MakeEvent(FeedEvent::Kind::kBackfill, anchor_wall_);
  event.from = kTimeMsMax;
  event.to = kTimeMsMin;
  const auto widen = [&event](TimeMs at) {
    event.from = std::min(event.from, at);
    event.to = std::max(event.to, at + 1);
  };
  const Timeline& timeline = view_->timeline();
  for (const Behind& behind : behind_) {
    const FeedRow& row = view_->rows()[behind.row];
    widen(row.at);
    if (row.kind == RowKind::kEntry) {
      ++event.number;
    } else {
      // The entry that was reposted has a new count.
      const std::uint32_t object =
          timeline.FindEntry(timeline.reposts()[row.index].objects.front());
      if (object != kNone) widen(timeline.entries()[object].record.published);
    }
  }
  behind_.clear();
  backfill_ = event;
}

FeedEvent Feed::MakeEvent(FeedEvent::Kind kind, double due_ms) const {
  FeedEvent event;
  event.kind = kind;
  event.due_ms = due_ms;
  event.cursor = {FeedEpoch(view_->epoch(), view_->timeline().hashtag()), place_, seq_, live_};
  return event;
}

std::optional<FeedEvent> Feed::Next(double now_ms) {
  if (opening_session_ != kNone) {
    FeedEvent event = MakeEvent(FeedEvent::Kind::kSession, anchor_wall_);
    event.index = opening_session_;
    event.event_time = anchor_event_;
    opening_session_ = kNone;
    return event;
  }
  if (!behind_.empty() || backfill_) return NextBehind(now_ms);
  seq_ = std::max(seq_, view_->applied());
  if (const FeedRow* row = NextRow(now_ms)) {
    if (!live_) {
      if (std::optional<FeedEvent> gap = NextGap(row->at)) return gap;
      if (DueOf(*row) > now_ms) return std::nullopt;
    }
    return DeliverRow(*row, now_ms);
  }
  if (!live_) {
    if (std::optional<FeedEvent> gap = NextGap(static_cast<TimeMs>(now_ms))) return gap;
    if (LiveAt(now_ms) > now_ms) return std::nullopt;
    live_ = true;
  }
  if (live_told_) return std::nullopt;
  live_told_ = true;
  FeedEvent event = MakeEvent(FeedEvent::Kind::kLive, now_ms);
  event.event_time = static_cast<TimeMs>(now_ms);
  return event;
}

std::optional<FeedEvent> Feed::NextBehind(double now_ms) {
  if (behind_.empty()) {
    // The removals before it leave the version where it is, so that a viewer who goes away between
    // them and the backfill loses nothing.
    seq_ = std::max(seq_, view_->applied());
    FeedEvent event = *backfill_;
    backfill_.reset();
    event.cursor.seq = seq_;
    event.event_time = ClockAt(now_ms);
    return event;
  }
  const Behind next = behind_.back();
  behind_.pop_back();
  if (!backfill_) seq_ = std::max(seq_, next.seq);
  if (next.row == kNone) {
    FeedEvent event = MakeEvent(FeedEvent::Kind::kDeleted, now_ms);
    event.number = next.n;
    event.event_time = ClockAt(now_ms);
    return event;
  }
  const FeedRow& row = view_->rows()[next.row];
  const bool entry = row.kind == RowKind::kEntry;
  FeedEvent event = MakeEvent(entry ? FeedEvent::Kind::kEntry : FeedEvent::Kind::kRepost, now_ms);
  event.index = row.index;
  event.behind = true;
  event.event_time = ClockAt(now_ms);
  return event;
}

// The next row that is not in the future.
const FeedRow* Feed::NextRow(double now_ms) const {
  const auto& rows = view_->rows();
  if (next_row_ >= rows.size() || static_cast<double>(rows[next_row_].at) > now_ms) return nullptr;
  return &rows[next_row_];
}

double Feed::DueOf(const FeedRow& row) const {
  return anchor_wall_ + WaitMs(pace_, anchor_event_, std::max(row.at, anchor_event_));
}

// When the clock has caught up with now if nothing comes before: it has run that far, or the
// silence has lasted as long as the viewer waits.
double Feed::LiveAt(double now_ms) const {
  const double skipped = anchor_wall_ + pace_.skip_s * 1000;
  const double behind = anchor_wall_ - static_cast<double>(anchor_event_);
  if (behind <= 0) return now_ms;
  if (pace_.speed <= 1) return skipped;
  return std::min(skipped, anchor_wall_ + behind / (pace_.speed - 1));
}

std::optional<FeedEvent> Feed::NextGap(TimeMs to) {
  if (gap_told_ || to <= anchor_event_) return std::nullopt;
  const std::int64_t skipped_s = SkippedS(pace_, anchor_event_, to);
  if (skipped_s == 0) return std::nullopt;
  gap_told_ = true;
  FeedEvent event = MakeEvent(FeedEvent::Kind::kGap, anchor_wall_);
  event.from = anchor_event_;
  event.to = to;
  event.number = skipped_s;
  event.event_time = anchor_event_;
  return event;
}

FeedEvent Feed::DeliverRow(const FeedRow& row, double now_ms) {
  const double due = live_ ? std::min(now_ms, std::max(anchor_wall_, double(row.at))) : DueOf(row);
  ++next_row_;
  place_ = view_->PlaceOf(row);
  if (!live_ && row.at > anchor_event_) {
    anchor_event_ = row.at;
    anchor_wall_ = due;
    gap_told_ = false;
  }
  FeedEvent::Kind kind = FeedEvent::Kind::kEntry;
  if (row.kind == RowKind::kSession) kind = FeedEvent::Kind::kSession;
  if (row.kind == RowKind::kRepost) kind = FeedEvent::Kind::kRepost;
  FeedEvent event = MakeEvent(kind, due);
  event.index = row.index;
  event.event_time = live_ ? static_cast<TimeMs>(now_ms) : anchor_event_;
  return event;
}

double Feed::WakeAt(double now_ms) const {
  if (opening_session_ != kNone || !behind_.empty() || backfill_) return now_ms;
  const auto& rows = view_->rows();
  if (live_) {
    if (!live_told_) return now_ms;
    if (next_row_ >= rows.size()) return std::numeric_limits<double>::infinity();
    return std::max(now_ms, static_cast<double>(rows[next_row_].at));
  }
  const FeedRow* row = NextRow(now_ms);
  double wake = row != nullptr ? DueOf(*row) : LiveAt(now_ms);
  // A row in the future comes into reach when now reaches it.
  if (row == nullptr && next_row_ < rows.size()) {
    wake = std::min(wake, static_cast<double>(rows[next_row_].at));
  }
  return std::max(now_ms, wake);
}

}  // namespace latecomer
