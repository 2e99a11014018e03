// A simulated day, in which the host counts what it is asked.
#include "tests/ingest/source_mastodon_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::MastodonFixture;
using test::MastodonHost;

}  // namespace

BOOST_AUTO_TEST_SUITE(source_mastodon_day)

// A past of 1,200 posts, with threads, and more of both in the course of the day, for five
// hashtags: more than the limits give at once. None is ever passed, and all of it is read.
BOOST_AUTO_TEST_CASE(never_more_than_the_host_allows) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
  fixture.context->Spec().hashtags.clear();
  std::vector<std::string> tags;
  for (int i = 0; i < 5; ++i) {
    tags.push_back("tag" + std::to_string(i));
    fixture.context->Spec().hashtags.push_back({tags.back(), "", {}});
  }
  MastodonHost& host = *fixture.host;
  host.has_limits = true;
  host.now -= 12'000'000;
  std::size_t wanted = 0;
  const auto post = [&](std::size_t number) {
    const std::string id = host.Post("post " + std::to_string(number), {tags[number % 5]});
    ++wanted;
    if (number % 4 == 0) {
      host.Post("reply", {}, id);
      ++wanted;
    }
  };
  for (std::size_t i = 0; i < 1'200; ++i) {
    host.now += 10'000;
    post(i);
  }
  fixture.Pass(0ms);
  std::size_t number = 1'200;
  fixture.on_wait = [&] {
    const std::scoped_lock lock(host.mutex);
    const auto at = static_cast<std::size_t>(fixture.context->now - 1'700'000'000'000);
    while (number < 1'500 && at > (number - 1'200) * 200'000) post(number++);
  };
  BOOST_REQUIRE(fixture.Run(24h));
  BOOST_TEST(fixture.context->Timeline().size() == wanted);
  BOOST_TEST(host.refused == 0U);
  BOOST_TEST(host.most_in_5min <= 300U);
  BOOST_TEST(host.most_paging_in_15min <= 300U);
  BOOST_TEST(host.requests == fixture.context->counters().requests);
  BOOST_TEST_MESSAGE(host.requests << " requests, " << host.paging_requests << " paging; at most "
                                   << host.most_in_5min << " in 5 min, "
                                   << host.most_paging_in_15min << " paging in 15 min");
}

// The ceiling of a day holds, also when the source is started again and again.
BOOST_AUTO_TEST_CASE(a_ceiling_of_requests_a_day) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false, {{"requests_a_day", "100"}});
  MastodonHost& host = *fixture.host;
  host.now -= 4'000'000;
  for (int i = 0; i < 400; ++i) {
    host.now += 10'000;
    host.Post("post", {"educhat"});
  }
  fixture.Pass(0ms);
  for (int i = 0; i < 12; ++i) {
    const Status run = fixture.Run(2h);
    if (!run) fixture.Pass(2h);
  }
  BOOST_TEST(host.requests <= 100U);
  BOOST_TEST(host.requests > 90U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
