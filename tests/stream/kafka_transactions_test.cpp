// Transactions against what can go wrong with them: zombies, writers that died or hang, queues that
// are full, records that are large.
#include <thread>

#include "tests/stream/child_process.h"
#include "tests/stream/kafka_faults.h"
#include "tests/stream/kafka_util.h"

namespace latecomer {
namespace {

using contract::AppendAll;
using contract::KeysOf;
using contract::Must;
using contract::Numbered;
using contract::ReadAll;
using contract::ReadPartition;
using contract::Take;
using contract::Topic;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds Since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

// A child that leaves a transaction with one record open, and goes without a word.
int AbandonTransaction(const KafkaStreamSettings& settings, const std::string& id) {
  const auto stream = OpenKafkaStream(settings);
  if (!stream) return 1;
  const auto writer = (*stream)->NewWriter(id);
  if (!writer || !(*writer)->Begin() || !(*writer)->Append("t", 0, "abandoned", "v")) return 2;
  // Long enough for the record to arrive.
  std::this_thread::sleep_for(milliseconds(700));
  raise(SIGKILL);
  return 3;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_transactions)

BOOST_AUTO_TEST_CASE(AWriterThatWasKilledHoldsReadersUpNoLongerThanItsTimeout) {
  KafkaTestLog log;
  log.settings().librdkafka.emplace_back("transaction.timeout.ms", "4000");
  Must(log.Open()->EnsureTopic(Topic("t")));
  {
    ChildProcess child([&] { return AbandonTransaction(log.settings(), "killed"); });
    BOOST_TEST(child.Wait() == -1);
  }
  const auto start = steady_clock::now();
  const auto stream = log.Open();
  AppendAll(*Take(stream->NewWriter("other")), "t", {{"after", "v"}});
  const auto reader = ReadPartition(*stream, "t");
  BOOST_TEST(std::get<Records>(Take(reader->Poll(10, milliseconds(500)))).records.empty());
  BOOST_TEST(Take(reader->Position({"t", 0})) == 0);
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "t")) == std::vector<std::string>{"after"},
             boost::test_tools::per_element());
  // The coordinator looks for them now and then: once a second here.
  BOOST_TEST((Since(start) < milliseconds(8'000)));
}

BOOST_AUTO_TEST_CASE(ANewWriterOfTheSameIdEndsWhatWasLeftAtOnce) {
  KafkaTestLog log;
  Must(log.Open()->EnsureTopic(Topic("t")));
  {
    ChildProcess child([&] { return AbandonTransaction(log.settings(), "restarted"); });
    BOOST_TEST(child.Wait() == -1);
  }
  const auto start = steady_clock::now();
  const auto stream = log.Open();
  AppendAll(*Take(stream->NewWriter("restarted")), "t", {{"after", "v"}});
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "t")) == std::vector<std::string>{"after"},
             boost::test_tools::per_element());
  BOOST_TEST((Since(start) < milliseconds(5'000)));
}

// KAFKA-10167: who restores up to the last stable offset loses what was committed behind a marker
// that has not come yet. The position stays before an undecided transaction, whoever's it is.
BOOST_AUTO_TEST_CASE(RestoringWaitsForWhatIsUndecided) {
  KafkaTestLog log;
  const auto stream = log.Open();
  const TopicPartition place{"t", 0};
  Must(stream->EnsureTopic(Topic("t", 1, Cleanup::kCompact)));
  const auto slow = Take(stream->NewWriter("slow"));
  const auto quick = Take(stream->NewWriter("quick"));
  AppendAll(*quick, "t", {{"a", "1"}});
  Must(slow->Begin());
  Must(slow->Append("t", 0, "b", "2"));
  // It has arrived once the partition's end passes the marker of `a`.
  contract::Until(
      log, [&] { return Take(stream->EndOffset(place)) >= 3; },
      [] { std::this_thread::sleep_for(milliseconds(20)); }, "the open record");
  AppendAll(*quick, "t", {{"c", "3"}});
  const std::int64_t end = Take(stream->EndOffset(place));
  const auto reader = ReadPartition(*stream, "t");
  std::vector<std::string> got;
  const auto poll = [&] {
    Polled polled = Take(reader->Poll(10, milliseconds(20)));
    for (const Record& record : std::get<Records>(polled).records) got.push_back(record.key);
  };
  const auto start = steady_clock::now();
  while (Since(start) < milliseconds(1'500)) poll();
  BOOST_TEST(got == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  BOOST_TEST(Take(reader->Position(place)) < end);
  Must(slow->Commit());
  contract::Until(
      log, [&] { return Take(reader->Position(place)) >= end; }, poll, "the end");
  BOOST_TEST(got == (std::vector<std::string>{"a", "b", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ThePositionPassesWhatWasAborted) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) {
    AppendAll(*writer, "t", {{"kept", "v"}});
    // At once: while the coordinator is still completing the one before.
    Must(writer->Begin());
    for (int j = 0; j < 40; ++j) Must(writer->Append("t", 0, "gone", std::string(2'000, 'x')));
    Must(writer->Abort());
  }
  const auto records = ReadAll(log, *stream, "t");
  BOOST_TEST(records.size() == static_cast<std::size_t>(kRounds));
  // Nothing but what was aborted, and its marker, lies behind the last.
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) > records.back().offset + 40);
}

BOOST_AUTO_TEST_CASE(RecordsOfAMegabyteArriveThroughSmallFetches) {
  KafkaTestLog log;
  log.settings().librdkafka.emplace_back("fetch.max.bytes", "9000000");
  log.settings().librdkafka.emplace_back("fetch.message.max.bytes", "1000");
  log.settings().librdkafka.emplace_back("queued.max.messages.kbytes", "64");
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  std::string large;
  std::uint32_t random = 1;  // nothing that compresses
  while (large.size() < 1'100'000) {
    random = random * 1'664'525 + 1'013'904'223;
    large += static_cast<char>(random >> 24);
  }
  AppendAll(*writer, "t", {{"1", large}, {"2", "small"}, {"3", large}, {"4", large}, {"5", ""}});
  const auto records = ReadAll(log, *stream, "t");
  BOOST_TEST(KeysOf(records) == (std::vector<std::string>{"1", "2", "3", "4", "5"}),
             boost::test_tools::per_element());
  for (const std::size_t i : {0U, 2U, 3U}) BOOST_TEST((records[i].value == large));
}

BOOST_AUTO_TEST_CASE(ARecordThatIsTooLargeIsRefusedAndHarmsNothing) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  Must(writer->Begin());
  const Status refused = writer->Append("t", 0, "k", std::string(20'000'000, 'x'));
  BOOST_TEST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kInvalid));
  Must(writer->Append("t", 0, "good", "v"));
  Must(writer->Commit());
  BOOST_TEST(ReadAll(log, *stream, "t").size() == 1U);
}

BOOST_AUTO_TEST_CASE(AFullQueueOnlySlowsTheWriterDown) {
  KafkaTestLog log;
  log.settings().librdkafka.emplace_back("queue.buffering.max.messages", "100");
  log.settings().librdkafka.emplace_back("linger.ms", "50");
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  const auto writer = Take(stream->NewWriter("w"));
  constexpr int kRecords = 5'000;
  AppendAll(*writer, "t", Numbered("k", kRecords), 1);
  const auto records = ReadAll(log, *stream, "t", 1);
  BOOST_TEST_REQUIRE(records.size() == static_cast<std::size_t>(kRecords));
  for (int i = 0; i < kRecords; ++i) {
    BOOST_TEST(records[static_cast<std::size_t>(i)].key == "k" + std::to_string(i));
  }
}

BOOST_AUTO_TEST_CASE(AHangingBrokerIsGivenUpInTimeAndNothingIsDoneTwice) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", {{"1", "v"}});
  auto member = std::make_unique<contract::Member>(*stream, contract::InGroup("g", "t", "i"));
  contract::Until(
      log, [&] { return member->records.size() == 1; }, [&] { member->Step(); }, "a record");
  Status committed;
  {
    BrokerHangs hangs;
    Must(writer->Begin());
    Must(writer->Append("t", 0, "2", "v"));
    Must(writer->SendOffsets(member->reader->Group(), {"t", 0}, 1));
    auto start = steady_clock::now();
    committed = writer->Commit();
    BOOST_TEST((Since(start) < milliseconds(16'000)), Since(start).count() << " ms");
    BOOST_TEST_REQUIRE(!committed);
    BOOST_TEST((committed.error().code == ErrorCode::kConflict ||
                committed.error().code == ErrorCode::kRetryLater));
    start = steady_clock::now();
    BOOST_TEST((stream->EndOffset({"t", 0}).error().code == ErrorCode::kRetryLater));
    BOOST_TEST((stream->CommittedOffset("g", {"t", 0}).error().code == ErrorCode::kRetryLater));
    BOOST_TEST((stream->Trim({"t", 0}, 0).error().code == ErrorCode::kRetryLater));
    BOOST_TEST((stream->EnsureTopic(Topic("t")).error().code == ErrorCode::kRetryLater));
    BOOST_TEST((Since(start) < 4 * kKafkaCallMax + milliseconds(4'000)));
    start = steady_clock::now();
    writer.reset();
    BOOST_TEST((Since(start) < milliseconds(2'000)), "writer: " << Since(start).count() << " ms");
    start = steady_clock::now();
    member.reset();
    BOOST_TEST((Since(start) < milliseconds(2'000)), "reader: " << Since(start).count() << " ms");
  }
  // A new writer decides what became of it; then the offset and the record tell the same.
  contract::Until(
      log,
      [&] {
        auto made = stream->NewWriter("w");
        if (made) writer = std::move(*made);
        return writer != nullptr;
      },
      [] {}, "a new writer");
  const auto offset = Take(stream->CommittedOffset("g", {"t", 0}));
  const auto records = ReadAll(log, *stream, "t");
  BOOST_TEST(records.size() == (offset.has_value() ? 2U : 1U));
  AppendAll(*writer, "t", {{"3", "v"}});
  BOOST_TEST(ReadAll(log, *stream, "t").size() == records.size() + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
