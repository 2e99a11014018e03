#include "replay/views.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "sample_event.h"

namespace latecomer {
namespace {

struct ViewsFixture {
  ViewsFixture() { FillSample(store); }
  static ViewsOptions Poll(std::chrono::milliseconds poll) {
    ViewsOptions options;
    options.poll = poll;
    return options;
  }
  MemoryStore store;
};

BOOST_FIXTURE_TEST_SUITE(views, ViewsFixture)

BOOST_AUTO_TEST_CASE(a_view_is_built_once_and_again_only_when_its_rows_moved) {
  Views views(store, Poll(std::chrono::milliseconds(0)));
  const Views::View first = *views.Get("tea");
  BOOST_TEST(*views.Get("tea") == first);
  store.Put("coffee", MakeEntry("1", kTen, "ana", "elsewhere"));
  BOOST_TEST(*views.Get("tea") == first);
  BOOST_TEST(store.snapshots() == 1U);
  store.Put("tea", MakeEntry("h", kTen + 90'000, "ana", "new"));
  while (*views.Get("tea") == first) std::this_thread::yield();
  BOOST_TEST((*views.Get("tea"))->timeline().entries().size() == 8U);
}

BOOST_AUTO_TEST_CASE(the_store_is_not_asked_more_often_than_the_poll) {
  Views views(store, Poll(std::chrono::hours(1)));
  const Views::View first = *views.Get("tea");
  store.Put("tea", MakeEntry("h", kTen + 90'000, "ana", "new"));
  BOOST_TEST(*views.Get("tea") == first);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_takes_no_view_away) {
  Views views(store, Poll(std::chrono::milliseconds(0)));
  const Views::View first = *views.Get("tea");
  store.FailWith(RetryLater("busy"));
  BOOST_TEST(*views.Get("tea") == first);
  const Result<Views::View> other = views.Get("coffee");
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().code == ErrorCode::kRetryLater));
}

BOOST_AUTO_TEST_CASE(a_hashtag_that_is_gone_is_not_found) {
  Views views(store, Poll(std::chrono::milliseconds(0)));
  BOOST_REQUIRE(views.Get("tea"));
  store.Erase("tea");
  while (views.Get("tea")) std::this_thread::yield();
  BOOST_TEST((views.Get("tea").error().code == ErrorCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(the_least_used_views_go_when_there_are_too_many) {
  ViewsOptions options = Poll(std::chrono::milliseconds(0));
  options.views_max = 2;
  Views views(store, options);
  for (const char* tag : {"a", "b"}) store.Put(tag, MakeEntry("1", kTen, "ana", "x"));
  const Views::View tea = *views.Get("tea");
  const Views::View a = *views.Get("a");
  BOOST_TEST(*views.Get("tea") == tea);
  BOOST_REQUIRE(views.Get("b"));  // a goes
  BOOST_TEST(*views.Get("tea") == tea);
  BOOST_TEST(*views.Get("a") != a);
}

BOOST_AUTO_TEST_CASE(a_list_of_more_hashtags_than_views_builds_each_once) {
  ViewsOptions options = Poll(std::chrono::milliseconds(0));
  options.views_max = 2;
  Views views(store, options);
  for (int i = 0; i < 5; ++i) {
    store.Put("t" + std::to_string(i), MakeEntry("1", kTen, "ana", "x"));
  }
  const Result<std::vector<HashtagSummary>> all = store.Hashtags();
  for (int round = 0; round < 3; ++round) {
    for (const HashtagSummary& summary : *all) {
      const Result<std::string> json = views.ShortJson(summary);
      BOOST_REQUIRE(json);
      BOOST_TEST(json->starts_with("{\"hashtag\":\"" + summary.hashtag + "\""));
    }
  }
  BOOST_TEST(store.snapshots() == 6U);
}

BOOST_AUTO_TEST_CASE(what_is_known_to_ask_is_not_read_again) {
  Views views(store, Poll(std::chrono::milliseconds(0)));
  const Views::View first = *views.Get("tea");
  // c asks; x's first entry and g do not; a was answered, so nobody needs to know.
  BOOST_TEST(first->asked().size() == 3U);
  store.Put("tea", MakeEntry("h", kTen + 90'000, "ana", "Milk?"));
  Views::View second = first;
  while (second == first) second = *views.Get("tea");
  BOOST_TEST(second->asked().size() == 4U);
  const std::uint32_t h = second->timeline().FindConversation("https://s.example/h");
  const std::uint32_t c = second->timeline().FindConversation("https://s.example/c");
  BOOST_TEST(second->conversation(h).open);
  BOOST_TEST(second->conversation(c).open);
}

BOOST_AUTO_TEST_CASE(many_threads_get_views_while_the_store_moves) {
  Views views(store, Poll(std::chrono::milliseconds(1)));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      std::int64_t applied = 0;
      while (!stop) {
        const Result<Views::View> view = views.Get("tea");
        if (!view || (*view)->applied() < applied) ++wrong;  // never back in time
        if (view) applied = (*view)->applied();
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    store.Put("tea", MakeEntry("t" + std::to_string(i), kTen + i, "ana", "x"));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  stop = true;
  threads.clear();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
