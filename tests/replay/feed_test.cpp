#include "replay/feed.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <random>
#include <string>

#include "sample_event.h"

namespace latecomer {
namespace {

using Kind = FeedEvent::Kind;
using View = std::shared_ptr<const HashtagView>;

constexpr double kStart = 1700000000000;  // the wall time at which viewers come

View MakeView(MemoryStore& store, const std::string& hashtag) {
  HashtagViewParts parts;
  parts.epoch = *store.Epoch();
  parts.seq = *store.LastSeq(hashtag);
  parts.snapshot = *store.Snapshot(hashtag);
  parts.removed = *store.RemovedSince(hashtag, -1);
  return std::make_shared<HashtagView>(std::move(parts));
}

std::string Describe(const Feed& feed, const FeedEvent& event) {
  const Timeline& timeline = feed.view().timeline();
  const auto short_id = [](const std::string& id) { return id.substr(id.rfind('/') + 1); };
  switch (event.kind) {
    case Kind::kSession:
      return "session " + timeline.sessions()[event.index].record.event;
    case Kind::kEntry:
      return (event.behind ? "behind " : "entry ") +
             short_id(timeline.entries()[event.index].record.id);
    case Kind::kRepost:
      return "repost " + short_id(timeline.reposts()[event.index].id);
    case Kind::kGap:
      return "gap " + std::to_string(event.number);
    case Kind::kBackfill:
      return "backfill " + std::to_string(event.number);
    case Kind::kDeleted:
      return "deleted";
    case Kind::kLive:
      break;
  }
  return "live";
}

// What is due by `until_ms`, each with the milliseconds since kStart at which it was.
std::vector<std::string> Run(Feed& feed, double& now_ms, double until_ms) {
  std::vector<std::string> shown;
  for (;;) {
    while (const std::optional<FeedEvent> event = feed.Next(now_ms)) {
      shown.push_back(std::to_string(std::llround(event->due_ms - kStart)) + " " +
                      Describe(feed, *event));
      BOOST_REQUIRE(shown.size() < 1000);
    }
    const double wake = feed.WakeAt(now_ms);
    BOOST_REQUIRE(wake > now_ms);
    if (wake > until_ms) break;
    now_ms = wake;
  }
  now_ms = until_ms;
  return shown;
}

struct FeedFixture {
  FeedFixture() { FillSample(store); }
  MemoryStore store;
  double now = kStart;
};

using Lines = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(feed, FeedFixture)

BOOST_AUTO_TEST_CASE(an_event_is_played_at_its_speed_with_long_silences_skipped) {
  Feed feed(MakeView(store, "tea"), kTen, Pace{60, 5}, now);
  // 10:00:10 is 167 ms later, 10:01 1 s, 10:05 5 s, 10:06 6 s; then come silences of hours.
  const Lines expected = {"0 session Tea hour", "0 entry a",      "167 entry b",
                          "1000 entry c",       "2000 repost r",  "5000 entry d",
                          "6000 entry e",       "6000 gap 6540",  "11000 entry f",
                          "11000 gap 78900",    "16000 session ", "16000 entry g"};
  BOOST_TEST(
      Run(feed, now, kStart + 20'999) ==
          [&] {
            Lines all = expected;
            all.push_back("16000 gap " +
                          std::to_string(static_cast<std::int64_t>(
                              (kStart + 16'000 - double(kTen)) / 1000 - 86'400 - 300)));
            return all;
          }(),
      boost::test_tools::per_element());
  BOOST_TEST(!feed.live());
  BOOST_TEST(Run(feed, now, kStart + 60'000) == Lines{"21000 live"},
             boost::test_tools::per_element());
  BOOST_TEST(std::isinf(feed.WakeAt(now)));
}

BOOST_AUTO_TEST_CASE(the_clock_of_an_event_stands_where_its_entry_was_said) {
  Feed feed(MakeView(store, "tea"), kTen + 30'000, Pace{60, 5}, now);
  std::vector<TimeMs> clocks;
  for (double at = kStart; at < kStart + 6000; at += 10) {
    while (const auto event = feed.Next(at)) {
      clocks.push_back(event->event_time - kTen);
      BOOST_TEST(event->cursor.seq == feed.view().applied());
    }
  }
  // The session in whose midst it starts, c, r, d, e, and the gap after e.
  const std::vector<TimeMs> expected = {30'000, 60'000, 120'000, 300'000, 360'000, 360'000};
  BOOST_TEST(clocks == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_silence_is_waited_with_skip_0) {
  Feed feed(MakeView(store, "tea"), kTen, Pace{60, 0}, now);
  const Lines shown = Run(feed, now, kStart + 1);
  BOOST_TEST(shown.back() == "0 live");
  BOOST_TEST(std::count(shown.begin(), shown.end(), "0 gap 10") == 1);
  BOOST_TEST(std::count(shown.begin(), shown.end(), "0 entry g") == 1);
}

BOOST_AUTO_TEST_CASE(what_arrives_behind_the_clock_comes_at_once_in_the_order_of_arrival) {
  Feed feed(MakeView(store, "tea"), kTen, Pace{60, 5}, now);
  Run(feed, now, kStart + 2500);  // the clock is at 10:02:30, after r
  store.Put("tea", MakeEntry("z", kTen + 140'000, "ana", "between the last row and the clock"));
  store.Put("tea", MakeEntry("y", kTen + 5'000, "ana", "long behind"));
  store.Put("tea", MakeEntry("b", kTen + 10'000, "ben", "edited"));
  store.Put("tea", MakeEntry("w", kTen + 240'000, "ana", "ahead"));
  feed.SetView(MakeView(store, "tea"), now);
  const Lines expected = {"2500 behind z", "2500 behind y", "2500 behind b", "4000 entry w",
                          "5000 entry d"};
  BOOST_TEST(Run(feed, now, kStart + 5500) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_told) {
  Feed feed(MakeView(store, "tea"), kTen, Pace{60, 5}, now);
  Run(feed, now, kStart + 2500);
  store.RemoveEntry("tea", "https://s.example/b");
  feed.SetView(MakeView(store, "tea"), now);
  const std::optional<FeedEvent> event = feed.Next(now);
  BOOST_REQUIRE(event);
  BOOST_TEST((event->kind == Kind::kDeleted));
  BOOST_TEST(event->number == 3330963585107526719);
}

BOOST_AUTO_TEST_CASE(many_at_once_behind_the_clock_become_one_backfill) {
  for (const std::size_t count : {kBehindMax, kBehindMax + 1}) {
    MemoryStore other;
    FillSample(other);
    now = kStart;
    Feed feed(MakeView(other, "tea"), kTen, Pace{60, 5}, now);
    Run(feed, now, kStart + 2500);
    for (std::size_t i = 0; i < count; ++i) {
      other.Put("tea", MakeEntry("n" + std::to_string(i), kTen + 1 + TimeMs(i), "ana", "x"));
    }
    other.RemoveEntry("tea", "https://s.example/b");
    feed.SetView(MakeView(other, "tea"), now);
    const FeedCursor before = feed.Next(now)->cursor;
    Lines shown = Run(feed, now, now + 10);
    if (count == kBehindMax) {
      BOOST_TEST(shown.size() == count);
    } else {
      // The removal came first, with a cursor from which the backfill is not lost.
      BOOST_TEST(shown.size() == 1U);
      BOOST_TEST(shown[0].ends_with("backfill 51"));
      double later = now;
      Feed resumed(MakeView(other, "tea"), before, Pace{60, 5}, later);
      BOOST_TEST(Run(resumed, later, later + 1)[1].ends_with("backfill 51"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_live_viewer_gets_new_entries_in_their_order_and_late_ones_marked) {
  Feed feed(MakeView(store, "tea"), kTen, Pace{60, 0}, now);
  Run(feed, now, kStart + 1000);
  BOOST_TEST(feed.live());
  store.Put("tea", MakeEntry("l1", TimeMs(now) - 500, "ana", "just now"));
  store.Put("tea", MakeEntry("l2", kTen + 1, "ana", "years behind"));
  store.Put("tea", MakeEntry("l3", TimeMs(now) + 2000, "ana", "a clock ahead of ours"));
  feed.SetView(MakeView(store, "tea"), now);
  const Lines expected = {"1000 behind l2", "500 entry l1", "3000 entry l3"};
  BOOST_TEST(Run(feed, now, kStart + 4000) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_epoch_starts_over_at_its_place) {
  Feed feed(MakeView(store, "tea"), kTen, Pace{60, 5}, now);
  FeedCursor cursor;
  while (const auto event = feed.Next(kStart + 1500)) cursor = event->cursor;
  store.SetEpoch("epoch-2");
  Feed resumed(MakeView(store, "tea"), cursor, Pace{60, 5}, now);
  Lines shown = Run(resumed, now, kStart + 1000);
  BOOST_TEST(shown == Lines{"1000 repost r"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_hashtag_without_entries_is_live_at_once) {
  store.Put("new", CoverageRecord{"social", {}});
  Feed feed(MakeView(store, "new"), kTimeMsMax, Pace{60, 5}, now);
  BOOST_TEST(Run(feed, now, kStart + 1) == Lines{"0 live"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

// --- Random comparison: whatever happens, a viewer ends up with what is there. ---

// What a viewer has been sent, and what it must have by the end.
class Viewer {
 public:
  struct Sent {
    FeedEvent event;
    std::string id;            // of an entry or repost
    std::int64_t version = 0;  // of its row, when it was sent
    std::int64_t applied = 0;  // of the view then
  };

  void Take(const Feed& feed, const FeedEvent& event) {
    if (!sent_.empty()) {
      const FeedCursor& last = sent_.back().event.cursor;
      BOOST_TEST((event.cursor.place >= last.place));
      BOOST_TEST(event.cursor.seq >= last.seq);
    }
    Sent sent{event, "", 0, feed.view().applied()};
    if (event.kind == Kind::kEntry) {
      sent.id = feed.view().timeline().entries()[event.index].record.id;
      sent.version = feed.view().EntrySeq(event.index);
    }
    if (event.kind == Kind::kRepost) sent.id = feed.view().timeline().reposts()[event.index].id;
    sent_.push_back(std::move(sent));
  }

  // The connection broke after one of the last events: later ones did not arrive.
  const FeedCursor* BreakOff(std::mt19937& random) {
    if (sent_.empty()) return nullptr;
    sent_.resize(sent_.size() - random() % std::min<std::size_t>(sent_.size(), 8));
    return &sent_.back().event.cursor;
  }

  void Check(const HashtagView& view, TimeMs from, std::int64_t first_applied) const {
    for (std::uint32_t i = 0; i < view.timeline().entries().size(); ++i) {
      const EntryRecord& record = view.timeline().entries()[i].record;
      const bool before = record.published < from && view.EntrySeq(i) <= first_applied;
      if (!before) {
        BOOST_TEST(Has(record.id, view.EntrySeq(i), record.published), record.id);
      }
    }
    for (const RemovedRow& row : view.removed()) {
      if (row.seq > first_applied) BOOST_TEST(ToldRemoved(row));
    }
  }

 private:
  bool Has(const std::string& id, std::int64_t version, TimeMs published) const {
    return std::any_of(sent_.begin(), sent_.end(), [&](const Sent& sent) {
      if (sent.event.kind == Kind::kBackfill) {
        return sent.applied >= version && sent.event.from <= published && published < sent.event.to;
      }
      return sent.id == id && sent.version == version;
    });
  }
  // Told, unless the viewer connected when it was removed already and had never seen it.
  bool ToldRemoved(const RemovedRow& row) const {
    bool seen = false;
    for (const Sent& sent : sent_) {
      if (sent.event.kind == Kind::kDeleted && sent.event.number == row.n) return true;
      seen = seen || !sent.id.empty();
    }
    return !seen;
  }

  std::vector<Sent> sent_;
};

class World {
 public:
  World(std::mt19937& random, MemoryStore& store) : random_(random), store_(store) {}

  TimeMs RandomTime(double now) {
    // Mostly within the event, sometimes now.
    if (random_() % 8 == 0) return static_cast<TimeMs>(now) - TimeMs(random_() % 2000);
    return kTen + TimeMs(random_() % 3'600) * 100;
  }

  void Change(double now) {
    const std::size_t what = random_() % 10;
    if (what < 5 || ids_.empty()) {
      const std::string id = "e" + std::to_string(ids_.size());
      ids_[id] = RandomTime(now);
      store_.Put("w", MakeEntry(id, ids_[id], "ana", "x"));
      return;
    }
    auto it = ids_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_() % ids_.size()));
    if (gone_.contains(it->first)) return;
    EntryRecord entry = MakeEntry(it->first, it->second, "ana", "x");
    if (what == 5) {  // an older version gives an earlier time; n stays
      entry.published -= TimeMs(random_() % 10'000);
    }
    if (what == 6) entry.deleted = true;
    if (what == 7) {
      gone_.insert({it->first, true});
      store_.RemoveEntry("w", entry.id);
      return;
    }
    if (what == 8) {
      RepostRecord repost;
      repost.id = "https://s.example/r" + std::to_string(random_() % 50);
      repost.objects = {entry.id};
      repost.published = RandomTime(now);
      store_.Put("w", repost);
      return;
    }
    store_.Put("w", entry);
  }

 private:
  std::mt19937& random_;
  MemoryStore& store_;
  std::map<std::string, TimeMs> ids_;
  std::map<std::string, bool> gone_;
};

void PlayRandomly(unsigned seed) {
  std::mt19937 random(seed);
  MemoryStore store;
  World world(random, store);
  store.Put("w", MakeSession(kTen, kTen, kTen + 360'000, kTen + 360'000 + kDefaultGapMs));
  double now = kStart;
  for (std::size_t i = random() % 60; i > 0; --i) world.Change(now);
  const TimeMs from = kTen + TimeMs(random() % 200'000);
  const Pace pace{std::pow(10, static_cast<double>(random() % 40) / 10),
                  static_cast<double>(random() % 6)};
  View view = MakeView(store, "w");
  const std::int64_t first_applied = view->applied();
  auto feed = std::make_unique<Feed>(view, from, pace, now);
  Viewer viewer;
  const auto pull = [&](std::size_t most) {
    while (most-- > 0) {
      const std::optional<FeedEvent> event = feed->Next(now);
      if (!event) return;
      viewer.Take(*feed, *event);
    }
  };
  for (int step = 0; step < 150; ++step) {
    now += static_cast<double>(random() % 1500);
    pull(random() % 3 == 0 ? random() % 4 : 1000);  // now and then a viewer that is slow
    for (std::size_t i = random() % 40 == 0 ? 80 : random() % 4; i > 0; --i) world.Change(now);
    if (random() % 2 == 0) {
      view = MakeView(store, "w");
      feed->SetView(view, now);
    }
    if (random() % 12 != 0) continue;
    const FeedCursor* cursor = viewer.BreakOff(random);
    feed = cursor == nullptr ? std::make_unique<Feed>(view, from, pace, now)
                             : std::make_unique<Feed>(view, *cursor, pace, now);
  }
  view = MakeView(store, "w");
  feed->SetView(view, now);
  for (int i = 0; i < 10'000 && !feed->live(); ++i) {
    pull(1000);
    now = std::max(now, std::min(feed->WakeAt(now), now + 1e7));
  }
  pull(1000);
  BOOST_TEST(feed->live());
  viewer.Check(*view, from, first_applied);
}

BOOST_AUTO_TEST_SUITE(feed_random)

BOOST_AUTO_TEST_CASE(every_entry_comes_at_least_once_whatever_happens) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) { PlayRandomly(seed); }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
