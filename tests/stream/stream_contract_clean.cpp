// The contract of cleaning: trimming, retention, compaction.
#include <map>

#include "base/time.h"
#include "tests/stream/stream_contract_util.h"

namespace latecomer::contract {

using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kDayMs = 86'400'000;

}  // namespace

void Trims(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  Must(stream->EnsureTopic(Topic("c", 1, Cleanup::kCompact)));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 10));
  Must(stream->Trim({"t", 0}, 6));
  BOOST_TEST(Take(stream->StartOffset({"t", 0})) == 6);
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) >= 10);
  // A reader that stands before the start goes on from it. (One that was there before may have
  // fetched what is gone.)
  const auto reader = ReadPartition(*stream, "t");
  std::vector<Record> got;
  Until(
      log, [&] { return got.size() >= 4; },
      [&] {
        Polled polled = Take(reader->Poll(10, milliseconds(50)));
        for (Record& record : std::get<Records>(polled).records) got.push_back(std::move(record));
      },
      "the records that are left");
  BOOST_TEST(KeysOf(got) == (std::vector<std::string>{"a6", "a7", "a8", "a9"}),
             boost::test_tools::per_element());
  Must(stream->Trim({"t", 0}, 2));
  BOOST_TEST(Take(stream->StartOffset({"t", 0})) == 6);
  BOOST_TEST(!stream->Trim({"c", 0}, 0));
  const std::int64_t end = Take(stream->EndOffset({"t", 0}));
  BOOST_TEST(!stream->Trim({"t", 0}, end + 1));
  Must(stream->Trim({"t", 0}, end));
  BOOST_TEST(Take(stream->StartOffset({"t", 0})) == end);
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) == end);
  BOOST_TEST(ReadAll(log, *stream, "t").empty());
}

void DeletesByAge(ContractLog& log) {
  const auto stream = log.Open();
  TopicSettings aging = Topic("aging");
  aging.retention_ms = 30 * kDayMs;
  Must(stream->EnsureTopic(aging));
  Must(stream->EnsureTopic(Topic("lasting")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "aging", Numbered("a", 10));
  AppendAll(*writer, "lasting", Numbered("a", 10));
  Must(stream->Clean(Now() + 29 * kDayMs));
  BOOST_TEST(ReadAll(log, *stream, "aging").size() == 10U);
  if (!log.CleansWhenAsked()) return;
  const std::int64_t end = Take(stream->EndOffset({"aging", 0}));
  Must(stream->Clean(Now() + 31 * kDayMs));
  BOOST_TEST(ReadAll(log, *stream, "aging").empty());
  BOOST_TEST(Take(stream->StartOffset({"aging", 0})) == end);
  BOOST_TEST(ReadAll(log, *stream, "lasting").size() == 10U);
}

void CompactsToTheLatestOfEachKey(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 1, Cleanup::kCompact)));
  const auto writer = Take(stream->NewWriter("w"));
  std::map<std::string, std::optional<std::string>> expected;
  const auto write = [&](int from, int to) {
    Rows rows;
    for (int i = from; i < to; ++i) {
      const std::string key = "k" + std::to_string(i * 7919 % 101);
      const auto value =
          i % 11 == 0 ? std::nullopt : std::optional<std::string>("v" + std::to_string(i));
      rows.emplace_back(key, value);
      expected[key] = value;
    }
    AppendAll(*writer, "t", rows);
  };
  const auto check = [&] {
    const auto records = ReadAll(log, *stream, "t");
    std::map<std::string, std::optional<std::string>> got;
    for (const Record& record : records) got[record.key] = record.value;
    BOOST_TEST((got == expected));
    if (log.CleansWhenAsked()) BOOST_TEST(records.size() == expected.size());
    for (std::size_t i = 1; i < records.size(); ++i) {
      BOOST_TEST(records[i - 1].offset < records[i].offset);
    }
  };
  write(0, 5'000);
  Must(stream->Clean(Now()));
  check();
  write(5'000, 5'050);
  Must(stream->Clean(Now()));
  check();
  write(5'050, 12'000);
  // Reading from the middle of what was compacted gives what is left after it.
  Must(stream->Clean(Now()));
  check();
  const auto reader = ReadPartition(*stream, "t");
  Must(reader->Seek({"t", 0}, 3));
  std::vector<Record> got;
  Until(
      log, [&] { return !got.empty(); },
      [&] { got = std::get<Records>(Take(reader->Poll(10, milliseconds(50)))).records; },
      "a record after the hole");
  if (log.CleansWhenAsked()) BOOST_TEST(got.front().key == ReadAll(log, *stream, "t").front().key);
}

void DropsOldTombstones(ContractLog& log) {
  const auto stream = log.Open();
  TopicSettings settings = Topic("t", 1, Cleanup::kCompact);
  settings.tombstone_retention_ms = 14 * kDayMs;
  Must(stream->EnsureTopic(settings));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", {{"a", "1"}, {"b", "1"}, {"c", "1"}});
  AppendAll(*writer, "t", {{"a", std::nullopt}, {"c", std::nullopt}});
  Must(stream->Clean(Now() + 13 * kDayMs));
  if (!log.CleansWhenAsked()) {
    const auto kept = ReadAll(log, *stream, "t");
    BOOST_TEST_REQUIRE(kept.size() == 5U);
    BOOST_TEST(!kept[3].value.has_value());
    BOOST_TEST(!kept[4].value.has_value());
    return;
  }
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "t")) == (std::vector<std::string>{"b", "a", "c"}),
             boost::test_tools::per_element());
  // A key that lives again takes its tombstone away.
  AppendAll(*writer, "t", {{"c", "2"}});
  Must(stream->Clean(Now() + 15 * kDayMs));
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "t")) == (std::vector<std::string>{"b", "c"}),
             boost::test_tools::per_element());
  AppendAll(*writer, "t", {{"a", "3"}});
  Must(stream->Clean(Now() + 15 * kDayMs));
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "t")) == (std::vector<std::string>{"b", "c", "a"}),
             boost::test_tools::per_element());
}

void KeepsOffsetsRisingAfterCleaning(ContractLog& log) {
  std::int64_t end = 0;
  {
    const auto stream = log.Open();
    TopicSettings settings = Topic("t", 1, Cleanup::kCompact);
    settings.tombstone_retention_ms = 0;
    Must(stream->EnsureTopic(settings));
    const auto writer = Take(stream->NewWriter("w"));
    AppendAll(*writer, "t", {{"a", "1"}, {"a", std::nullopt}});
    BOOST_TEST(ReadAll(log, *stream, "t").size() == 2U);  // all of the commit has arrived
    end = Take(stream->EndOffset({"t", 0}));
    Must(stream->Clean(Now() + kDayMs));
    if (log.CleansWhenAsked()) BOOST_TEST(ReadAll(log, *stream, "t").empty());
    BOOST_TEST(Take(stream->EndOffset({"t", 0})) == end);
  }
  // Nothing is left, yet no offset is given twice, not even after a restart.
  const auto stream = log.Open();
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", {{"b", "1"}});
  BOOST_TEST(ReadAll(log, *stream, "t").back().offset >= end);
}

}  // namespace latecomer::contract
