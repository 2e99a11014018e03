#include "processor/session_tracker.h"

#include <algorithm>
#include <cassert>

namespace latecomer {
namespace {

auto After(const std::vector<EventWindow>& events, TimeMs time) {
  return std::upper_bound(events.begin(), events.end(), time,
                          [](TimeMs t, const EventWindow& event) { return t < event.start; });
}

}  // namespace

SessionTracker::SessionTracker(std::int64_t gap_ms, std::vector<EventWindow> events)
    : gap_ms_(gap_ms), events_(std::move(events)) {
  for (const EventWindow& event : events_) before_.emplace(event.start, std::nullopt);
}

const EventWindow* SessionTracker::EventAt(TimeMs time) const {
  const auto next = After(events_, time);
  if (next == events_.begin()) return nullptr;
  const EventWindow& event = *(next - 1);
  return time < event.end ? &event : nullptr;
}

TimeMs SessionTracker::StretchBegin(TimeMs time) const {
  const auto next = After(events_, time);
  return next == events_.begin() ? kTimeMsMin : (next - 1)->end;
}

TimeMs SessionTracker::StretchEnd(TimeMs time) const {
  const auto next = After(events_, time);
  return next == events_.end() ? kTimeMsMax + 1 : next->start;
}

SessionRecord SessionTracker::OfEvent(const EventWindow& event) const {
  SessionRecord record;
  record.id = event.start;
  record.ends = event.end;
  record.is_event = true;
  record.event = event.title;
  const std::optional<TimeMs> first = times_.FirstAtOrAfter(event.start);
  if (first && *first < event.end) {
    record.first = first;
    record.last = times_.LastBefore(event.end);
  }
  return record;
}

std::optional<SessionRecord> SessionTracker::Find(TimeMs id) const {
  const EventWindow* event = EventAt(id);
  if (event != nullptr) return event->start == id ? std::optional(OfEvent(*event)) : std::nullopt;
  const auto span = spans_.find(id);
  if (span == spans_.end()) return std::nullopt;
  SessionRecord record;
  record.id = id;
  record.first = span->first;
  record.last = span->second;
  record.ends = std::min({span->second + gap_ms_, StretchEnd(id), kTimeMsMax});
  return record;
}

void SessionTracker::Touch(TimeMs id) {
  if (before_.find(id) == before_.end()) before_.emplace(id, Find(id));
}

void SessionTracker::Add(TimeMs time) {
  const EventWindow* event = EventAt(time);
  if (event != nullptr) {
    Touch(event->start);
  } else {
    AddBetweenEvents(time);
  }
  times_.Add(time);
}

void SessionTracker::AddBetweenEvents(TimeMs time) {
  const TimeMs begin = StretchBegin(time);
  const TimeMs end = StretchEnd(time);
  auto next = spans_.upper_bound(time);
  auto here = next == spans_.begin() ? spans_.end() : std::prev(next);
  if (here != spans_.end() && here->first < begin) here = spans_.end();
  if (next != spans_.end() && next->first >= end) next = spans_.end();
  if (here != spans_.end() && time <= here->second) return;  // inside: nothing moves
  const bool joins_here = here != spans_.end() && time - here->second <= gap_ms_;
  const bool joins_next = next != spans_.end() && next->first - time <= gap_ms_;
  if (joins_here) {
    Touch(here->first);
    here->second = time;
  } else {
    Touch(time);
    here = spans_.emplace(time, time).first;
  }
  if (joins_next) {
    Touch(next->first);
    here->second = next->second;
    spans_.erase(next);
  }
}

void SessionTracker::Remove(TimeMs time) {
  const EventWindow* event = EventAt(time);
  if (event != nullptr) Touch(event->start);
  times_.Remove(time);
  if (event == nullptr && !times_.Contains(time)) RemoveBetweenEvents(time);
}

void SessionTracker::RemoveBetweenEvents(TimeMs time) {
  auto span = std::prev(spans_.upper_bound(time));
  const TimeMs first = span->first;
  const TimeMs last = span->second;
  assert(first <= time && time <= last);
  Touch(first);
  if (first == last) {
    spans_.erase(span);
  } else if (time == first) {
    const TimeMs next = *times_.FirstAtOrAfter(time);
    Touch(next);
    spans_.erase(span);
    spans_.emplace(next, last);
  } else if (time == last) {
    span->second = *times_.LastBefore(time);
  } else {
    const TimeMs before = *times_.LastBefore(time);
    const TimeMs after = *times_.FirstAtOrAfter(time);
    if (after - before <= gap_ms_) return;
    Touch(after);
    span->second = before;
    spans_.emplace(after, last);
  }
}

std::vector<std::pair<TimeMs, std::optional<SessionRecord>>> SessionTracker::TakeChanges() {
  std::vector<std::pair<TimeMs, std::optional<SessionRecord>>> changes;
  for (const auto& [id, before] : before_) {
    std::optional<SessionRecord> now = Find(id);
    if (now != before) changes.emplace_back(id, std::move(now));
  }
  before_.clear();
  return changes;
}

void SessionTracker::CompareWith(const std::map<TimeMs, SessionRecord>& recorded) {
  before_.clear();
  for (const auto& [id, record] : recorded) before_.emplace(id, record);
  for (const SessionRecord& record : All()) before_.emplace(record.id, std::nullopt);
}

std::vector<SessionRecord> SessionTracker::All() const {
  std::vector<SessionRecord> all;
  for (const EventWindow& event : events_) all.push_back(OfEvent(event));
  for (const auto& span : spans_) all.push_back(*Find(span.first));
  std::sort(all.begin(), all.end(),
            [](const SessionRecord& a, const SessionRecord& b) { return a.id < b.id; });
  return all;
}

std::size_t SessionTracker::bytes() const {
  constexpr std::size_t kMapNodeBytes = 48 + 16;
  return times_.bytes() + spans_.size() * kMapNodeBytes;
}

}  // namespace latecomer
