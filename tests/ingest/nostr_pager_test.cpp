#include "ingest/nostr_pager.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

namespace latecomer {
namespace {

// A relay that gives at most `cap`, the newest first.
std::vector<NostrEvent> Answer(const std::vector<NostrEvent>& stored, const NostrFilter& filter,
                               std::size_t cap) {
  std::vector<NostrEvent> found;
  for (const NostrEvent& event : stored) {
    if (event.created_at <= *filter.until && (!filter.since || event.created_at >= *filter.since)) {
      found.push_back(event);
    }
  }
  std::sort(found.begin(), found.end(), [](const NostrEvent& a, const NostrEvent& b) {
    return a.created_at != b.created_at ? a.created_at > b.created_at : a.id < b.id;
  });
  found.resize(std::min({found.size(), cap, static_cast<std::size_t>(*filter.limit)}));
  return found;
}

NostrEvent At(std::int64_t time, int number) {
  NostrEvent event;
  event.id = std::to_string(number);
  event.created_at = time;
  return event;
}

struct Read {
  std::vector<std::string> ids;
  int pages = 0;
};
Read ReadAll(NostrPager& pager, const std::vector<NostrEvent>& stored, std::size_t cap) {
  Read read;
  while (!pager.done()) {
    BOOST_REQUIRE(++read.pages < 10'000);
    std::vector<NostrEvent> events = Answer(stored, pager.Next({}), cap);
    pager.Took(events);
    for (const NostrEvent& event : events) read.ids.push_back(event.id);
  }
  return read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nostr_pager)

BOOST_AUTO_TEST_CASE(all_once_whatever_the_page) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const int count = static_cast<int>(random() % 200);
    const std::int64_t span = 1 + static_cast<std::int64_t>(random() % 300);
    std::vector<NostrEvent> stored;
    for (int i = 0; i < count; ++i) {
      stored.push_back(At(1000 + static_cast<std::int64_t>(random()) % span, i));
    }
    std::map<std::int64_t, std::size_t> in_second;
    std::size_t most = 0;
    for (const NostrEvent& event : stored) most = std::max(most, ++in_second[event.created_at]);
    const std::size_t cap = most + random() % 50 + 1;
    NostrPager pager(std::nullopt, 5000);
    Read read = ReadAll(pager, stored, cap);
    BOOST_TEST(read.ids.size() == stored.size());
    std::sort(read.ids.begin(), read.ids.end());
    BOOST_TEST((std::unique(read.ids.begin(), read.ids.end()) == read.ids.end()));
    BOOST_TEST(!pager.is_stuck());
  }
}

BOOST_AUTO_TEST_CASE(a_second_that_fills_a_page_and_more) {
  std::vector<NostrEvent> stored;
  for (int i = 0; i < 130; ++i) stored.push_back(At(2000, i));
  for (int i = 130; i < 140; ++i) stored.push_back(At(1999, i));
  for (int i = 140; i < 150; ++i) stored.push_back(At(2001, i));
  // The relay gives 100 at once, whatever is asked: 30 are lost, and that is said.
  NostrPager capped(std::nullopt, 5000);
  BOOST_TEST(ReadAll(capped, stored, 100).ids.size() == 120U);
  BOOST_TEST(capped.gaps() == std::vector<std::int64_t>{2000});
  // One that gives as many as are asked for loses none.
  for (int i = 150; i < 900; ++i) stored.push_back(At(2000, i));
  NostrPager willing(std::nullopt, 5000);
  BOOST_TEST(ReadAll(willing, stored, 100'000).ids.size() == 900U);
  BOOST_TEST(willing.gaps().empty());
}

BOOST_AUTO_TEST_CASE(not_past_since) {
  std::vector<NostrEvent> stored;
  for (int i = 0; i < 100; ++i) stored.push_back(At(1000 + i, i));
  NostrPager pager(1050, 1060);
  BOOST_TEST(ReadAll(pager, stored, 7).ids.size() == 11U);
  BOOST_TEST(NostrPager(10, 9).done());
}

BOOST_AUTO_TEST_CASE(a_relay_that_does_not_heed_until) {
  NostrPager pager(std::nullopt, 5000);
  std::size_t came = 0;
  for (int page = 0; !pager.done(); ++page) {
    BOOST_REQUIRE(page < 10);
    std::vector<NostrEvent> events;
    for (int i = 0; i < 50; ++i) events.push_back(At(4000 + i, i));
    pager.Took(events);
    came += events.size();
  }
  BOOST_TEST(came == 50U);
  BOOST_TEST(pager.is_stuck());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
