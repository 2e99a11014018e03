#include "ingest/ingest_loop.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <random>
#include <thread>

#include "stream/topics.h"
#include "tests/ingest/scripted_source.h"
#include "tests/ingest/test_streams.h"
#include "tests/processor/faulty_stream.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kPartitions = 4;

bool Until(const std::function<bool()>& done, milliseconds at_most = milliseconds(60'000)) {
  const auto until = Clock::now() + at_most;
  while (!done()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

// A stream, and ingesters on it that are threads of this process.
class Fixture {
 public:
  Fixture() {
    Result<std::unique_ptr<Stream>> stream =
        OpenTestStream(NameTestStream(folder_.path().string()));
    if (!stream) BOOST_FAIL(stream.error().message);
    stream_ = std::move(*stream);
    BOOST_REQUIRE(static_cast<bool>(EnsureTopics(*stream_, kPartitions)));
  }

  IngestLoopSettings Settings(const std::string& instance) {
    IngestLoopSettings settings;
    settings.instance = instance;
    settings.poll_wait = milliseconds(20);
    settings.stop_wait = milliseconds(300);
    settings.restore_wait = milliseconds(200);
    settings.run.make = world.Maker();
    settings.run.restart_first = milliseconds(20);
    settings.run.restart_most = milliseconds(100);
    settings.run.write_again_first = milliseconds(5);
    settings.run.write_again_most = milliseconds(20);
    settings.run.reopen_wait = milliseconds(100);
    return settings;
  }
  Stream& stream() { return *stream_; }
  std::string Faults(int sources, int posts) {
    return FaultsOf(ReadScripted(*stream_), sources, posts);
  }

  ScriptedWorld world;

 private:
  TempFolder folder_;
  std::unique_ptr<Stream> stream_;
};

class Ingester {
 public:
  Ingester(Stream& stream, std::vector<SourceSpec> specs, const IngestLoopSettings& settings)
      : loop(stream, std::move(specs), settings), thread_([this](const std::stop_token& stop) {
          status_ = loop.Run(stop);
          ended_ = true;
        }) {}
  Status Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return status_;
  }
  bool ended() const { return ended_; }
  std::optional<SourceStatus> Of(const std::string& name) const {
    for (SourceStatus& status : loop.Sources()) {
      if (status.name == name) return std::move(status);
    }
    return std::nullopt;
  }
  bool Is(const std::string& name, SourceState state) const {
    const std::optional<SourceStatus> status = Of(name);
    return status && status->state == state;
  }

  IngestLoop loop;

 private:
  Status status_;
  std::atomic<bool> ended_{false};
  std::jthread thread_;
};

BOOST_FIXTURE_TEST_SUITE(ingest_loop, Fixture)

BOOST_AUTO_TEST_CASE(one_ingester_owns_all_and_comes_to_an_end) {
  Ingester one(stream(), ScriptedSpecs(12, 20, {{"batch", "3"}}), Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(one.loop.Sources().size() == 12U);
  for (const SourceStatus& source : one.loop.Sources()) {
    BOOST_TEST(SourceStateName(source.state) == "done");
    BOOST_TEST(source.counters->posts == 20U);
    BOOST_TEST(source.counters->batches == 7U);
    BOOST_TEST(source.counters->starts == 1U);
    BOOST_TEST(source.partition == PartitionOf(source.name, kPartitions));
  }
  BOOST_TEST(one.loop.counters().partitions == static_cast<unsigned>(kPartitions));
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(12, 20) == "");
}

BOOST_AUTO_TEST_CASE(a_later_run_goes_on_from_the_cursors) {
  for (const int posts : {5, 9, 9, 14}) {
    Ingester one(stream(), ScriptedSpecs(6, posts), Settings("a"));
    BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
    BOOST_TEST(static_cast<bool>(one.Stop()));
    BOOST_TEST(Faults(6, posts) == "");
  }
}

BOOST_AUTO_TEST_CASE(the_failure_of_one_source_is_its_own) {
  std::vector<SourceSpec> specs = ScriptedSpecs(4, 10);
  specs.push_back(ScriptedSpec("away", 10, {{"fail", "retry"}, {"at", "4"}, {"times", "3"}}));
  specs.push_back(ScriptedSpec("throws", 10, {{"fail", "throw"}, {"at", "5"}, {"times", "2"}}));
  specs.push_back(ScriptedSpec("wrong", 10, {{"fail", "invalid"}, {"at", "6"}, {"times", "1"}}));
  specs.push_back(ScriptedSpec("denied", 10, {{"fail", "fatal"}}));
  SourceSpec unknown = ScriptedSpec("unknown", 10);
  unknown.kind = "nothing";
  specs.push_back(unknown);
  specs.push_back(ScriptedSpec("forget", 10));  // the name is taken
  Ingester one(stream(), specs, Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(!one.ended());
  BOOST_TEST(one.Is("s-0", SourceState::kFinished));
  BOOST_TEST(one.Is("away", SourceState::kFinished));
  BOOST_TEST(one.Of("away")->counters->failures == 3U);
  BOOST_TEST(one.Of("away")->counters->starts == 4U);
  BOOST_TEST(one.Is("throws", SourceState::kFinished));
  BOOST_TEST(one.Of("throws")->counters->failures == 2U);
  BOOST_TEST(one.Is("wrong", SourceState::kGivenUp));
  BOOST_TEST(one.Of("wrong")->message == "this will never work");
  BOOST_TEST(one.Of("wrong")->counters->posts == 6U);
  BOOST_TEST(one.Is("denied", SourceState::kGivenUp));
  BOOST_TEST(one.Is("unknown", SourceState::kGivenUp));
  BOOST_TEST(one.Is("forget", SourceState::kGivenUp));

  // Reading the settings again starts what has failed; "wrong" fails once only.
  one.loop.Reload(specs);
  BOOST_TEST(!one.loop.IsIdle());
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(one.Is("wrong", SourceState::kFinished));
  BOOST_TEST(one.Is("denied", SourceState::kFinished));
  BOOST_TEST(one.Is("unknown", SourceState::kGivenUp));
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(8, 10) == "");
}

BOOST_AUTO_TEST_CASE(reloading_adds_removes_and_changes) {
  std::vector<SourceSpec> specs = ScriptedSpecs(4, 5, {{"endless", "yes"}});
  Ingester one(stream(), specs, Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_REQUIRE(Until([&] { return FaultsOf(ReadScripted(stream()), 4, 5).empty(); }));
  specs.erase(specs.begin());                                     // s-0 goes
  specs[0].options["posts"] = "8";                                // s-1 changes
  specs.push_back(ScriptedSpec("s-9", 5, {{"endless", "yes"}}));  // s-9 comes
  one.loop.Reload(specs);
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(!one.Of("s-0").has_value());
  BOOST_TEST(world.running("s-0") == 0);
  BOOST_TEST(world.made("s-1") == 2U);
  BOOST_TEST(world.made("s-2") == 1U);  // untouched
  BOOST_REQUIRE(Until([&] {
    const ScriptedFacts facts = ReadScripted(stream());
    return facts.posts.size() == 5 && facts.posts.at("s-1").size() == 8 &&
           facts.posts.at("s-9").size() == 5;
  }));
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(5, kAtRest) == "");
}

BOOST_AUTO_TEST_CASE(sources_are_shared_and_move) {
  const auto specs = ScriptedSpecs(12, 60, {{"pause_ms", "10"}});
  Ingester one(stream(), specs, Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.Sources().size() == 12; }));
  auto two = std::make_unique<Ingester>(stream(), specs, Settings("b"));
  BOOST_REQUIRE(Until(
      [&] { return one.loop.counters().partitions == 2 && two->loop.counters().partitions == 2; }));
  BOOST_REQUIRE(
      Until([&] { return one.loop.Sources().size() + two->loop.Sources().size() == 12; }));
  BOOST_TEST(one.loop.counters().revoked == 2U);
  // A static member that stops is missed when its session is over.
  BOOST_TEST(static_cast<bool>(two->Stop()));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(one.loop.counters().partitions == static_cast<unsigned>(kPartitions));
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(12, 60) == "");
}

BOOST_AUTO_TEST_CASE(who_ignores_being_stopped_is_cut_off) {
  // It lingers for longer than it is waited for, and goes on writing.
  const auto specs =
      ScriptedSpecs(8, 30, {{"endless", "yes"}, {"pause_ms", "5"}, {"linger_ms", "1500"}});
  Ingester one(stream(), specs, Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.Sources().size() == 8; }));
  BOOST_REQUIRE(Until([&] { return world.running("s-0") == 1; }));
  auto quick = specs;
  for (SourceSpec& spec : quick) spec.options.erase("linger_ms");
  Ingester two(stream(), quick, Settings("b"));
  BOOST_REQUIRE(Until([&] { return two.loop.counters().partitions == 2; }));
  BOOST_TEST(one.loop.counters().cut_off > 0U);
  BOOST_REQUIRE(Until([&] { return two.loop.Sources().size() >= 1; }));
  BOOST_REQUIRE(Until([&] {
    const std::string name = two.loop.Sources()[0].name;
    return two.Is(name, SourceState::kRunning);
  }));
  BOOST_TEST(static_cast<bool>(two.Stop()));
  // The partitions come back; what still lingers there is not run twice at once.
  BOOST_REQUIRE(Until([&] { return one.loop.counters().partitions == 4; }));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(static_cast<bool>(one.Stop()));
  // More than `posts` may stand there: lingering ones go on. But never one twice.
  BOOST_TEST(Faults(8, kAtRest) == "");
}

BOOST_AUTO_TEST_CASE(one_source_never_runs_twice_at_once_here) {
  auto specs = ScriptedSpecs(1, 3, {{"endless", "yes"}, {"linger_ms", "800"}});
  Ingester one(stream(), specs, Settings("a"));
  BOOST_REQUIRE(Until([&] { return world.running("s-0") == 1; }));
  specs[0].options["posts"] = "5";
  one.loop.Reload(specs);
  BOOST_REQUIRE(Until([&] { return world.made("s-0") == 2; }));
  BOOST_TEST(world.most_at_once("s-0") == 1);
  BOOST_TEST(one.loop.counters().cut_off == 1U);
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(1, kAtRest) == "");
}

BOOST_AUTO_TEST_CASE(a_log_that_is_away_is_waited_for) {
  using Call = FaultyStream::Call;
  std::minstd_rand random(1);
  // Each kind of call fails now and then, and commits more often than the others.
  FaultyStream faulty(stream(), [&](Call call) -> std::optional<Error> {
    if (random() % (call == Call::kCommit ? 3 : 12) != 0) return std::nullopt;
    return RetryLater("the log is away");
  });
  Ingester one(faulty, ScriptedSpecs(6, 12), Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  std::uint64_t again = 0;
  for (const SourceStatus& source : one.loop.Sources()) {
    again += source.counters->batches_again;
    BOOST_TEST(source.counters->failures == 0U);
  }
  BOOST_TEST(again > 0U);
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(6, 12) == "");
}

BOOST_AUTO_TEST_CASE(a_fenced_writer_begins_anew) {
  std::atomic<int> count{0};
  using Call = FaultyStream::Call;
  FaultyStream faulty(stream(), [&](Call call) -> std::optional<Error> {
    if (call != Call::kCommit && call != Call::kSendOffsets) return std::nullopt;
    return ++count % 11 == 0 ? std::optional<Error>(Conflict("fenced")) : std::nullopt;
  });
  Ingester one(faulty, ScriptedSpecs(3, 20), Settings("a"));
  BOOST_REQUIRE(Until([&] { return one.loop.IsIdle(); }));
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST(Faults(3, 20) == "");
  std::uint64_t made = 0;
  for (int i = 0; i < 3; ++i) made += world.made("s-" + std::to_string(i));
  BOOST_TEST(made > 6U);
}

// The commit took effect, and yet its outcome is not known: only the cursors in the log tell.
BOOST_AUTO_TEST_CASE(a_fatal_stream_ends_the_loop_and_nothing_is_doubled) {
  std::atomic<int> count{0};
  using Call = FaultyStream::Call;
  FaultyStream faulty(stream(), [&](Call call) -> std::optional<Error> {
    if (call != Call::kCommit) return std::nullopt;
    return ++count == 10 ? std::optional<Error>(Fatal("the disk is full")) : std::nullopt;
  });
  {
    Ingester one(faulty, ScriptedSpecs(3, 20), Settings("a"));
    BOOST_REQUIRE(Until([&] { return one.ended(); }));
    const Status status = one.Stop();
    BOOST_REQUIRE(!status);
    BOOST_TEST(status.error().message == "the disk is full");
  }
  Ingester two(stream(), ScriptedSpecs(3, 20), Settings("a"));
  BOOST_REQUIRE(Until([&] { return two.loop.IsIdle(); }));
  BOOST_TEST(static_cast<bool>(two.Stop()));
  BOOST_TEST(Faults(3, 20) == "");
}

BOOST_AUTO_TEST_CASE(stopping_is_quick) {
  Ingester one(stream(), ScriptedSpecs(8, 1'000, {{"pause_ms", "5"}}), Settings("a"));
  BOOST_REQUIRE(Until([&] { return !FaultsOf(ReadScripted(stream()), 8, 0).empty(); }));
  const auto begin = Clock::now();
  BOOST_TEST(static_cast<bool>(one.Stop()));
  BOOST_TEST((Clock::now() - begin < std::chrono::seconds(1)));
  BOOST_TEST(Faults(8, kAtRest) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
