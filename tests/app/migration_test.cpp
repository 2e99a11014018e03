#include "app/migration.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/app/migration_harness.h"

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(migration)

struct Way {
  std::vector<std::int32_t> partitions;  // of one stream after the other
  unsigned seed;
};
std::ostream& operator<<(std::ostream& out, const Way& way) {
  for (const std::int32_t count : way.partitions) out << count << " ";
  return out << "seed " << way.seed;
}
const Way kWays[] = {{{1, 5, 1}, 1}, {{1, 5, 1}, 2}, {{1, 5, 1}, 3}, {{5, 1, 5}, 4},
                     {{5, 3, 7}, 5}, {{3, 3, 1}, 6}, {{4, 1, 1}, 7}, {{2, 8, 3}, 8}};

// Each stream works for a while, is stopped with something left to do, and is moved, with the
// migration killed again and again. Whatever the way, the timelines are those of all that was
// written; what was in the source stays as it was.
BOOST_DATA_TEST_CASE(random_inputs_over_several_streams, boost::unit_test::data::make(kWays), way) {
  std::mt19937 random(way.seed);
  std::vector<Input> inputs;
  std::unique_ptr<LoopStream> at;
  int kills = 0;
  for (const std::int32_t partitions : way.partitions) {
    auto next = std::make_unique<LoopStream>(partitions);
    if (at) {
      kills += MigrateKilled(*at, *next, random);
      const std::string before = at->Timelines();
      BOOST_TEST(next->Timelines() == before);
    }
    at = std::move(next);
    for (int round = 0; round < 2; ++round) {
      const std::vector<Input> more = RandomInputs(random, 60 + random() % 60, true);
      inputs.insert(inputs.end(), more.begin(), more.end());
      at->Write(more);
      ProcessSome(*at, 1 + static_cast<int>(random() % 8));
    }
  }
  BOOST_TEST(kills > 5);
  ProcessAll(*at);
  BOOST_TEST(at->Timelines() == ExpectedOf(inputs));
  Must(at->stream().Clean(Now() + 20 * 24 * kHour));
  BOOST_TEST(at->Timelines() == ExpectedOf(inputs));
}

// What was compacted in the middle of a migration changes nothing about the numbers of its trees.
BOOST_AUTO_TEST_CASE(a_source_that_is_compacted_meanwhile) {
  std::mt19937 random(11);
  LoopStream from(3);
  const std::vector<Input> inputs = RandomInputs(random, 400, true);
  from.Write(inputs);
  ProcessAll(from);
  LoopStream to(2);
  MigrationOptions options = OptionsFor(to);
  options.limits.records_max = 25;
  int left = 8;
  FaultyStream faulty(to.stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
    if (call != FaultyStream::Call::kCommit || left-- > 0) return std::nullopt;
    return Fatal("killed");
  });
  BOOST_REQUIRE(!MigrateOnce(from.stream(), faulty, options));
  Must(from.stream().Clean(Now() + 20 * 24 * kHour));
  Must(MigrateOnce(from.stream(), to.stream(), options));
  BOOST_TEST(to.Timelines() == ExpectedOf(inputs));
  to.Write(RandomInputs(random, 1, false));
  ProcessAll(to);  // restores: the trees agree with the entries
}

BOOST_AUTO_TEST_CASE(nothing_at_all_is_moved_too) {
  LoopStream from(1);
  LoopStream to(4);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  Must(RefuseUnfinishedMigration(to.stream()));
  BOOST_TEST(to.CaughtUp());
}

// What has been processed is not processed again, and what has not been stands after it.
BOOST_AUTO_TEST_CASE(processed_and_unprocessed_posts) {
  std::mt19937 random(3);
  LoopStream from(1);
  from.Write(RandomInputs(random, 50, false));
  ProcessAll(from);
  from.Write(RandomInputs(random, 30, false));
  LoopStream to(4);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  std::int64_t processed = 0;
  std::int64_t all = 0;
  for (std::int32_t p = 0; p < 4; ++p) {
    const TopicPartition posts{kPostsTopic, p};
    const auto committed = Take(to.stream().CommittedOffset(kProcessorGroup, posts));
    BOOST_REQUIRE(committed);
    processed += *committed;
    all += Take(to.stream().EndOffset(posts));
  }
  BOOST_TEST(processed == 50);
  BOOST_TEST(all == 80);
}

// The latest of each key, by the name of its source; not what is deleted, nor what a migration
// left.
BOOST_AUTO_TEST_CASE(cursors) {
  LoopStream from(2);
  const std::int32_t social = PartitionOf("social", 2);
  Append(from.stream(), kCursorsTopic, social, "social page", "1");
  Append(from.stream(), kCursorsTopic, social, "social page", "2");
  Append(from.stream(), kCursorsTopic, social, "social gone", "1");
  Append(from.stream(), kCursorsTopic, social, "social gone", std::nullopt);
  Append(from.stream(), kCursorsTopic, PartitionOf("blog", 2), "blog", "x");
  LoopStream to(5);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  LoopStream back(2);
  Must(MigrateOnce(to.stream(), back.stream(), OptionsFor(back)));
  const auto in = [](const std::string& source, std::int32_t count, const std::string& rest) {
    return std::to_string(PartitionOf(source, count)) + " " + source + rest;
  };
  for (LoopStream* stream : {&to, &back}) {
    const std::int32_t count = stream->partitions();
    std::set<std::string> expected{in("social", count, " page=2"), in("blog", count, "=x")};
    std::set<std::string> found;
    for (const std::string& line : LatestOf(*stream, kCursorsTopic)) {
      if (line.find("migrate progress") == std::string::npos) found.insert(line);
    }
    BOOST_TEST(found == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(rejects_stay_as_they_are) {
  LoopStream from(1);
  Append(from.stream(), kRejectsTopic, 0, "social", "{\"v\":1}");
  Append(from.stream(), kRejectsTopic, 0, "social", "{\"v\":1}");
  LoopStream to(3);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  const std::vector<Record> rejects = to.Read(kRejectsTopic, 0);
  BOOST_REQUIRE(rejects.size() == 2);
  BOOST_TEST(rejects[1].key == "social");
  BOOST_TEST(*rejects[1].value == "{\"v\":1}");
}

// In a wrong partition of the source, in a right one of the destination: still no post.
BOOST_AUTO_TEST_CASE(posts_in_a_wrong_partition_stay_rejected) {
  LoopStream from(4);
  const std::int32_t wrong = (PartitionOf("alpha", 4) + 1) % 4;
  const std::string post =
      R"({"v":1,"type":"Note","id":"stray","published":"2013-06-25T18:14:45.000Z"})";
  from.WriteRaw(wrong, "alpha", post);
  ProcessAll(from);  // rejects it
  from.WriteRaw(wrong, "alpha", post);
  from.WriteRaw(PartitionOf("beta", 4), "beta", "no JSON");
  LoopStream to(1);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  ProcessAll(to);
  const std::vector<Record> rejects = to.Read(kRejectsTopic, 0);
  BOOST_REQUIRE(rejects.size() == 3);
  for (std::size_t i = 0; i < 2; ++i) {  // the one that was to be processed comes first
    BOOST_TEST(rejects[i].key == "processor");
    BOOST_TEST(rejects[i].value->find("does not belong to partition") != std::string::npos);
    BOOST_TEST(rejects[i].value->find("\"where\":\"posts " + std::to_string(wrong) + " offset " +
                                      std::to_string(1 - i)) != std::string::npos);
  }
  BOOST_TEST(rejects[2].value->find("no JSON") != std::string::npos);
  BOOST_TEST(to.Timelines() == "");
}

BOOST_AUTO_TEST_CASE(numbers_of_trees_are_ranks) {
  TreeNumbers numbers(2);
  Must(numbers.Add(0, 1, 7));
  Must(numbers.Add(0, 0, 9));
  Must(numbers.Add(0, 1, 7));
  Must(numbers.Add(0, 1, 0));
  Must(numbers.Add(1, 1, 3));
  numbers.Finish();
  BOOST_TEST(Take(numbers.NumberOf(0, 0, 9)) == 0);
  BOOST_TEST(Take(numbers.NumberOf(0, 1, 0)) == 1);
  BOOST_TEST(Take(numbers.NumberOf(0, 1, 7)) == 2);
  BOOST_TEST(Take(numbers.NumberOf(1, 1, 3)) == 0);
  BOOST_TEST(!numbers.NumberOf(1, 1, 4));
  BOOST_TEST(!numbers.Add(0, 0, -1));
}

BOOST_AUTO_TEST_CASE(its_state_is_read_as_it_was_written) {
  MigrationState state{"a \"stream\"",    "1", "2", "3", {MigrationPhase::kCarried, 4, 5},
                       {1, 2, 3, 4, 5, 6}};
  BOOST_TEST((Take(ReadMigrationState(MigrationStateJson(state))) == state));
  BOOST_TEST(!ReadMigrationState("{\"v\":2}"));
  BOOST_TEST(!ReadMigrationState("nonsense"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
