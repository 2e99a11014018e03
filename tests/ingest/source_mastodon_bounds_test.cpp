// Threads larger than an instance gives at once, and instances that each know a part.
#include <algorithm>

#include "tests/ingest/source_mastodon_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::MastodonFixture;
using test::MastodonHost;
using Lines = std::vector<std::string>;

void Compare(const Lines& found, const Lines& wanted) {
  BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_mastodon_bounds)

// Without a token 60 replies of a thread are given, 20 deep; from the posts at the bound on more.
BOOST_AUTO_TEST_CASE(threads_past_the_bounds) {
  for (const bool with_token : {false, true}) {
    MastodonFixture fixture;
    if (with_token) fixture.UseToken();
    MastodonHost& host = *fixture.host;
    host.now -= 1'000'000;
    const std::string root = host.Post("root", {"educhat"});
    Lines wanted = {"educhat root"};
    const auto post = [&](const std::string& text, const std::string& parent) {
      host.now += 1'000;
      wanted.push_back("educhat " + text + " thread");
      return host.Post(text, {}, parent);
    };
    std::string at = root;
    for (int i = 0; i < 70; ++i) at = post("deep " + std::to_string(i), at);
    const std::size_t line = wanted.size();
    for (int i = 0; i < 100; ++i) post("broad " + std::to_string(i), root);
    fixture.Pass(0ms);
    BOOST_REQUIRE(fixture.Run());
    std::vector<Coverage> missing;
    for (const Coverage& covered : fixture.context->coverage) {
      if (covered.source == "social threads") missing.push_back(covered);
    }
    if (with_token) {
      Compare(fixture.context->Timeline(), wanted);
      BOOST_TEST(missing.empty());
      continue;
    }
    // Deep ones are asked for from where they break off. Of the broad ones, all are replies to one
    // post, no more are given: that is told.
    const Lines found = fixture.context->Timeline();
    for (std::size_t i = 0; i < line; ++i) {
      BOOST_TEST((std::find(found.begin(), found.end(), wanted[i]) != found.end()), wanted[i]);
    }
    BOOST_TEST(found.size() < wanted.size());
    BOOST_REQUIRE_EQUAL(missing.size(), 1U);
    BOOST_TEST(!missing[0].complete);
    BOOST_TEST(missing[0].why ==
               fixture.servers[0]->Authority() +
                   " gives 60 replies of a thread at most where no token is used");
  }
}

BOOST_AUTO_TEST_CASE(more_ancestors_than_are_given_at_once) {
  MastodonFixture fixture;
  MastodonHost& host = *fixture.host;
  host.now -= 1'000'000;
  Lines wanted;
  std::string at;
  for (int i = 0; i < 150; ++i) {
    host.now += 1'000;
    at = host.Post("post " + std::to_string(i), {}, at);
    wanted.push_back("educhat post " + std::to_string(i) + " thread");
  }
  host.now += 1'000;
  host.Post("tagged", {"educhat"}, at);
  wanted.push_back("educhat tagged");
  fixture.Pass(0ms);
  BOOST_REQUIRE(fixture.Run());
  Compare(fixture.context->Timeline(), wanted);
}

// The same posts on five instances: each counts once, with what each of them alone knows.
BOOST_AUTO_TEST_CASE(five_instances) {
  MastodonFixture fixture;
  for (int i = 1; i < 5; ++i) fixture.Add(MastodonHost::Kind::kMastodon);
  std::vector<std::string> roots(5);
  for (int i = 0; i < 5; ++i) {
    MastodonHost& host = fixture.servers[static_cast<std::size_t>(i)]->host();
    host.now -= 100'000;
    for (int j = 0; j < 10; ++j) {
      host.now += 1'000;
      const std::string id =
          host.Post("shared " + std::to_string(j), {"educhat"}, "", 0, "far.example");
      host.At(id).uri = "https://far.example/users/ana/statuses/" + std::to_string(j);
      if (j == 0) roots[static_cast<std::size_t>(i)] = id;
    }
    host.now += 1'000 * (i + 1);
    const std::string id = host.Post("known to " + std::to_string(i), {},
                                     roots[static_cast<std::size_t>(i)], 0, "far.example");
    host.At(id).uri = "https://far.example/users/ben/statuses/1" + std::to_string(i);
  }
  fixture.Pass(0ms);
  BOOST_REQUIRE(fixture.Run());
  Lines wanted;
  for (int j = 0; j < 10; ++j) wanted.push_back("educhat shared " + std::to_string(j));
  for (int i = 0; i < 5; ++i) wanted.push_back("educhat known to " + std::to_string(i) + " thread");
  Compare(fixture.context->Timeline(), wanted);
  BOOST_TEST(fixture.context->records.size() == wanted.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
