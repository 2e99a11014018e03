#include "store_contract.h"

#include <random>

#include "store_model.h"

namespace latecomer::test {

void Require(const Status& status) {
  BOOST_REQUIRE_MESSAGE(status, (status ? std::string() : status.error().message));
}

SinkBatch BatchOf(const Log& log, std::size_t from, std::size_t to) {
  const std::vector<SequencedRecord>& records = log.records();
  SinkBatch batch;
  batch.topic_id = kTopicId;
  batch.from = from == 0 ? 0 : records[from - 1].seq + 1;
  batch.next = to == 0 ? 0 : records[to - 1].seq + 1;
  batch.at = kMoment;
  batch.records = std::span(records).subspan(from, to - from);
  return batch;
}

void ApplyAll(TimelineWriteStore& store, const Log& log) {
  Require(store.Apply(BatchOf(log, 0, log.records().size())));
}

namespace {

void CheckSame(StoreUnderTest& store, const Log& log) {
  StoreModel model;
  for (const SequencedRecord& record : log.records()) model.Apply(record);
  BOOST_TEST(Difference(*store.OpenReader(), model) == "");
}

}  // namespace

void CheckPositions(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  BOOST_TEST(Require(writer->Positions()).empty());
  Log log;
  log.Add("hrevolution", Entry(1));
  log.Skip(5);
  SinkBatch batch = BatchOf(log, 0, 1);
  batch.next = 6;  // past a marker that is no record
  Require(writer->Apply(batch));
  batch.partition = 3;
  batch.records = {};
  batch.at = kMoment + 1;
  Require(writer->Apply(batch));
  const std::vector<SinkPosition> positions = Require(store.OpenWriter()->Positions());
  BOOST_REQUIRE(positions.size() == 2U);
  BOOST_TEST(positions[0].topic_id == kTopicId);
  BOOST_TEST(positions[0].partition == 0);
  BOOST_TEST(positions[0].next == 6);
  BOOST_TEST(positions[0].moved_at == kMoment);
  BOOST_TEST(!positions[0].rebuilding);
  BOOST_TEST(positions[1].partition == 3);
  BOOST_TEST(positions[1].moved_at == kMoment + 1);
  BOOST_TEST(Require(store.OpenReader()->Snapshot("hrevolution")).applied == 5);
}

void CheckConflicts(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  log.Add("hrevolution", Entry(1, "first"));
  log.Add("hrevolution", Entry(1, "second"));
  log.Add("hrevolution", Entry(2, "third"));
  Require(writer->Apply(BatchOf(log, 0, 2)));
  const auto check = [&](const SinkBatch& batch) {
    const Status status = writer->Apply(batch);
    BOOST_REQUIRE(!status);
    BOOST_TEST((status.error().code == ErrorCode::kConflict));
  };
  check(BatchOf(log, 0, 2));  // the same again
  check(BatchOf(log, 0, 1));  // an older one
  SinkBatch ahead = BatchOf(log, 2, 3);
  ahead.from = 3;
  check(ahead);
  SinkBatch other_topic = BatchOf(log, 2, 3);
  other_topic.topic_id = "topic-2";
  check(other_topic);
  other_topic.from = 0;
  check(other_topic);
  StoreModel model;
  for (std::size_t i = 0; i < 2; ++i) model.Apply(log.records()[i]);
  BOOST_TEST(Difference(*store.OpenReader(), model) == "");
  Require(store.OpenWriter()->Apply(BatchOf(log, 2, 3)));
  CheckSame(store, log);
}

void CheckAnySplit(StoreUnderTest& store, unsigned seed) {
  std::mt19937 random(seed);
  const auto writer = store.OpenWriter();
  const auto reader = store.OpenReader();
  const Log log = RandomLog(seed, 3000);
  StoreModel model;
  std::size_t from = 0;
  while (from < log.records().size()) {
    const std::size_t most = random() % 3 == 0 ? 1 : random() % 3 == 0 ? 20 : 400;
    const std::size_t to = std::min(log.records().size(), from + 1 + random() % most);
    Require(writer->Apply(BatchOf(log, from, to)));
    for (; from < to; ++from) model.Apply(log.records()[from]);
    if (random() % 8 == 0) BOOST_REQUIRE_EQUAL(Difference(*reader, model), "");
  }
  BOOST_REQUIRE_EQUAL(Difference(*reader, model), "");
}

void CheckLinkBeforeEntry(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  EntryRecord link = LinkOf(Entry(1));
  link.parents = {PostId(7)};
  log.Add("hrevolution", link);
  log.Add("hrevolution", Entry(2));
  link = LinkOf(Entry(2));
  link.published -= kDayMs;
  link.via = Via::kThread;
  log.Add("hrevolution", link);
  Require(writer->Apply(BatchOf(log, 0, 1)));
  const auto reader = store.OpenReader();
  const Result<TimelineSnapshot> nothing = reader->Snapshot("hrevolution");
  BOOST_REQUIRE(!nothing);
  BOOST_TEST((nothing.error().code == ErrorCode::kNotFound));
  Require(writer->Apply(BatchOf(log, 1, 3)));
  CheckSame(store, log);
  log.Add("hrevolution", Entry(1, "at last"));
  Require(writer->Apply(BatchOf(log, 3, 4)));
  CheckSame(store, log);
  log.Add("hrevolution", RemovedRecord{"link", PostId(1)});  // the entry stays
  Require(writer->Apply(BatchOf(log, 4, 5)));
  CheckSame(store, log);
  BOOST_TEST(Require(reader->Snapshot("hrevolution")).parts.entries.size() == 2U);
}

void CheckMerges(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  for (int i = 0; i < 50; ++i) log.Add("hrevolution", Entry(i));
  for (int i = 0; i < 49; ++i) log.Add("hrevolution", TreeRecord{i, "", i + 1});
  log.Add("hrevolution", TreeRecord{49, PostId(49), std::nullopt});
  ApplyAll(*writer, log);
  CheckSame(store, log);
  for (const EntryRecord& entry :
       Require(store.OpenReader()->Snapshot("hrevolution")).parts.entries) {
    BOOST_TEST(entry.tree == 49);
  }
}

void CheckHashtags(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  const auto add = [&](int i, const std::string& spelling) {
    EntryRecord entry = Entry(i);
    entry.content = Content("<p>x</p>", "Ana", "ana", spelling);
    log.Add("hrevolution", entry);
  };
  add(1, "#hrevolution");
  add(2, "＃HRevolution");
  add(3, "#HRevolution");
  add(4, "#else");
  log.Add("empty", CoverageRecord{"s", {{0, 1, true, ""}}});
  log.Add("hrevolution", Repost(9, 1));
  ApplyAll(*writer, log);
  const auto reader = store.OpenReader();
  std::vector<HashtagSummary> summaries = Require(reader->Hashtags());
  BOOST_REQUIRE(summaries.size() == 2U);
  BOOST_TEST(summaries[0].hashtag == "empty");
  BOOST_TEST(summaries[0].display == "empty");
  BOOST_TEST(summaries[1].display == "HRevolution");
  BOOST_TEST(summaries[1].entries == 4U);
  BOOST_TEST(summaries[1].reposts == 1U);
  BOOST_TEST(summaries[1].seq == log.next() - 1);
  const std::size_t before = log.records().size();
  log.Add("hrevolution", DeletedEntry(2));
  log.Add("hrevolution", RemovedRecord{"entry", PostId(3)});
  Require(writer->Apply(BatchOf(log, before, log.records().size())));
  summaries = Require(reader->Hashtags());
  BOOST_TEST(summaries[1].display == "hrevolution");
  BOOST_TEST(summaries[1].entries == 3U);
  CheckSame(store, log);
}

void CheckEpoch(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  const auto reader = store.OpenReader();
  const std::string epoch = Require(reader->Epoch());
  BOOST_TEST(epoch.size() == 36U);
  Log log;
  log.Add("hrevolution", Entry(1));
  ApplyAll(*writer, log);
  BOOST_TEST(Require(reader->Epoch()) == epoch);
  BOOST_TEST(Require(store.OpenReader()->Epoch()) == epoch);
  Require(writer->BeginRebuild(kTopicId, 0, 0));  // versions may fall back: cursors are void
  BOOST_TEST(Require(reader->Epoch()) != epoch);
}

void CheckNothing(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  const auto reader = store.OpenReader();
  BOOST_TEST(Require(reader->Hashtags()).empty());
  BOOST_TEST(Require(reader->LastSeq("none")) == 0);
  BOOST_TEST(Require(reader->RemovedSince("none", 0)).empty());
  const std::vector<std::string> ids = {PostId(1)};
  BOOST_TEST(Require(reader->Contents("none", ids)).at(0) == "");
  BOOST_TEST((reader->Snapshot("none").error().code == ErrorCode::kNotFound));
  Require(reader->ForEachEntry("none", [](const StoredEntry&) { return true; }));
  BOOST_TEST(Found(*reader, "none", "word") == "");
  Require(writer->Scrub(kMoment));
}

}  // namespace latecomer::test
