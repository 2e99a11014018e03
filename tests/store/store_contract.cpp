#include "store_contract.h"

#include <map>
#include <random>
#include <set>

#include "base/sha256.h"
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

constexpr char kForgottenAuthor[] = "https://a.example/2";

// A log of everything that may occur, with ids drawn from few so that they meet.
Log RandomLog(unsigned seed, int records) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Log log;
  int next_tree = 200;
  std::vector<int> trees;
  for (int i = 0; i < 100; ++i) trees.push_back(i);
  std::map<std::string, bool> deleted;
  std::map<std::string, std::set<std::string>> ids_of;  // of an author, in any version
  std::set<std::string> forgotten;                      // nothing is written of them any more
  while (static_cast<int>(log.records().size()) < records) {
    const std::string hashtag = below(3) == 0 ? "other" : "hrevolution";
    const int id = below(100);
    EntryRecord entry =
        below(12) == 0 ? DeletedEntry(id) : Entry(id, "<p>Text number " + std::to_string(random()));
    entry.published -= below(3) * kDayMs;
    entry.tree = trees[static_cast<std::size_t>(id)];
    if (below(2) == 0) entry.parents = {PostId(below(100)), PostId(100 + below(100))};
    if (below(4) == 0) entry.contexts = {PostId(below(100))};
    entry.root = below(5) == 0;
    if (below(4) == 0) entry.via = Via::kThread;
    if (below(40) == 0) entry.authors = {"https://a.example/1", "https://a.example/2"};
    if (below(30) == 0) entry.author = "https://a.example/" + std::to_string(below(3));
    entry.digest = (std::uint64_t{random()} << 32U) | random();  // with the highest bit set too
    if (forgotten.contains(entry.id) || forgotten.contains(entry.author)) continue;
    if (!forgotten.empty()) {
      std::erase_if(entry.authors, [&](const std::string& one) { return forgotten.contains(one); });
    }
    ids_of[entry.author].insert(entry.id);
    for (const std::string& author : entry.authors) ids_of[author].insert(entry.id);
    switch (below(20)) {
      case 0:
        log.Add(hashtag, RemovedRecord{"entry", PostId(id)});
        log.Add(hashtag, RemovedRecord{"link", PostId(id)});
        break;
      case 1:
        // Its link has become needless: a new entry carries all.
        log.Add(hashtag, entry);
        deleted[hashtag + entry.id] = entry.deleted;
        log.Add(hashtag, RemovedRecord{"link", PostId(id)});
        break;
      case 2:
      case 3: {
        RepostRecord repost = Repost(below(30), id);
        repost.deleted = below(4) == 0;
        if (below(4) == 0) repost.published.reset();
        log.Add(hashtag, repost);
        break;
      }
      case 4:
        log.Add(hashtag, RemovedRecord{"repost", PostId(below(30)) + "/activity"});
        break;
      case 5: {
        const int into = next_tree++;
        log.Add(hashtag, TreeRecord{trees[static_cast<std::size_t>(id)], "", into});
        if (hashtag == "hrevolution") trees[static_cast<std::size_t>(id)] = into;
        break;
      }
      case 6: {
        SessionRecord session{kMoment + below(5) * kDayMs,
                              kMoment,
                              std::nullopt,
                              kMoment + kDayMs,
                              below(2) == 0,
                              ""};
        if (session.is_event) session.event = "Day “" + std::to_string(below(5)) + "”";
        log.Add(hashtag, session);
        break;
      }
      case 7:
        log.Add(hashtag, RemovedRecord{"session", FormatTime(kMoment + below(5) * kDayMs)});
        break;
      case 8:
        log.Add(hashtag,
                CoverageRecord{"source" + std::to_string(below(3)),
                               {{kMoment, kMoment + below(9) * kMinuteMs, below(2) == 0, "gap"}}});
        break;
      case 9:
        if (below(4) == 0 && forgotten.size() < 60) {
          forgotten.insert(entry.id);
          log.Add("", ForgottenRecord{Sha256Hex(entry.id), kMoment, true, false});
        } else if (below(8) == 0 && !forgotten.contains(kForgottenAuthor)) {
          const std::string author = kForgottenAuthor;
          forgotten.insert(author);
          forgotten.insert(ids_of[author].begin(), ids_of[author].end());
          log.Add("", ForgottenRecord{Sha256Hex(author), kMoment, false, true});
        }
        break;
      case 10:
      case 11:
      case 12:
      case 13:
        // A link deletes, but what is deleted comes back by an entry only.
        if (deleted[hashtag + entry.id]) entry.deleted = true;
        log.Add(hashtag, LinkOf(entry));
        deleted[hashtag + entry.id] = entry.deleted;
        break;
      default:
        log.Add(hashtag, entry);
        deleted[hashtag + entry.id] = entry.deleted;
    }
    if (below(10) == 0) log.Skip(below(5));
  }
  return log;
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
