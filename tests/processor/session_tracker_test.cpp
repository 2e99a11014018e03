#include "processor/session_tracker.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

namespace latecomer {
namespace {

using Sessions = std::map<TimeMs, SessionRecord>;

SessionRecord Plain(TimeMs first, TimeMs last, TimeMs ends) {
  return {first, first, last, ends, false, ""};
}

// Section 3.4 of the contract from scratch: sorted times, one after the other.
Sessions Rebuild(std::int64_t gap, const std::vector<EventWindow>& events,
                 std::vector<TimeMs> times) {
  Sessions sessions;
  for (const EventWindow& event : events) {
    sessions[event.start] = {event.start, {}, {}, event.end, true, event.title};
  }
  std::sort(times.begin(), times.end());
  SessionRecord* open = nullptr;
  for (const TimeMs time : times) {
    const auto event = std::find_if(events.begin(), events.end(), [&](const EventWindow& e) {
      return e.start <= time && time < e.end;
    });
    if (event != events.end()) {
      SessionRecord& session = sessions[event->start];
      if (!session.first) session.first = time;
      session.last = time;
      open = nullptr;
      continue;
    }
    const bool event_between =
        open != nullptr && std::any_of(events.begin(), events.end(), [&](const EventWindow& e) {
          return *open->last < e.start && e.start <= time;
        });
    if (open == nullptr || event_between || time - *open->last > gap) {
      open = &(sessions[time] = Plain(time, time, 0));
    }
    open->last = time;
    open->ends = std::min(time + gap, kTimeMsMax);
    for (const EventWindow& e : events) {
      if (e.start > time) open->ends = std::min(open->ends, e.start);
    }
  }
  return sessions;
}

Sessions AllOf(const SessionTracker& tracker) {
  Sessions sessions;
  TimeMs before = kTimeMsMin;
  for (const SessionRecord& session : tracker.All()) {
    BOOST_TEST(session.id >= before);
    before = session.id;
    sessions[session.id] = session;
  }
  return sessions;
}

// What a reader of the records knows after these changes.
void Follow(Sessions& sessions, SessionTracker& tracker) {
  for (auto& [id, session] : tracker.TakeChanges()) {
    if (session) {
      BOOST_TEST(session->id == id);
      BOOST_TEST((sessions.count(id) == 0 || sessions[id] != *session));
      sessions[id] = *session;
    } else {
      BOOST_TEST(sessions.erase(id) == 1U);
    }
  }
}

BOOST_AUTO_TEST_SUITE(session_tracker)

BOOST_AUTO_TEST_CASE(a_silence_longer_than_the_gap_starts_a_session) {
  SessionTracker tracker(10, {});
  for (const TimeMs time : {100, 110, 121}) tracker.Add(time);
  BOOST_TEST(
      (AllOf(tracker) == Sessions{{100, Plain(100, 110, 120)}, {121, Plain(121, 121, 131)}}));
  tracker.Add(115);  // bridges
  BOOST_TEST((AllOf(tracker) == Sessions{{100, Plain(100, 121, 131)}}));
  tracker.Remove(110);
  tracker.Remove(115);
  BOOST_TEST(
      (AllOf(tracker) == Sessions{{100, Plain(100, 100, 110)}, {121, Plain(121, 121, 131)}}));
  tracker.Remove(100);
  tracker.Remove(121);
  BOOST_TEST(AllOf(tracker).empty());
}

BOOST_AUTO_TEST_CASE(with_a_gap_of_0_only_equal_times_share_a_session) {
  SessionTracker tracker(0, {});
  for (const TimeMs time : {5, 5, 6}) tracker.Add(time);
  BOOST_TEST((AllOf(tracker) == Sessions{{5, Plain(5, 5, 5)}, {6, Plain(6, 6, 6)}}));
  tracker.Remove(5);
  BOOST_TEST((AllOf(tracker) == Sessions{{5, Plain(5, 5, 5)}, {6, Plain(6, 6, 6)}}));
}

BOOST_AUTO_TEST_CASE(an_event_is_a_session_of_its_own) {
  SessionTracker tracker(10, {{100, 200, "one", ""}, {200, 210, "two", ""}});
  const SessionRecord two{200, {}, {}, 210, true, "two"};
  BOOST_TEST((AllOf(tracker) == Sessions{{100, {100, {}, {}, 200, true, "one"}}, {200, two}}));
  for (const TimeMs time : {99, 100, 199, 210}) tracker.Add(time);
  BOOST_TEST((AllOf(tracker) == Sessions{{99, Plain(99, 99, 100)},
                                         {100, {100, 100, 199, 200, true, "one"}},
                                         {200, two},
                                         {210, Plain(210, 210, 220)}}));
}

BOOST_AUTO_TEST_CASE(the_end_of_time_ends_a_session) {
  SessionTracker tracker(1000, {});
  tracker.Add(kTimeMsMax - 5);
  BOOST_TEST((AllOf(tracker) ==
              Sessions{{kTimeMsMax - 5, Plain(kTimeMsMax - 5, kTimeMsMax - 5, kTimeMsMax)}}));
}

BOOST_AUTO_TEST_CASE(what_is_as_it_was_is_no_change) {
  SessionTracker tracker(10, {{100, 200, "one", ""}});
  BOOST_TEST(tracker.TakeChanges().size() == 1U);  // the event
  tracker.Add(5);
  tracker.Remove(5);
  tracker.Add(150);
  tracker.Remove(150);
  BOOST_TEST(tracker.TakeChanges().empty());
  tracker.Add(5);
  tracker.Add(7);
  BOOST_TEST(tracker.TakeChanges().size() == 1U);
  tracker.Add(6);
  BOOST_TEST(tracker.TakeChanges().empty());
  tracker.Add(9);
  tracker.DropChanges();
  BOOST_TEST(tracker.TakeChanges().empty());
}

BOOST_AUTO_TEST_CASE(changes_against_what_was_recorded) {
  SessionTracker tracker(10, {{100, 200, "one", ""}});
  tracker.Add(5);
  Sessions recorded{{5, Plain(5, 5, 15)}, {90, Plain(90, 90, 100)}};
  tracker.CompareWith(recorded);
  Follow(recorded, tracker);
  BOOST_TEST((recorded == AllOf(tracker)));
}

BOOST_AUTO_TEST_CASE(a_session_that_an_event_takes_over_is_no_more) {
  SessionTracker tracker(10, {{100, 200, "one", ""}});
  tracker.Add(150);
  Sessions recorded{{150, Plain(150, 150, 160)}};  // before the event was configured
  tracker.CompareWith(recorded);
  Follow(recorded, tracker);
  BOOST_TEST((recorded == AllOf(tracker)));
}

BOOST_AUTO_TEST_CASE(random_changes_against_a_rebuild) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937 random(seed);
      const std::int64_t gap = seed % 5 == 0 ? 0 : static_cast<std::int64_t>(random() % 12);
      std::vector<EventWindow> events;
      for (TimeMs at = static_cast<TimeMs>(random() % 60); seed % 3 != 0 && at < 200;) {
        const TimeMs end = at + 1 + static_cast<TimeMs>(random() % 30);
        events.push_back({at, end, "event", ""});
        at = end + static_cast<TimeMs>(random() % 50);  // may begin where the last one ends
      }
      SessionTracker tracker(gap, events);
      Sessions followed;
      std::vector<TimeMs> times;
      for (int step = 0; step < 150; ++step) {
        const bool grows = step < 80 ? random() % 4 != 0 : random() % 4 == 0;
        if (grows || times.empty()) {
          times.push_back(static_cast<TimeMs>(random() % 200));
          tracker.Add(times.back());
        } else {
          const auto which = static_cast<std::ptrdiff_t>(random() % times.size());
          tracker.Remove(times[static_cast<std::size_t>(which)]);
          times.erase(times.begin() + which);
        }
        if (random() % 3 != 0) continue;
        const Sessions expected = Rebuild(gap, events, times);
        BOOST_REQUIRE((AllOf(tracker) == expected));
        Follow(followed, tracker);
        BOOST_REQUIRE((followed == expected));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
