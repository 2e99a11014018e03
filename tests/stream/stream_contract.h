// What every implementation of Stream must do. An implementation's test derives a ContractLog and
// makes the cases its own:
//
//   BOOST_AUTO_TEST_SUITE(my_stream_contract)
//   LATECOMER_STREAM_CONTRACT(MyLog)
//   BOOST_AUTO_TEST_SUITE_END()
//
// What Kafka cannot keep, no case asks for: offsets may have holes, the end of a partition may move
// on a little after a commit (its marker), a cleaner of its own may not have come by yet.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "stream/stream.h"

namespace latecomer::contract {

// A log without topics, for one test.
class ContractLog {
 public:
  virtual ~ContractLog() = default;
  // A further handle to the same log, as another process would have it. Sessions of its group
  // members last SessionTimeout().
  virtual std::unique_ptr<Stream> Open() = 0;
  virtual std::chrono::milliseconds SessionTimeout() const = 0;
  // How long anything may take that is bound to happen.
  virtual std::chrono::milliseconds Patience() const { return std::chrono::seconds(30); }
  // Whether Clean(now) cleans at once, all there is. Otherwise records may still be there.
  virtual bool CleansWhenAsked() const { return true; }
};

#define LATECOMER_STREAM_CONTRACT_CASES(CASE) \
  CASE(AppendsAndReadsInOrder)                \
  CASE(KeepsNullAndEmptyValues)               \
  CASE(KeepsAnyBytes)                         \
  CASE(StampsRecordsWithTheTime)              \
  CASE(SpreadsKeysByMurmur2)                  \
  CASE(GivesStartAndEndOffsets)               \
  CASE(KnowsTopics)                           \
  CASE(RefusesATopicThatDiffers)              \
  CASE(ReadsAtMostMax)                        \
  CASE(WaitsForRecords)                       \
  CASE(PausesAndResumes)                      \
  CASE(Seeks)                                 \
  CASE(HidesOpenTransactions)                 \
  CASE(ForgetsAbortedTransactions)            \
  CASE(CommitsSeveralTopicsAtOnce)            \
  CASE(CommitsOffsetsWithTheTransaction)      \
  CASE(ContinuesAfterTheCommittedOffset)      \
  CASE(FencesAnOlderWriter)                   \
  CASE(NeedsAnOpenTransaction)                \
  CASE(RefusesTopicsThatAreNotThere)          \
  CASE(AssignsAllToTheOnlyMember)             \
  CASE(SharesAndHandsOverPartitions)          \
  CASE(HandsOverOnlyWhatWasReleased)          \
  CASE(ReturnsPartitionsOfAMemberThatLeaves)  \
  CASE(LosesASilentMember)                    \
  CASE(FencesOffsetsOfAnOldGeneration)        \
  CASE(RefusesOffsetsFromBeforeAHandover)     \
  CASE(RestartsAStaticMemberAtOnce)           \
  CASE(Trims)                                 \
  CASE(DeletesByAge)                          \
  CASE(CompactsToTheLatestOfEachKey)          \
  CASE(DropsOldTombstones)                    \
  CASE(KeepsOffsetsRisingAfterCleaning)

#define LATECOMER_STREAM_CONTRACT_DECLARE(name) void name(ContractLog& log);
LATECOMER_STREAM_CONTRACT_CASES(LATECOMER_STREAM_CONTRACT_DECLARE)

}  // namespace latecomer::contract

#define LATECOMER_STREAM_CONTRACT_CASE(name) \
  BOOST_AUTO_TEST_CASE(name) {               \
    ContractLogUnderTest log;                \
    ::latecomer::contract::name(log);        \
  }
#define LATECOMER_STREAM_CONTRACT(Log) \
  using ContractLogUnderTest = Log;    \
  LATECOMER_STREAM_CONTRACT_CASES(LATECOMER_STREAM_CONTRACT_CASE)
