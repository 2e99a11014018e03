// Ingesters that are killed and paused: nothing is missing, nothing is doubled, no cursor runs
// ahead of its posts or goes back.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "stream/topics.h"
#include "tests/ingest/crashing_stream.h"
#include "tests/ingest/scripted_source.h"
#include "tests/ingest/test_streams.h"
#include "tests/ingest/worker_process.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kAtMost{120'000};

std::unique_ptr<Stream> Open(const std::string& name, int partitions) {
  Result<std::unique_ptr<Stream>> stream = OpenTestStream(name);
  if (!stream) BOOST_FAIL(stream.error().message);
  const Status made = EnsureTopics(**stream, partitions);
  if (!made) BOOST_FAIL(made.error().message);
  return std::move(*stream);
}

std::size_t CountPosts(Stream& stream) {
  std::size_t count = 0;
  for (const auto& [source, posts] : ReadScripted(stream).posts) count += posts.size();
  return count;
}

// Waits until all posts are there; what is doubled would be too many.
bool WaitForPosts(Stream& stream, std::size_t count) {
  const auto until = Clock::now() + kAtMost;
  while (CountPosts(stream) < count) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(300));
  }
  return true;
}

BOOST_AUTO_TEST_SUITE(ingest_kill)

BOOST_AUTO_TEST_CASE(a_crash_at_every_point_between_posts_and_cursor) {
  constexpr int kPosts = 4;
  int crashes = 0;
  for (long at = 1; at < 1'000; ++at) {
    const TempFolder folder;
    const std::string name = NameTestStream(folder.path().string());
    const std::unique_ptr<Stream> stream = Open(name, 2);
    const WorkerPlan plan{name, "a", 1, kPosts, 2, 0, at};
    const int code = WorkerProcess(plan).Wait();
    BOOST_TEST(FaultsOf(ReadScripted(*stream), 1, kAtRest) == "", "crash at " << at);
    if (code == 0) break;
    BOOST_REQUIRE_EQUAL(code, kCrashed);
    ++crashes;
    WorkerPlan again = plan;
    again.crash_at = 0;
    BOOST_REQUIRE_EQUAL(WorkerProcess(again).Wait(), 0);
    BOOST_TEST(FaultsOf(ReadScripted(*stream), 1, kPosts) == "", "after a crash at " << at);
  }
  // Opening the writer; and twice: begin, two posts, coverage, cursor, offsets, commit.
  BOOST_TEST(crashes == 2 + 2 * 7 * 2);
}

BOOST_AUTO_TEST_CASE(two_ingesters_share_twenty_sources_and_one_is_killed_or_paused) {
  constexpr int kSources = 20;
  constexpr int kPosts = 120;
  constexpr int kFaults = 5;
  const std::uint32_t seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::minstd_rand random(seed);
  const TempFolder folder;
  const std::string name = NameTestStream(folder.path().string());
  const std::unique_ptr<Stream> stream = Open(name, 8);
  WorkerPlan plan{name, "", kSources, kPosts, 1, 0, 0};
  plan.pause_ms = static_cast<int>(TestSession().count()) * kFaults / 40;
  std::map<std::string, std::unique_ptr<WorkerProcess>> workers;
  const auto start = [&](const std::string& instance) {
    plan.instance = instance;
    workers[instance] = std::make_unique<WorkerProcess>(plan);
  };
  start("a");
  start("b");
  for (int fault = 0; fault < kFaults; ++fault) {
    std::this_thread::sleep_for(milliseconds(500 + random() % 1'500));
    const std::string victim = random() % 2 == 0 ? "a" : "b";
    if (fault % 2 == 0) {
      // The other one takes over; then a zombie wakes up with whatever it had under way.
      BOOST_TEST_MESSAGE("pause " << victim);
      workers[victim]->Signal(SIGSTOP);
      std::this_thread::sleep_for(TestSession() + TestSession() / 2 + milliseconds(1'000));
      workers[victim]->Signal(SIGCONT);
    } else {
      BOOST_TEST_MESSAGE("kill " << victim);
      BOOST_TEST(workers[victim]->Kill() == -SIGKILL);
      if (random() % 2 == 0) std::this_thread::sleep_for(TestSession());
      start(victim);
    }
    BOOST_TEST(FaultsOf(ReadScripted(*stream), kSources, kAtWork) == "");
  }
  BOOST_TEST(WaitForPosts(*stream, kSources * kPosts));
  BOOST_TEST(FaultsOf(ReadScripted(*stream), kSources, kPosts) == "");
  for (auto& [instance, worker] : workers) BOOST_TEST(worker->Stop() == 0);
  BOOST_TEST(FaultsOf(ReadScripted(*stream), kSources, kPosts) == "");
}

// Sources move for good: nobody comes back.
BOOST_AUTO_TEST_CASE(what_a_dead_ingester_owned_is_taken_over) {
  constexpr int kSources = 8;
  constexpr int kPosts = 60;
  const TempFolder folder;
  const std::string name = NameTestStream(folder.path().string());
  const std::unique_ptr<Stream> stream = Open(name, 4);
  WorkerPlan plan{name, "a", kSources, kPosts, 2, 100, 0};
  WorkerProcess a(plan);
  plan.instance = "b";
  WorkerProcess b(plan);
  BOOST_REQUIRE(WaitForPosts(*stream, 20));
  BOOST_TEST(a.Kill() == -SIGKILL);
  BOOST_TEST(b.Wait() == 0);  // it ends by itself once it owns all and all is done
  BOOST_TEST(FaultsOf(ReadScripted(*stream), kSources, kPosts) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
