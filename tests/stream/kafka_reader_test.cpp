// Positions under seeks and pauses while records come in.
#include <map>
#include <random>
#include <thread>

#include "tests/stream/kafka_util.h"

namespace latecomer {
namespace {

using contract::AppendAll;
using contract::InGroup;
using contract::Member;
using contract::Must;
using contract::Numbered;
using contract::Take;
using contract::Topic;
using contract::Until;
using std::chrono::milliseconds;

constexpr std::int32_t kPartitions = 3;

// What a correct reader gives of a partition, whatever is done to it: the offsets in order from the
// position, none left out (keys are numbered).
class Expectation {
 public:
  explicit Expectation(std::vector<std::int64_t> offsets) : offsets_(std::move(offsets)) {}

  void MoveTo(std::int64_t offset) {
    next_ = static_cast<std::size_t>(std::lower_bound(offsets_.begin(), offsets_.end(), offset) -
                                     offsets_.begin());
  }
  void Take(const Record& record) {
    BOOST_TEST_REQUIRE(!paused);
    BOOST_TEST_REQUIRE(next_ < offsets_.size());
    BOOST_TEST_REQUIRE(record.offset == offsets_[next_]);
    ++next_;
  }
  bool AtEnd() const { return next_ == offsets_.size(); }
  std::int64_t Random(std::mt19937& random) const { return offsets_[random() % offsets_.size()]; }

  bool paused = false;

 private:
  std::vector<std::int64_t> offsets_;
  std::size_t next_ = 0;
};

void Storm(KafkaTestLog& log, Reader& reader, std::map<std::int32_t, Expectation>& expected) {
  std::mt19937 random(11);
  std::size_t got = 0;
  for (int step = 0; step < 3'000; ++step) {
    const auto partition = static_cast<std::int32_t>(random() % kPartitions);
    const TopicPartition place{"t", partition};
    Expectation& one = expected.at(partition);
    switch (random() % 8) {
      case 0: {
        const std::int64_t offset = one.Random(random);
        Must(reader.Seek(place, offset));
        one.MoveTo(offset);
        BOOST_TEST(Take(reader.Position(place)) == offset);
        break;
      }
      case 1:
      case 2:
        reader.Pause(place);
        one.paused = true;
        break;
      case 3:
      case 4:
        reader.Resume(place);
        one.paused = false;
        break;
      default:
        break;
    }
    const Polled polled = Take(reader.Poll(1 + random() % 400, milliseconds(random() % 3)));
    for (const Record& record : std::get<Records>(polled).records) {
      expected.at(record.partition).Take(record);
      ++got;
    }
  }
  BOOST_TEST(got > 10'000U);
  for (auto& [partition, one] : expected) {
    reader.Resume({"t", partition});
    one.paused = false;
  }
  Until(
      log,
      [&] { return expected.at(0).AtEnd() && expected.at(1).AtEnd() && expected.at(2).AtEnd(); },
      [&] {
        const Polled polled = Take(reader.Poll(1'000, milliseconds(20)));
        for (const Record& record : std::get<Records>(polled).records) {
          expected.at(record.partition).Take(record);
        }
      },
      "the end of all");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_reader)

BOOST_AUTO_TEST_CASE(SeeksAndPausesHoldWhileRecordsFlow) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", kPartitions)));
  const auto writer = Take(stream->NewWriter("w"));
  for (int i = 0; i < 20; ++i) {
    Must(writer->Begin());
    for (int j = 0; j < 1'500; ++j) {
      Must(writer->Append("t", j % kPartitions, "k", std::string(100, 'v')));
    }
    Must(i % 5 == 4 ? writer->Abort() : writer->Commit());  // so that there are holes
  }
  std::map<std::int32_t, Expectation> expected;
  ReaderSettings all;
  for (std::int32_t i = 0; i < kPartitions; ++i) {
    std::vector<std::int64_t> offsets;
    for (const Record& record : contract::ReadAll(log, *stream, "t", i)) {
      offsets.push_back(record.offset);
    }
    BOOST_TEST_REQUIRE(offsets.size() == 16U * 500U);
    expected.emplace(i, std::move(offsets));
    all.partitions.push_back({"t", i});
  }
  {
    auto own = expected;
    Storm(log, *Take(stream->NewReader(all)), own);
  }
  Member member(*stream, InGroup("g", "t", "i"));
  Until(
      log, [&] { return member.owned.size() == kPartitions; },
      [&] {
        member.Step();
        for (const TopicPartition& one : member.owned) Must(member.reader->Seek(one, 0));
      },
      "assignment");
  Storm(log, *member.reader, expected);
}

BOOST_AUTO_TEST_CASE(APausedPartitionHoldsUpNoOtherAndKeepsItsPlace) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  const auto writer = Take(stream->NewWriter("w"));
  for (int i = 0; i < 4; ++i) AppendAll(*writer, "t", Numbered("a", 2'000), 0);
  ReaderSettings both;
  both.partitions = {{"t", 0}, {"t", 1}};
  const auto reader = Take(stream->NewReader(both));
  reader->Pause({"t", 0});
  AppendAll(*writer, "t", Numbered("b", 500), 1);
  std::size_t got = 0;
  Until(
      log, [&] { return got == 500; },
      [&] {
        const Polled polled = Take(reader->Poll(100, milliseconds(20)));
        for (const Record& record : std::get<Records>(polled).records) {
          BOOST_TEST_REQUIRE(record.partition == 1);
          ++got;
        }
      },
      "the other's records");
  BOOST_TEST(Take(reader->Position({"t", 0})) == 0);
  reader->Resume({"t", 0});
  std::int64_t last = -1;
  got = 0;
  Until(
      log, [&] { return got == 8'000; },
      [&] {
        const Polled polled = Take(reader->Poll(100, milliseconds(20)));
        for (const Record& record : std::get<Records>(polled).records) {
          BOOST_TEST_REQUIRE(record.offset > last);
          last = record.offset;
          ++got;
        }
      },
      "all of it");
}

BOOST_AUTO_TEST_CASE(AGroupsPositionBehindTheStartGoesOnFromTheStart) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "t", Numbered("a", 10));
  {
    Member member(*stream, InGroup("g", "t"));
    Until(
        log, [&] { return member.records.size() == 10; }, [&] { member.Step(); }, "records");
    Must(writer->Begin());
    Must(writer->SendOffsets(member.reader->Group(), {"t", 0}, 2));
    Must(writer->Commit());
  }
  Must(stream->Trim({"t", 0}, 7));
  Member next(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return next.records.size() == 3; }, [&] { next.Step(); }, "what is left");
  BOOST_TEST(next.records.front().offset == 7);
  Must(next.reader->Seek({"t", 0}, 1'000));  // past the end: from the start again
  next.records.clear();
  Until(
      log, [&] { return next.records.size() == 3; }, [&] { next.Step(); }, "what is left");
  BOOST_TEST(next.records.front().offset == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
