#include "processor/trim.h"

#include "tests/processor/loop_harness.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
const TopicPartition kPosts{kPostsTopic, 0};

BOOST_AUTO_TEST_SUITE(trim)

BOOST_AUTO_TEST_CASE(only_what_is_processed_and_old_is_deleted) {
  LoopStream log(1);
  for (int i = 0; i < 10; ++i) {
    log.WriteRaw(0, "tag", std::to_string(i));
    std::this_thread::sleep_for(milliseconds(3));
  }
  const std::vector<Record> records = log.Read(kPostsTopic, 0);
  const auto start = [&] { return Take(log.stream().StartOffset(kPosts)); };
  Must(TrimBefore(log.stream(), kPosts, 10, records[0].timestamp));
  BOOST_TEST(start() == 0);
  Must(TrimBefore(log.stream(), kPosts, 0, records[9].timestamp));
  BOOST_TEST(start() == 0);
  for (std::size_t i = 1; i < 10; i += 3) {  // just what is older than the i-th
    Must(TrimBefore(log.stream(), kPosts, 10, records[i].timestamp));
    BOOST_TEST(start() == static_cast<std::int64_t>(i));
  }
  Must(TrimBefore(log.stream(), kPosts, 9, kTimeMsMax));
  BOOST_TEST(start() == 9);
  Must(TrimBefore(log.stream(), kPosts, 9, kTimeMsMax));
  BOOST_TEST(start() == 9);
  Must(TrimBefore(log.stream(), kPosts, 10, kTimeMsMax));
  BOOST_TEST(start() == 10);
  BOOST_TEST(Take(log.stream().EndOffset(kPosts)) == 10);
}

BOOST_AUTO_TEST_CASE(a_loop_deletes_after_the_grace) {
  LoopStream log(1);
  std::mt19937 random(1);
  log.Write(RandomInputs(random, 50, true));
  {
    RunningLoop loop(log.stream(), QuickSettings());
    WaitUntil([&] { return log.CaughtUp(); });
    Must(loop.Stop());
    BOOST_TEST(Take(log.stream().StartOffset(kPosts)) == 0);  // within the grace
  }
  ProcessorLoopSettings settings = QuickSettings();
  settings.grace_ms = 0;
  RunningLoop loop(log.stream(), settings);
  WaitUntil([&] { return Take(log.stream().StartOffset(kPosts)) >= 50 || loop.ended(); });
  log.Write(RandomInputs(random, 50, true));
  WaitUntil([&] { return log.CaughtUp() || loop.ended(); });
  Must(loop.Stop());
  BOOST_TEST(Take(log.stream().StartOffset(kPosts)) >= 50);
  log.CheckTimelines();  // needs nothing of what was deleted
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
