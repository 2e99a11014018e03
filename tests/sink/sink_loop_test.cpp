#include "sink/sink_loop.h"

#include "sink_stream.h"
#include "store/sqlite_store.h"

namespace latecomer::test {
namespace {

using std::chrono::milliseconds;
using Failure = FakeStore::Failure;

// The store took each record of the log once, in order.
void CheckAppliedOnce(SinkStream& stream, FakeStore& store, std::int32_t partitions) {
  std::map<std::int32_t, std::vector<std::int64_t>> seqs;
  for (const SequencedRecord& record : store.applied) {
    seqs[record.record.cause.partition].push_back(record.seq);
  }
  for (std::int32_t i = 0; i < partitions; ++i) {
    std::vector<std::int64_t> expected;
    for (const SequencedRecord& record : stream.Read(i)) expected.push_back(record.seq);
    BOOST_TEST(seqs[i] == expected, boost::test_tools::per_element());
    BOOST_TEST(store.Position(i).next == stream.End(i));
  }
  BOOST_TEST(store.misplaced == 0);
}

// A log whose records say in `cause` which partition they go to.
Log LogFor(std::int32_t partition, int records) {
  Log log;
  for (int i = 0; i < records; ++i) {
    log.Add("tag" + std::to_string(partition), Entry(i % 97, "text " + std::to_string(i)));
  }
  for (SequencedRecord& record : log.mutable_records()) record.record.cause.partition = partition;
  return log;
}

StoreModel ModelOf(const std::vector<SequencedRecord>& records) {
  StoreModel model;
  for (const SequencedRecord& record : records) model.Apply(record);
  return model;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sink_loop)

BOOST_AUTO_TEST_CASE(moves_everything_into_a_store) {
  SinkStream stream(1);
  stream.Write(RandomLog(11, 2000), 0);
  SqliteStoreSettings settings;
  settings.path = stream.dir() / "store.db";
  const auto store = Require(OpenSqliteWriteStore(settings));
  const auto reader = Require(OpenSqliteReadStore(settings));
  RunningSink sink(stream.stream(), *store, QuickSettings("sink-1"));
  WaitUntil([&] { return CaughtUp(stream, sink, 1); });
  stream.Write(LogFor(0, 300), 0);
  WaitUntil([&] { return CaughtUp(stream, sink, 1); });
  const std::uint64_t records = stream.Read(0).size();
  BOOST_TEST(sink.loop().counters().records == records);
  BOOST_TEST(sink.loop().counters().rows == records);
  BOOST_TEST(sink.loop().counters().batches >= records / 70);
  BOOST_TEST(sink.loop().counters().rebuilds == 0U);
  Require(sink.Stop());
  BOOST_TEST(Difference(*reader, ModelOf(stream.Read(0))) == "");
}

BOOST_AUTO_TEST_CASE(failures_lose_and_double_nothing) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SinkStream stream(3);
    for (std::int32_t i = 0; i < 3; ++i) stream.Write(LogFor(i, 700), i);
    FakeStore store;
    std::mt19937 random(seed);
    int failures = 0;
    store.failure = [&] {
      const auto dice = random() % 10;
      if (dice > 2) return Failure::kNone;
      ++failures;
      return dice == 0   ? Failure::kRetryBefore
             : dice == 1 ? Failure::kRetryAfter
                         : Failure::kConflict;
    };
    RunningSink sink(stream.stream(), store, QuickSettings("sink-1"));
    WaitUntil([&] { return CaughtUp(stream, sink, 3); });
    Require(sink.Stop());
    BOOST_TEST(failures > 0);
    CheckAppliedOnce(stream, store, 3);
  }
}

BOOST_AUTO_TEST_CASE(stopping_and_resuming_loses_and_doubles_nothing) {
  SinkStream stream(2);
  for (std::int32_t i = 0; i < 2; ++i) stream.Write(LogFor(i, 1500), i);
  FakeStore store;
  store.failure = [&] {
    std::this_thread::sleep_for(milliseconds(2));
    return Failure::kNone;
  };
  std::mt19937 random(5);
  for (int round = 0; round < 15; ++round) {
    RunningSink sink(stream.stream(), store, QuickSettings("sink-1"));
    std::this_thread::sleep_for(milliseconds(random() % 20));
    Require(sink.Stop());
  }
  RunningSink sink(stream.stream(), store, QuickSettings("sink-1"));
  WaitUntil([&] { return CaughtUp(stream, sink, 2); });
  Require(sink.Stop());
  CheckAppliedOnce(stream, store, 2);
}

BOOST_AUTO_TEST_CASE(two_sinks_share_the_partitions) {
  SinkStream stream(4);
  for (std::int32_t i = 0; i < 4; ++i) stream.Write(LogFor(i, 400), i);
  FakeStore store;
  RunningSink first(stream.stream(), store, QuickSettings("sink-1"));
  WaitUntil([&] { return CaughtUp(stream, first, 4); });
  RunningSink second(stream.stream(), store, QuickSettings("sink-2"));
  WaitUntil([&] { return second.loop().NextOffsets().size() == 2; });
  BOOST_TEST(first.loop().NextOffsets().size() == 2U);
  for (std::int32_t i = 0; i < 4; ++i) stream.Write(LogFor(i, 100), i);
  WaitUntil([&] { return store.AppliedCount() == 2000; });
  Require(first.Stop());
  Require(second.Stop());
  CheckAppliedOnce(stream, store, 4);
}

BOOST_AUTO_TEST_CASE(a_corrupt_record_stops_it) {
  SinkStream stream(1);
  stream.Write(LogFor(0, 3), 0);
  stream.WriteRaw("tag0 entry x", "{\"v\":1,\"kind\":\"entry\"}", 0);
  FakeStore store;
  RunningSink sink(stream.stream(), store, QuickSettings("sink-1"));
  WaitUntil([&] { return sink.ended(); });
  const Status status = sink.Stop();
  BOOST_REQUIRE(!status);
  BOOST_TEST((status.error().code == ErrorCode::kCorrupt));
  BOOST_TEST(status.error().message.find("Offset 3 of partition 0") != std::string::npos);
  BOOST_TEST(store.AppliedCount() <= 3U);
}

BOOST_AUTO_TEST_CASE(it_stops_within_a_second_while_the_store_is_away) {
  SinkStream stream(1);
  stream.Write(LogFor(0, 3), 0);
  FakeStore store;
  store.failure = [] { return Failure::kRetryBefore; };
  SinkSettings settings = QuickSettings("sink-1");
  settings.backoff_first = settings.backoff_most = std::chrono::seconds(60);
  RunningSink sink(stream.stream(), store, settings);
  WaitUntil([&] { return sink.loop().counters().retries == 1; });
  const auto asked = std::chrono::steady_clock::now();
  Require(sink.Stop());
  BOOST_TEST((std::chrono::steady_clock::now() - asked < std::chrono::seconds(1)));
  BOOST_TEST(store.AppliedCount() == 0U);
}

BOOST_AUTO_TEST_CASE(it_scrubs_after_a_deletion_and_not_without) {
  SinkStream stream(1);
  stream.Write(LogFor(0, 3), 0);
  FakeStore store;
  SinkSettings settings = QuickSettings("sink-1");
  settings.scrub_pause = milliseconds(10);
  RunningSink sink(stream.stream(), store, settings);
  WaitUntil([&] { return CaughtUp(stream, sink, 1); });
  std::this_thread::sleep_for(milliseconds(1500));
  BOOST_TEST(store.scrubbed == 0);
  Log log;
  log.Add("tag0", RemovedRecord{"entry", PostId(1)});
  stream.Write(log, 0);
  WaitUntil([&] { return store.scrubbed == 1; });
  std::this_thread::sleep_for(milliseconds(1500));
  BOOST_TEST(store.scrubbed == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
