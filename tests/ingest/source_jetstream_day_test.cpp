#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

#include "tests/ingest/jetstream_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::JetstreamServer;
using Fixture = test::JetstreamFixture;
using Ending = JetstreamServer::Ending;

}  // namespace

BOOST_AUTO_TEST_SUITE(source_jetstream_day)

BOOST_AUTO_TEST_CASE(a_day_with_a_thousand_reconnects_loses_and_doubles_nothing) {
  Fixture fixture(2);
  std::minstd_rand random(11);
  const auto chance = [&](unsigned of) { return random() % of == 0; };
  constexpr int kRounds = 1'000;
  constexpr TimeMs kStep = 86'400'000 / kRounds;
  std::atomic<unsigned> turn{0};
  for (JetstreamServer& server : fixture.servers) {
    server.speaks_v2 = &server == &fixture.servers[0];
    server.skew_us = &server == &fixture.servers[0] ? 0 : 17'000'000;
    server.ending = [&turn] {
      constexpr Ending kEndings[] = {Ending::kAbort, Ending::kClose, Ending::kMidFrame};
      return kEndings[turn++ % 3];
    };
  }
  std::vector<std::string> uris;  // of the conversations that are followed
  std::set<std::string> deleted;
  std::map<std::string, std::string> last;  // text
  std::set<std::string> noise;
  int said = 0;
  const auto happen = [&] {
    const std::string text = "post " + std::to_string(++said);
    if (uris.empty() || chance(4)) {
      uris.push_back(fixture.Say("ana", text + " #EduChat", {"EduChat"}));
      last[uris.back()] = text + " #EduChat";
    } else if (chance(3)) {
      noise.insert(fixture.Say("cat", text + " #cats", {"cats"}));
    } else if (chance(4)) {
      const std::string uri = uris[random() % uris.size()];
      if (deleted.contains(uri)) return;
      fixture.Change(uri, text);
      last[uri] = text;
    } else if (chance(8)) {
      const std::string uri = uris[random() % uris.size()];
      if (deleted.insert(uri).second) fixture.Delete(uri);
    } else {
      uris.push_back(fixture.Say("ben", text, {}, uris[random() % uris.size()]));
      last[uris.back()] = text;
    }
  };
  // While the source waits to connect again, life goes on; at times it is ended there and begun
  // anew, at times a write fails.
  const TimeMs begin = fixture.context.now;
  const TimeMs end = begin + 86'400'000;
  int round = 0;
  fixture.context.on_wait = [&] {
    ++round;
    const TimeMs to = begin + round * kStep;
    for (int i = 0; i < 3; ++i) {
      fixture.context.now = std::max(fixture.context.now, to - kStep + (i + 1) * kStep / 3 - 1);
      fixture.Tick();
      happen();
    }
    fixture.Tick();
    if (fixture.context.now >= end - 2 * kStep || chance(50)) fixture.context.RequestStop();
  };
  fixture.context.on_write = [&]() -> std::optional<Error> {
    if (chance(200)) return RetryLater("the log is away");
    return std::nullopt;
  };
  while (fixture.context.now < end - 2 * kStep) {
    const Status run = fixture.Run(false);
    if (!run) BOOST_REQUIRE((run.error().code == ErrorCode::kRetryLater));
  }
  fixture.context.on_write = nullptr;
  fixture.context.on_wait = [&] { fixture.Tick(); };
  for (JetstreamServer& server : fixture.servers)
    server.With([&] { server.ending = [] { return Ending::kStays; }; });
  fixture.Pass(2min);
  BOOST_REQUIRE(fixture.Run());

  std::size_t lost = 0;
  for (const std::string& uri : uris) {
    const std::string state = fixture.context.StateOf("educhat", uri);
    if (deleted.contains(uri)) {
      lost += state == "deleted" ? 0U : 1U;
    } else {
      lost += state.empty() || state == "deleted" ? 1U : 0U;
      const bool right =
          !state.empty() &&
          fixture.context.ContentOf("educhat", uri).find(last[uri].substr(0, 5)) !=
              std::string::npos &&
          fixture.context.ContentOf("educhat", uri)
                  .find(last[uri].substr(5, last[uri].find(' ', 5) - 5)) != std::string::npos;
      lost += right ? 0U : 1U;
    }
  }
  for (const std::string& uri : noise) BOOST_TEST(fixture.context.StateOf("educhat", uri).empty());
  BOOST_TEST(lost == 0U);
  BOOST_TEST(fixture.context.doubled == 0U);
  BOOST_TEST(uris.size() > 1'000U);
  int connections = 0;
  for (const JetstreamServer& server : fixture.servers) connections += server.connections();
  BOOST_TEST(connections >= kRounds - 10);
  for (const Coverage& coverage : fixture.context.coverages) BOOST_TEST(coverage.complete);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
