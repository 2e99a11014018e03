// The contract of a log: order, offsets, values, positions.
#include <thread>

#include "base/time.h"
#include "tests/stream/stream_contract_util.h"

namespace latecomer::contract {

using std::chrono::milliseconds;

void AppendsAndReadsInOrder(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 300));
  AppendAll(*writer, "t", Numbered("b", 1));
  const auto records = ReadAll(log, *stream, "t");
  BOOST_TEST_REQUIRE(records.size() == 301U);
  for (std::size_t i = 0; i < 300; ++i) {
    BOOST_TEST(records[i].key == "a" + std::to_string(i));
    BOOST_TEST(records[i].value.value() == "a" + std::to_string(i));
    BOOST_TEST(records[i].partition == 0);
    if (i > 0) BOOST_TEST(records[i].offset > records[i - 1].offset);
  }
  BOOST_TEST(records[300].key == "b0");
}

void KeepsNullAndEmptyValues(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", {{"null", std::nullopt}, {"empty", ""}, {"full", "x"}});
  const auto records = ReadAll(log, *stream, "t");
  BOOST_TEST_REQUIRE(records.size() == 3U);
  BOOST_TEST(!records[0].value.has_value());
  BOOST_TEST_REQUIRE(records[1].value.has_value());
  BOOST_TEST(records[1].value->empty());
  BOOST_TEST(records[2].value.value() == "x");
}

void KeepsAnyBytes(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string large(300'000, '\xff');
  AppendAll(*writer, "t", {{bytes, bytes + bytes}, {"k", large}});
  const auto records = ReadAll(log, *stream, "t");
  BOOST_TEST_REQUIRE(records.size() == 2U);
  BOOST_TEST((records[0].key == bytes));
  BOOST_TEST((records[0].value.value() == bytes + bytes));
  BOOST_TEST((records[1].value.value() == large));
}

void StampsRecordsWithTheTime(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  const TimeMs before = Now();
  AppendAll(*writer, "t", Numbered("a", 2));
  const TimeMs after = Now();
  for (const Record& record : ReadAll(log, *stream, "t")) {
    BOOST_TEST(record.timestamp >= before);
    BOOST_TEST(record.timestamp <= after);
  }
}

void SpreadsKeysByMurmur2(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 3)));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("key", 60));
  AppendAll(*writer, "t", {{"chosen", "2"}}, 2);
  std::size_t total = 0;
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    const auto records = ReadAll(log, *stream, "t", partition);
    total += records.size();
    BOOST_TEST(records.size() > 5U);
    for (const Record& record : records) {
      BOOST_TEST(record.partition == partition);
      if (record.key == "chosen") {
        BOOST_TEST(partition == 2);
      } else {
        BOOST_TEST(PartitionOf(record.key, 3) == partition);
      }
    }
  }
  BOOST_TEST(total == 61U);
}

void GivesStartAndEndOffsets(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  BOOST_TEST(Take(stream->StartOffset({"t", 0})) == 0);
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) == 0);
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 5), 1);
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) == 0);
  BOOST_TEST(Take(stream->EndOffset({"t", 1})) >= 5);
  BOOST_TEST(Take(stream->EndOffset({"t", 1})) > ReadAll(log, *stream, "t", 1).back().offset);
  BOOST_TEST(Take(stream->StartOffset({"t", 1})) == 0);
}

void KnowsTopics(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 3)));
  Must(stream->EnsureTopic(Topic("u", 1, Cleanup::kCompact)));
  Must(log.Open()->EnsureTopic(Topic("t", 3)));
  BOOST_TEST(Take(stream->PartitionCount("t")) == 3);
  BOOST_TEST(Take(stream->PartitionCount("u")) == 1);
  const std::string id = Take(stream->TopicId("t"));
  BOOST_TEST(!id.empty());
  BOOST_TEST(Take(log.Open()->TopicId("t")) == id);
  BOOST_TEST(Take(stream->TopicId("u")) != id);
}

void RefusesATopicThatDiffers(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 3)));
  for (const TopicSettings& other : {Topic("t", 4), Topic("t", 3, Cleanup::kCompact)}) {
    const Status status = stream->EnsureTopic(other);
    BOOST_TEST_REQUIRE(!status);
    BOOST_TEST((status.error().code == ErrorCode::kFatal));
    BOOST_TEST(status.error().message.find("t") != std::string::npos);
  }
  const Status status = stream->EnsureTopic(Topic("t", 4));
  BOOST_TEST(status.error().message.find("3") != std::string::npos);
  BOOST_TEST(status.error().message.find("4") != std::string::npos);
  BOOST_TEST(Take(stream->PartitionCount("t")) == 3);
}

void ReadsAtMostMax(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 10), 0);
  AppendAll(*writer, "t", Numbered("b", 10), 1);
  ReaderSettings settings;
  settings.partitions = {{"t", 0}, {"t", 1}};
  const auto reader = Take(stream->NewReader(settings));
  std::vector<std::string> keys[2];
  Until(
      log, [&] { return keys[0].size() + keys[1].size() == 20; },
      [&] {
        const Polled polled = Take(reader->Poll(3, milliseconds(50)));
        const auto& records = std::get<Records>(polled).records;
        BOOST_TEST(records.size() <= 3U);
        for (const Record& record : records) {
          keys[static_cast<std::size_t>(record.partition)].push_back(record.key);
        }
      },
      "20 records");
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(keys[0][static_cast<std::size_t>(i)] == "a" + std::to_string(i));
    BOOST_TEST(keys[1][static_cast<std::size_t>(i)] == "b" + std::to_string(i));
  }
}

void WaitsForRecords(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto reader = ReadPartition(*stream, "t");
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(std::get<Records>(Take(reader->Poll(10, milliseconds(150)))).records.empty());
  BOOST_TEST((std::chrono::steady_clock::now() - start >= milliseconds(150)));

  // A record of another handle ends the wait.
  std::thread other([&] {
    const auto far = log.Open();
    const auto writer = Take(far->NewWriter("w"));
    std::this_thread::sleep_for(milliseconds(50));
    AppendAll(*writer, "t", Numbered("a", 1));
  });
  const Polled polled = Take(reader->Poll(10, log.Patience()));
  other.join();
  BOOST_TEST(std::get<Records>(polled).records.size() == 1U);
}

void PausesAndResumes(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 3), 0);
  AppendAll(*writer, "t", Numbered("b", 3), 1);
  ReaderSettings settings;
  settings.partitions = {{"t", 0}, {"t", 1}};
  const auto reader = Take(stream->NewReader(settings));
  std::vector<Record> got;
  const auto poll = [&] {
    Polled polled = Take(reader->Poll(10, milliseconds(50)));
    for (Record& record : std::get<Records>(polled).records) got.push_back(std::move(record));
  };
  reader->Pause({"t", 0});
  Until(
      log, [&] { return got.size() >= 3; }, poll, "the records that are not paused");
  for (int i = 0; i < 3; ++i) poll();
  BOOST_TEST(KeysOf(got) == (std::vector<std::string>{"b0", "b1", "b2"}),
             boost::test_tools::per_element());
  got.clear();
  reader->Resume({"t", 0});
  Until(
      log, [&] { return got.size() >= 3; }, poll, "the resumed records");
  BOOST_TEST(KeysOf(got) == (std::vector<std::string>{"a0", "a1", "a2"}),
             boost::test_tools::per_element());
}

void Seeks(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 10));
  const auto reader = ReadPartition(*stream, "t");
  const TopicPartition place{"t", 0};
  BOOST_TEST(Take(reader->Position(place)) == 0);
  Must(reader->Seek(place, 7));
  BOOST_TEST(Take(reader->Position(place)) == 7);
  std::vector<Record> got;
  const auto poll = [&] {
    Polled polled = Take(reader->Poll(10, milliseconds(50)));
    for (Record& record : std::get<Records>(polled).records) got.push_back(std::move(record));
  };
  Until(
      log, [&] { return got.size() >= 3; }, poll, "records from 7");
  BOOST_TEST(got.front().key == "a7");
  BOOST_TEST(got.front().offset == 7);
  BOOST_TEST(Take(reader->Position(place)) >= 10);
  got.clear();
  Must(reader->Seek(place, 0));
  Until(
      log, [&] { return got.size() >= 10; }, poll, "records from 0");
  BOOST_TEST(got.front().key == "a0");
  BOOST_TEST(!reader->Position({"t", 1}));
  BOOST_TEST(!reader->Seek({"other", 0}, 1));
}

}  // namespace latecomer::contract
