// Deleting, forgetting, rebuilding; and readers beside a writer.
#include <atomic>
#include <thread>

#include "base/sha256.h"
#include "store_contract.h"
#include "store_model.h"

namespace latecomer::test {
namespace {

constexpr char kSecret[] = "xyzzysecretword";

// Half of many posts hold the secret, long and short ones mixed, so that rows move between pages.
void AddSecrets(Log& log) {
  for (int i = 0; i < 600; ++i) {
    const std::string filler(static_cast<std::size_t>(i * 37 % 900), 'f');
    const std::string secret = std::string(i % 2 == 0 ? kSecret : "plain") + std::to_string(i);
    log.Add("hrevolution", Entry((i * 7919) % 600, "<p>" + filler + " " + secret + "</p>"));
  }
}

bool HoldsSecret(const EntryRecord& entry) {
  return entry.content.find(kSecret) != std::string::npos;
}

void CheckSecretGone(StoreUnderTest& store, TimelineWriteStore& writer) {
  Require(writer.Scrub(kMoment));
  BOOST_TEST(!store.FilesHold(kSecret));

  BOOST_TEST(store.FilesHold("plain"));
  const auto reader = store.OpenReader();
  BOOST_TEST(Found(*reader, "", kSecret) == "");
  BOOST_TEST(Found(*reader, "", "plain601") == "");
  BOOST_TEST(Found(*reader, "", "plain599") != "");
}

}  // namespace

void CheckDeletion(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  AddSecrets(log);
  ApplyAll(*writer, log);
  BOOST_TEST(store.FilesHold(kSecret));
  const std::size_t before = log.records().size();
  for (std::size_t i = 0; i < before; ++i) {
    if (!HoldsSecret(std::get<EntryRecord>(log.records()[i].record.body))) continue;
    const int id = (static_cast<int>(i) * 7919) % 600;
    if (i % 3 == 0) {
      log.Add("hrevolution", RemovedRecord{"entry", PostId(id)});
    } else if (i % 3 == 1) {
      log.Add("hrevolution", DeletedEntry(id));
    } else {
      log.Add("hrevolution", LinkOf(DeletedEntry(id)));
    }
  }
  Require(writer->Apply(BatchOf(log, before, log.records().size())));
  CheckSecretGone(store, *writer);
}

void CheckForgotten(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  AddSecrets(log);
  EntryRecord by_other = Entry(700, std::string("<p>") + kSecret);
  by_other.author = "https://other.example/1";
  log.Add("hrevolution", by_other);
  EntryRecord once_by_other = Entry(701, std::string("<p>") + kSecret);
  once_by_other.authors = {"https://other.example/1", "https://social.example/users/ana"};
  log.Add("other", once_by_other);
  RepostRecord repost = Repost(9, 1);
  repost.by = "https://other.example/1";
  log.Add("other", repost);
  ApplyAll(*writer, log);
  const std::size_t before = log.records().size();
  for (std::size_t i = 0; i < 600; i += 2) {
    const int id = (static_cast<int>(i) * 7919) % 600;
    log.Add("", ForgottenRecord{Sha256Hex(PostId(id)), kMoment, true, false});
  }
  // Under a hashtag it is the builder's memory: it deletes nothing by itself.
  log.Add("hrevolution", ForgottenRecord{Sha256Hex(PostId(7919 % 600)), kMoment, true, false});
  // The id of a post is no author: nothing goes.
  log.Add("", ForgottenRecord{Sha256Hex(PostId(7919 % 600)), kMoment, false, true});
  log.Add("", ForgottenRecord{Sha256Hex("https://other.example/1"), kMoment, false, true});
  Require(writer->Apply(BatchOf(log, before, log.records().size())));
  StoreModel model;
  for (const SequencedRecord& record : log.records()) model.Apply(record);
  const auto reader = store.OpenReader();
  BOOST_TEST(Difference(*reader, model) == "");
  BOOST_TEST(Require(reader->Snapshot("hrevolution")).parts.entries.size() == 300U);
  BOOST_TEST(!reader->Snapshot("other"));
  BOOST_TEST(Require(reader->RemovedSince("hrevolution", 0)).size() == 301U);
  CheckSecretGone(store, *writer);
}

void CheckRemovedNumbers(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  const auto reader = store.OpenReader();
  Log log;
  log.Add("hrevolution", Entry(1));
  log.Add("hrevolution", Entry(2));
  log.Add("hrevolution", LinkOf(Entry(3)));
  log.Add("hrevolution", RemovedRecord{"entry", PostId(1)});
  log.Add("hrevolution", RemovedRecord{"entry", PostId(3)});  // nobody ever saw it
  Require(writer->Apply(BatchOf(log, 0, 3)));
  Require(writer->Apply(BatchOf(log, 3, 5)));
  std::vector<RemovedRow> removed = Require(reader->RemovedSince("hrevolution", 0));
  BOOST_REQUIRE(removed.size() == 1U);
  BOOST_TEST(removed[0].n == Entry(1).n);
  BOOST_TEST(removed[0].seq == 3);
  BOOST_TEST(Require(reader->RemovedSince("hrevolution", 3)).empty());
  BOOST_TEST(Require(reader->RemovedSince("other", 0)).empty());
  BOOST_TEST(Require(reader->LastSeq("hrevolution")) == 4);
  Require(writer->Scrub(kMoment + 29 * kDayMs));
  BOOST_TEST(Require(reader->RemovedSince("hrevolution", 0)).size() == 1U);
  Require(writer->Scrub(kMoment + 31 * kDayMs));
  BOOST_TEST(Require(reader->RemovedSince("hrevolution", 0)).empty());

  log.Add("hrevolution", RemovedRecord{"entry", PostId(2)});
  log.Add("hrevolution", Entry(2));
  Require(writer->Apply(BatchOf(log, 5, 6)));
  BOOST_TEST(Require(reader->RemovedSince("hrevolution", 0)).size() == 1U);
  Require(writer->Apply(BatchOf(log, 6, 7)));  // it is back
  BOOST_TEST(Require(reader->RemovedSince("hrevolution", 0)).empty());
}

void CheckRebuild(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  for (int i = 0; i < 20; ++i) log.Add("hrevolution", Entry(i, "<p>word" + std::to_string(i)));
  log.Add("hrevolution", Repost(1, 2));
  log.Add("hrevolution", Repost(2, 2));
  log.Add("hrevolution", SessionRecord{kMoment, kMoment, kMoment, kMoment, false, ""});
  log.Add("gone", Entry(50));
  log.Add("gone", CoverageRecord{"s", {{0, 1, true, ""}}});
  log.Add("", ForgottenRecord{Sha256Hex(PostId(99)), kMoment, true, false});
  ApplyAll(*writer, log);
  Log other_log;  // another partition is not touched
  other_log.Add("elsewhere", Entry(1));
  SinkBatch other = BatchOf(other_log, 0, 1);
  other.partition = 1;
  Require(writer->Apply(other));

  // What compaction left: half of the entries, with their offsets, and some news.
  Log kept;
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 0) {
      kept.Add("hrevolution", Entry(i, "<p>word" + std::to_string(i)));
    } else {
      kept.Skip(1);
    }
  }
  kept.Add("hrevolution", LinkOf(Entry(1)));  // its entry is lost
  kept.Add("hrevolution", Repost(2, 2));
  Require(writer->BeginRebuild(kTopicId, 0, 0));
  BOOST_TEST(Require(writer->Positions())[0].rebuilding);
  BOOST_TEST(Require(writer->Positions())[0].next == 0);
  const std::size_t half = kept.records().size() / 2;
  Require(writer->Apply(BatchOf(kept, 0, half)));
  // Until the end what was there is still there.
  BOOST_TEST(Require(store.OpenReader()->Snapshot("hrevolution")).parts.entries.size() == 20U);
  Require(store.OpenWriter()->Apply(BatchOf(kept, half, kept.records().size())));
  Require(writer->EndRebuild(0));
  BOOST_TEST(!Require(writer->Positions())[0].rebuilding);

  StoreModel model;
  for (const SequencedRecord& record : kept.records()) model.Apply(record);
  TimelineRecord elsewhere = other_log.records()[0].record;
  model.Apply({0, elsewhere});
  const auto reader = store.OpenReader();
  BOOST_TEST(Difference(*reader, model) == "");
  BOOST_TEST(Found(*reader, "", "word18") == "18");
  BOOST_TEST(Found(*reader, "", "word19") == "");
  Require(writer->Scrub(kMoment));
  BOOST_TEST(!store.FilesHold("word19"));
}

void CheckRebuildOfAnotherTopic(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  log.Skip(1000);
  for (int i = 0; i < 20; ++i) log.Add("hrevolution", Entry(i, "old"));
  log.Add("hrevolution", LinkOf(Entry(3)));
  ApplyAll(*writer, log);
  // The topic was made anew: offsets are smaller, and yet the records count.
  Log anew;
  for (int i = 5; i < 25; ++i) anew.Add("hrevolution", Entry(i, "new"));
  anew.Add("hrevolution", LinkOf(Entry(7)));
  Require(writer->BeginRebuild("topic-2", 0, 0));
  SinkBatch batch = BatchOf(anew, 0, anew.records().size());
  batch.topic_id = "topic-2";
  Require(writer->Apply(batch));
  Require(writer->EndRebuild(0));
  StoreModel model;
  for (const SequencedRecord& record : anew.records()) model.Apply(record);
  const auto reader = store.OpenReader();
  BOOST_TEST(Difference(*reader, model) == "");
  BOOST_TEST(Require(reader->Snapshot("hrevolution")).applied == anew.next() - 1);
  // A rebuild that is begun twice (the sink was killed) ends in the same.
  Require(writer->BeginRebuild("topic-2", 0, 0));
  Require(writer->BeginRebuild("topic-2", 0, 0));
  Require(writer->Apply(batch));
  Require(writer->EndRebuild(0));
  BOOST_TEST(Difference(*reader, model) == "");
}

void CheckSnapshotsWhileWriting(StoreUnderTest& store) {
  // Batch i rewrites all ten entries: `published` is that of batch i, the only one that fits i's
  // offsets. A torn snapshot would mix two.
  constexpr int kBatches = 60;
  constexpr int kEntries = 10;
  Log log;
  for (int batch = 0; batch < kBatches; ++batch) {
    for (int i = 0; i < kEntries; ++i) {
      EntryRecord entry = Entry(i, "batch" + std::to_string(batch));
      entry.published = kMoment + batch;
      log.Add("hrevolution", entry);
    }
  }
  const auto writer = store.OpenWriter();
  Require(writer->Apply(BatchOf(log, 0, kEntries)));
  const auto reader = store.OpenReader();
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::atomic<int> looks = 0;
  const auto look = [&] {
    while (!stop) {
      const Result<TimelineSnapshot> snapshot = reader->Snapshot("hrevolution");
      if (!snapshot || snapshot->parts.entries.size() != kEntries) {
        ++torn;
        continue;
      }
      const std::int64_t batch = snapshot->applied / kEntries;
      for (std::size_t i = 0; i < kEntries; ++i) {
        if (snapshot->parts.entries[i].published != kMoment + batch) ++torn;
        if (snapshot->entry_seqs[i] / kEntries != batch) ++torn;
      }
      ++looks;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(look);
    for (std::size_t batch = 1; batch < kBatches; ++batch) {
      Require(writer->Apply(BatchOf(log, batch * kEntries, (batch + 1) * kEntries)));
    }
    while (looks < 10 && torn == 0) std::this_thread::yield();
    stop = true;
  }
  BOOST_TEST(torn == 0);
}

}  // namespace latecomer::test
