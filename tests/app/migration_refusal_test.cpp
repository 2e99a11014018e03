#include <boost/test/unit_test.hpp>

#include "stream/topics.h"
#include "tests/app/migration_harness.h"

namespace latecomer {
namespace {

// What a message that refuses must say.
void CheckRefused(const Status& status, ErrorCode code, const std::string& part) {
  BOOST_REQUIRE(!status);
  BOOST_TEST((status.error().code == code));
  BOOST_TEST(status.error().message.find(part) != std::string::npos, status.error().message);
}

// Copies until the first batch is there.
void Begin(LoopStream& from, LoopStream& to) {
  MigrationOptions options = OptionsFor(to);
  options.limits.records_max = 1;
  int commits = 0;
  FaultyStream faulty(to.stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
    if (call != FaultyStream::Call::kCommit || ++commits < 3) return std::nullopt;
    return Fatal("killed");
  });
  CheckRefused(MigrateOnce(from.stream(), faulty, options), ErrorCode::kFatal, "killed");
}

std::vector<Input> SomeInputs() {
  std::mt19937 random(5);
  return RandomInputs(random, 40, true);
}

BOOST_AUTO_TEST_SUITE(migration_refusal)

BOOST_AUTO_TEST_CASE(a_destination_that_holds_something) {
  LoopStream from(1);
  from.Write(SomeInputs());
  for (const char* topic : {kPostsTopic, kTimelinesTopic, kCursorsTopic, kRejectsTopic}) {
    LoopStream to(3);
    Append(to.stream(), topic, 0, "k", "v");
    CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kConflict,
                 std::string("new is not empty: there are records in ") + topic);
  }
}

BOOST_AUTO_TEST_CASE(a_destination_of_another_migration) {
  LoopStream from(1);
  from.Write(SomeInputs());
  LoopStream other(1);
  other.Write(SomeInputs());
  LoopStream to(2);
  Begin(other, to);
  CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kConflict,
               "holds a migration of another source");
}

BOOST_AUTO_TEST_CASE(a_source_that_has_changed_since) {
  LoopStream from(1);
  from.Write(SomeInputs());
  LoopStream to(2);
  Begin(from, to);
  from.Write(SomeInputs());
  CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kConflict,
               "has changed since its migration into new was begun");
}

BOOST_AUTO_TEST_CASE(a_source_that_is_processed_meanwhile) {
  LoopStream from(1);
  from.Write(SomeInputs());
  LoopStream to(2);
  Begin(from, to);
  ProcessAll(from);
  CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kConflict,
               "has changed since");
}

BOOST_AUTO_TEST_CASE(a_source_that_is_written_to_meanwhile) {
  LoopStream from(1);
  from.Write(SomeInputs());
  LoopStream to(2);
  bool written = false;
  FaultyStream faulty(to.stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
    if (call == FaultyStream::Call::kCommit && !written) {
      written = true;
      Append(from.stream(), kPostsTopic, 0, "alpha", "late");
    }
    return std::nullopt;
  });
  CheckRefused(MigrateOnce(from.stream(), faulty, OptionsFor(to)), ErrorCode::kConflict,
               "old is written to while it is migrated");
  CheckRefused(RefuseUnfinishedMigration(to.stream()), ErrorCode::kConflict, "is not finished");
}

BOOST_AUTO_TEST_CASE(a_source_that_is_an_unfinished_destination) {
  LoopStream first(1);
  first.Write(SomeInputs());
  LoopStream from(2);
  Begin(first, from);
  LoopStream to(1);
  CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kConflict,
               "the migration of old into this stream is not finished");
}

BOOST_AUTO_TEST_CASE(a_destination_on_which_somebody_has_worked) {
  LoopStream from(1);
  from.Write(SomeInputs());
  ProcessAll(from);
  from.Write({{"alpha", std::get<Post>(SomeInputs().front().second)}});
  for (const char* topic : {kPostsTopic, kTimelinesTopic, kCursorsTopic, kRejectsTopic}) {
    LoopStream to(2);
    const std::stop_token stop;
    Migration migration(from.stream(), to.stream(), OptionsFor(to),
                        [](const char*, std::uint64_t, std::uint64_t) {});
    Must(migration.Prepare(stop));
    Must(migration.Copy(stop));
    Must(migration.Compare(stop));
    Append(to.stream(), topic, 0, "alpha session x", "v");
    CheckRefused(migration.Compare(stop), ErrorCode::kConflict,
                 std::string("the destination differs from the source in partition 0 of ") + topic);
  }
  LoopStream to(2);
  const std::stop_token stop;
  Migration migration(from.stream(), to.stream(), OptionsFor(to),
                      [](const char*, std::uint64_t, std::uint64_t) {});
  Must(migration.Prepare(stop));
  Must(migration.Copy(stop));
  const auto writer = Take(to.stream().NewWriter("place"));
  const std::int32_t q = PartitionOf("alpha", 2);
  Must(writer->Begin());
  Must(writer->SendOffsets({kProcessorGroup, "", 0}, {kPostsTopic, q},
                           Take(to.stream().EndOffset({kPostsTopic, q}))));
  Must(writer->Commit());
  CheckRefused(migration.Compare(stop), ErrorCode::kConflict, "records are processed, and");
}

BOOST_AUTO_TEST_CASE(one_that_is_done_is_not_done_again) {
  LoopStream from(1);
  from.Write(SomeInputs());
  LoopStream to(2);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  ProcessAll(to);  // it is in use
  const std::string timelines = to.Timelines();
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  BOOST_TEST(to.Timelines() == timelines);
  ProcessAll(from);
  CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kConflict,
               "was finished");
}

BOOST_AUTO_TEST_CASE(records_that_cannot_be_ours) {
  LoopStream from(3);
  const std::int32_t wrong = (PartitionOf("alpha", 3) + 1) % 3;
  Append(
      from.stream(), kTimelinesTopic, wrong, "alpha tree 0",
      R"({"v":1,"kind":"tree","hashtag":"alpha","cause":{"partition":0,"offset":0},"root":"a"})");
  LoopStream to(1);
  CheckRefused(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)), ErrorCode::kCorrupt,
               "offset 0 of partition " + std::to_string(wrong) +
                   " of timelines in the source: hashtag alpha does not belong");
}

BOOST_AUTO_TEST_CASE(a_stop_leaves_it_to_be_resumed) {
  LoopStream from(1);
  from.Write(SomeInputs());
  LoopStream to(2);
  std::stop_source source;
  MigrationOptions options = OptionsFor(to);
  options.limits.records_max = 3;
  FaultyStream faulty(to.stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
    if (call == FaultyStream::Call::kCommit) source.request_stop();
    return std::nullopt;
  });
  Migration migration(from.stream(), faulty, options,
                      [](const char*, std::uint64_t, std::uint64_t) {});
  Must(migration.Prepare(source.get_token()));
  CheckRefused(migration.Copy(source.get_token()), ErrorCode::kRetryLater, "stopped");
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
