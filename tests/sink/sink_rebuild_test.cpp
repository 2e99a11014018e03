// When a partition is rebuilt, and that nothing of the old stays.
#include "sink_stream.h"
#include "store/sqlite_store.h"

namespace latecomer::test {
namespace {

struct RebuildFixture {
  RebuildFixture() {
    Log log;
    for (int i = 0; i < 50; ++i) log.Add("tag", Entry(i));
    stream.Write(log, 0);
    topic_id = Require(stream.stream().TopicId(kTimelinesTopic));
  }
  // Runs a sink on a store that stands at `position` until it has caught up.
  void Run(const SinkPosition& position) {
    store.SetPosition(position);
    SinkSettings settings = QuickSettings("sink-1");
    settings.now = [this] { return now; };
    RunningSink sink(stream.stream(), store, settings);
    WaitUntil([&] { return CaughtUp(stream, sink, 1) && !store.Position(0).rebuilding; });
    Require(sink.Stop());
    BOOST_TEST(store.Position(0).next == 50);
  }

  SinkStream stream{1};
  FakeStore store;
  std::string topic_id;
  TimeMs now = kMoment;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sink_rebuild)

BOOST_FIXTURE_TEST_CASE(a_good_position_is_continued_from, RebuildFixture) {
  Run({topic_id, 0, 20, now - 6 * kDayMs, false});
  BOOST_TEST(store.begun == 0);
  BOOST_TEST(store.applied.size() == 30U);
}

BOOST_FIXTURE_TEST_CASE(a_position_past_the_end, RebuildFixture) {
  Run({topic_id, 0, 51, now, false});
  BOOST_TEST(store.begun == 1);
  BOOST_TEST(store.applied.size() == 50U);
}

BOOST_FIXTURE_TEST_CASE(another_topic, RebuildFixture) {
  Run({"some other", 0, 20, now, false});
  BOOST_TEST(store.begun == 1);
  BOOST_TEST(store.applied.size() == 50U);
}

BOOST_FIXTURE_TEST_CASE(an_old_position_with_news_after_it, RebuildFixture) {
  Run({topic_id, 0, 20, now - 8 * kDayMs, false});
  BOOST_TEST(store.begun == 1);
  BOOST_TEST(store.applied.size() == 50U);
}

BOOST_FIXTURE_TEST_CASE(an_old_position_at_the_end_is_refreshed, RebuildFixture) {
  store.SetPosition({topic_id, 0, 50, now - 8 * kDayMs, false});
  SinkSettings settings = QuickSettings("sink-1");
  settings.now = [this] { return now; };
  RunningSink sink(stream.stream(), store, settings);
  WaitUntil([&] { return store.Position(0).moved_at == now; });
  Require(sink.Stop());
  BOOST_TEST(store.begun == 0);
  BOOST_TEST(store.Position(0).next == 50);
}

BOOST_FIXTURE_TEST_CASE(an_unfinished_rebuild_is_finished, RebuildFixture) {
  Run({topic_id, 0, 20, now, true});
  BOOST_TEST(store.begun == 0);
  BOOST_TEST(store.ended == 1);
  BOOST_TEST(store.applied.size() == 30U);
}

BOOST_FIXTURE_TEST_CASE(a_rebuild_that_got_nowhere_goes_on, RebuildFixture) {
  Run({topic_id, 0, 0, 0, true});
  BOOST_TEST(store.begun == 0);
  BOOST_TEST(store.ended == 1);
  BOOST_TEST(store.applied.size() == 50U);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_topic_holds_the_new_one_only) {
  TempDir dir;
  SqliteStoreSettings settings;
  settings.path = dir / "store.db";
  for (const unsigned seed : {31U, 32U}) {
    SinkStream stream(1);  // each a topic of its own
    stream.Write(RandomLog(seed, 800), 0);
    const auto store = Require(OpenSqliteWriteStore(settings));
    RunningSink sink(stream.stream(), *store, QuickSettings("sink-1"));
    WaitUntil(
        [&] { return CaughtUp(stream, sink, 1) && sink.loop().counters().rebuilds == seed - 31; });
    WaitUntil(
        [&] { return !Require(OpenSqliteWriteStore(settings))->Positions()->at(0).rebuilding; });
    Require(sink.Stop());
    StoreModel model;
    for (const SequencedRecord& record : stream.Read(0)) model.Apply(record);
    BOOST_TEST(Difference(*Require(OpenSqliteReadStore(settings)), model, LastSeqs::kAtLeast) ==
               "");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
