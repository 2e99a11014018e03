// kill -9 at any moment: the store ends as if nothing had happened.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sink_stream.h"
#include "store/sqlite_store.h"

namespace latecomer::test {
namespace {

constexpr int kRounds = 12;

// The child: a sink that runs until it is killed. No assertions of the test here.
[[noreturn]] void RunSinkForEver(const SinkStream& stream, const SqliteStoreSettings& settings) {
  const auto own_stream = stream.Open();
  const auto store = OpenSqliteWriteStore(settings);
  if (!store) _exit(3);
  SinkSettings quick = QuickSettings("sink-1");
  quick.scrub_pause = std::chrono::milliseconds(1);
  SinkLoop loop(*own_stream, **store, quick);
  const Status status = loop.Run(std::stop_token());
  _exit(status ? 0 : 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sink_kill)

BOOST_AUTO_TEST_CASE(killed_again_and_again) {
  SinkStream stream(1);
  stream.Write(RandomLog(21, 4000), 0);
  SqliteStoreSettings settings;
  settings.path = stream.dir() / "store.db";
  std::mt19937 random(21);
  for (int round = 0; round < kRounds; ++round) {
    stream.Close();  // SQLite's handles do not go through a fork
    const pid_t child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) RunSinkForEver(stream, settings);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 150));
    kill(child, SIGKILL);
    int status = 0;
    BOOST_REQUIRE(waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));  // else it ended by itself, with an error
    stream.Reopen();
  }
  const auto store = Require(OpenSqliteWriteStore(settings));
  RunningSink sink(stream.stream(), *store, QuickSettings("sink-1"));
  WaitUntil([&] { return CaughtUp(stream, sink, 1); });
  BOOST_TEST(sink.loop().counters().rebuilds == 0U);
  Require(sink.Stop());
  StoreModel model;
  for (const SequencedRecord& record : stream.Read(0)) model.Apply(record);
  BOOST_TEST(Difference(*Require(OpenSqliteReadStore(settings)), model) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
