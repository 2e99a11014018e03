// What every implementation of the timeline store must do. A test file of an implementation derives
// a fixture from StoreUnderTest and names it:
//
//   struct SqliteFixture : StoreUnderTest { … };
//   LATECOMER_STORE_CONTRACT(sqlite_store, SqliteFixture)
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "store/timeline_store.h"
#include "store_records.h"

namespace latecomer::test {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  // Both open the same database, empty at first; each call is a connection of its own.
  virtual std::unique_ptr<TimelineWriteStore> OpenWriter() = 0;
  virtual std::unique_ptr<TimelineReadStore> OpenReader() = 0;
  // Whether these bytes stand anywhere in the database's files.
  virtual bool FilesHold(const std::string& bytes) = 0;
};

// Fails the test where there is an error.
void Require(const Status& status);
template <typename T>
T Require(Result<T> result) {
  BOOST_REQUIRE_MESSAGE(result, (result ? std::string() : result.error().message));
  return std::move(*result);
}

inline constexpr char kTopicId[] = "topic-1";

// A log of everything that may occur, with ids drawn from few so that they meet.
Log RandomLog(unsigned seed, int records);

// Applies records [from, to) of the log as one batch of partition 0.
SinkBatch BatchOf(const Log& log, std::size_t from, std::size_t to);
// Applies the whole log as one batch from offset 0.
void ApplyAll(TimelineWriteStore& store, const Log& log);

// Ids of the hits, joined by blanks, each as its number in PostId.
std::string Found(TimelineReadStore& store, const std::string& hashtag, const std::string& query,
                  const std::optional<Place>& before = std::nullopt, std::size_t limit = 100);

void CheckPositions(StoreUnderTest& store);
void CheckConflicts(StoreUnderTest& store);
void CheckAnySplit(StoreUnderTest& store, unsigned seed);
void CheckLinkBeforeEntry(StoreUnderTest& store);
void CheckMerges(StoreUnderTest& store);
void CheckDeletion(StoreUnderTest& store);
void CheckForgotten(StoreUnderTest& store);
void CheckRemovedNumbers(StoreUnderTest& store);
void CheckRebuild(StoreUnderTest& store);
void CheckRebuildOfAnotherTopic(StoreUnderTest& store);
void CheckSnapshotsWhileWriting(StoreUnderTest& store);
void CheckHashtags(StoreUnderTest& store);
void CheckEpoch(StoreUnderTest& store);
void CheckNothing(StoreUnderTest& store);
void CheckSearchScripts(StoreUnderTest& store);
void CheckSearchHostile(StoreUnderTest& store);
void CheckSearchPages(StoreUnderTest& store);
void CheckSearchAfterChanges(StoreUnderTest& store);
void CheckSearchAgainstScan(StoreUnderTest& store);

}  // namespace latecomer::test

// clang-format off
#define LATECOMER_STORE_CONTRACT(suite, Fixture)                                              \
  BOOST_AUTO_TEST_SUITE(suite)                                                                \
  BOOST_FIXTURE_TEST_CASE(positions_move_with_rows, Fixture) { CheckPositions(*this); }       \
  BOOST_FIXTURE_TEST_CASE(stale_batches_conflict, Fixture) { CheckConflicts(*this); }         \
  BOOST_FIXTURE_TEST_CASE(any_split_of_batches, Fixture) {                                    \
    CheckAnySplit(*this, 1);                                                                  \
  }                                                                                           \
  BOOST_FIXTURE_TEST_CASE(any_split_of_batches_2, Fixture) { CheckAnySplit(*this, 2); }       \
  BOOST_FIXTURE_TEST_CASE(any_split_of_batches_3, Fixture) { CheckAnySplit(*this, 3); }       \
  BOOST_FIXTURE_TEST_CASE(link_before_entry, Fixture) { CheckLinkBeforeEntry(*this); }        \
  BOOST_FIXTURE_TEST_CASE(merges_are_resolved, Fixture) { CheckMerges(*this); }               \
  BOOST_FIXTURE_TEST_CASE(deletion_is_physical, Fixture) { CheckDeletion(*this); }            \
  BOOST_FIXTURE_TEST_CASE(forgotten_goes, Fixture) { CheckForgotten(*this); }                 \
  BOOST_FIXTURE_TEST_CASE(removed_numbers, Fixture) { CheckRemovedNumbers(*this); }           \
  BOOST_FIXTURE_TEST_CASE(rebuild, Fixture) { CheckRebuild(*this); }                          \
  BOOST_FIXTURE_TEST_CASE(rebuild_topic, Fixture) { CheckRebuildOfAnotherTopic(*this); }      \
  BOOST_FIXTURE_TEST_CASE(snapshots_while_writing, Fixture) {                                 \
    CheckSnapshotsWhileWriting(*this);                                                        \
  }                                                                                           \
  BOOST_FIXTURE_TEST_CASE(hashtags, Fixture) { CheckHashtags(*this); }                        \
  BOOST_FIXTURE_TEST_CASE(epoch, Fixture) { CheckEpoch(*this); }                              \
  BOOST_FIXTURE_TEST_CASE(nothing_there, Fixture) { CheckNothing(*this); }                    \
  BOOST_FIXTURE_TEST_CASE(search_scripts, Fixture) { CheckSearchScripts(*this); }             \
  BOOST_FIXTURE_TEST_CASE(search_hostile, Fixture) { CheckSearchHostile(*this); }             \
  BOOST_FIXTURE_TEST_CASE(search_pages, Fixture) { CheckSearchPages(*this); }                 \
  BOOST_FIXTURE_TEST_CASE(search_after_changes, Fixture) { CheckSearchAfterChanges(*this); }  \
  BOOST_FIXTURE_TEST_CASE(search_against_scan, Fixture) { CheckSearchAgainstScan(*this); }    \
  BOOST_AUTO_TEST_SUITE_END()
// clang-format on
