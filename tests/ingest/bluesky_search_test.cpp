#include "ingest/bluesky_search.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>

namespace latecomer {
namespace {

// Results of a host that shows at most `reachable` of a search.
struct Host {
  std::vector<std::pair<TimeMs, std::string>> posts;  // newest first
  std::size_t reachable = 0;
  bool ignores_times = false;
  bool same_cursor = false;
  bool same_page = false;
};

struct Walked {
  std::set<std::string> uris;
  int pages = 0;
  bool whole = false;
};

Walked Walk(const Host& host, std::optional<TimeMs> since, std::optional<TimeMs> until) {
  Walked walked;
  BlueskySearchWalk walk("#x", since, until);
  while (!walk.is_done() && walked.pages < 10'000) {
    const BlueskyApi::Search& search = walk.next();
    std::vector<const std::pair<TimeMs, std::string>*> hits;
    for (const auto& post : host.posts) {
      if (!host.ignores_times && search.since && post.first < *search.since) continue;
      if (!host.ignores_times && search.until && post.first >= *search.until) continue;
      hits.push_back(&post);
    }
    if (host.reachable > 0 && hits.size() > host.reachable) hits.resize(host.reachable);
    const std::size_t begin =
        search.cursor.empty() || host.same_page ? 0 : std::stoul(search.cursor);
    const std::size_t end = std::min(hits.size(), begin + 100);
    std::vector<BlueskySearchWalk::Hit> page;
    for (std::size_t i = begin; i < end; ++i) {
      page.push_back({hits[i]->second, hits[i]->first});
      walked.uris.insert(hits[i]->second);
    }
    std::string cursor;
    if (end < hits.size()) cursor = std::to_string(host.same_cursor ? begin : end);
    if (host.same_page) cursor = std::to_string(walked.pages + 1);
    walk.Take(page, cursor);
    ++walked.pages;
  }
  walked.whole = walk.is_done() && walk.is_whole();
  return walked;
}

std::vector<std::pair<TimeMs, std::string>> Posts(std::size_t count, TimeMs step) {
  std::vector<std::pair<TimeMs, std::string>> posts;
  for (std::size_t i = 0; i < count; ++i) {
    posts.emplace_back(1'700'000'000'000 - static_cast<TimeMs>(i) * step, "u" + std::to_string(i));
  }
  return posts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bluesky_search)

BOOST_AUTO_TEST_CASE(all_is_reached_whatever_cursors_lead_to) {
  for (const std::size_t count : {0, 1, 99, 100, 101, 250, 1'234}) {
    for (const std::size_t reachable : {0, 100, 150, 300}) {
      for (const TimeMs step : {TimeMs{1'000}, TimeMs{1}}) {
        const Walked walked = Walk({Posts(count, step), reachable}, std::nullopt, std::nullopt);
        BOOST_TEST(walked.uris.size() == count);
        BOOST_TEST(walked.whole);
        // At most one more a window than there are pages.
        BOOST_TEST(walked.pages <= static_cast<int>(count / 49 + 2));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(many_of_one_instant_are_reached_by_cursors) {
  Host host{Posts(400, 1'000), 0};
  for (std::size_t i = 100; i < 330; ++i) host.posts[i].first = host.posts[100].first;
  BOOST_TEST(Walk(host, std::nullopt, std::nullopt).uris.size() == 400U);
}

BOOST_AUTO_TEST_CASE(cursors_that_repeat_and_pages_without_end_end) {
  Host host{Posts(500, 1'000), 0};
  host.same_cursor = true;
  BOOST_TEST(Walk(host, std::nullopt, std::nullopt).uris.size() == 500U);
  host.same_page = true;
  const Walked endless = Walk(host, std::nullopt, std::nullopt);
  BOOST_TEST(endless.uris.size() == 500U);
  BOOST_TEST(endless.pages < 60);
}

BOOST_AUTO_TEST_CASE(bounds_of_time) {
  Host host{Posts(1'000, 1'000), 0};
  const TimeMs newest = host.posts[0].first;
  BOOST_TEST(Walk(host, newest - 99'000, newest - 49'000).uris.size() == 50U);
  // A host that ignores them is left as soon as it gives what is too old.
  host.ignores_times = true;
  const Walked walked = Walk(host, newest - 150'000, std::nullopt);
  BOOST_TEST(walked.pages == 3);
  BOOST_TEST(Walk(host, std::nullopt, newest).pages < 30);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
