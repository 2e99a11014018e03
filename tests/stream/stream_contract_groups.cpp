// The contract of groups: each partition has one owner, and is handed over without loss.
#include <map>
#include <thread>

#include "tests/stream/stream_contract_util.h"

namespace latecomer::contract {

using std::chrono::milliseconds;

namespace {

constexpr std::int32_t kPartitions = 6;

std::size_t Overlap(const Member& a, const Member& b) {
  std::size_t count = 0;
  for (const TopicPartition& partition : a.owned) count += b.owned.count(partition);
  return count;
}

// Commits the position of all that the member owns.
void CommitAll(Writer& writer, Member& member) {
  Must(writer.Begin());
  for (const TopicPartition& partition : member.owned) {
    Must(writer.SendOffsets(member.reader->Group(), partition,
                            Take(member.reader->Position(partition))));
  }
  Must(writer.Commit());
}

}  // namespace

void AssignsAllToTheOnlyMember(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", kPartitions)));
  Member member(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return member.owned.size() == kPartitions; }, [&] { member.Step(); },
      "assignment");
  BOOST_TEST(member.reader->Group().group == "g");
  BOOST_TEST(!member.reader->Group().member.empty());
  // Another group's member has them all too.
  Member other(*stream, InGroup("h", "t"));
  Until(
      log, [&] { return other.owned.size() == kPartitions; }, [&] { other.Step(); }, "assignment");
  member.Step();
  BOOST_TEST(member.owned.size() == static_cast<std::size_t>(kPartitions));
}

void SharesAndHandsOverPartitions(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", kPartitions)));
  const auto input = Take(stream->NewWriter("input"));
  AppendAll(*input, "t", Numbered("early", 60));
  Member a(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return a.records.size() == 60; }, [&] { a.Step(); }, "60 records");
  const auto writer_a = Take(stream->NewWriter("a"));
  CommitAll(*writer_a, a);
  const auto generation = a.reader->Group().generation;

  const auto far = log.Open();
  Member b(*far, InGroup("g", "t"));
  const auto both = [&] {
    a.Step();
    b.Step();
    BOOST_TEST(Overlap(a, b) == 0U);
  };
  Until(
      log, [&] { return a.owned.size() == 3 && b.owned.size() == 3; }, both, "three each");
  BOOST_TEST(a.revoked.size() == 3U);
  BOOST_TEST(a.lost.empty());
  BOOST_TEST(b.reader->Group().generation > generation);
  // What was committed before the handover is read by nobody again; what comes, by one of the two.
  AppendAll(*input, "t", Numbered("late", 60));
  Until(
      log, [&] { return a.records.size() - 60 + b.records.size() == 60; }, both, "60 more");
  for (int i = 0; i < 3; ++i) both();
  std::map<std::string, int> seen;
  for (const Member* member : {&a, &b}) {
    for (const Record& record : member->records) ++seen[record.key];
  }
  BOOST_TEST(seen.size() == 120U);
  for (const auto& [key, count] : seen) BOOST_TEST(count == 1, key << " was read twice");
  BOOST_TEST(b.records.size() > 0U);
  CommitAll(*writer_a, a);
}

void HandsOverOnlyWhatWasReleased(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", kPartitions)));
  const auto input = Take(stream->NewWriter("input"));
  AppendAll(*input, "t", Numbered("early", 60));
  Member a(*stream, InGroup("g", "t"));
  a.release = false;
  Until(
      log, [&] { return a.records.size() == 60; }, [&] { a.Step(); }, "60 records");
  const std::set<TopicPartition> all = a.owned;
  Member b(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return a.revoked.size() == 3; },
      [&] {
        a.Step();
        b.Step();
      },
      "revocation");
  for (int i = 0; i < 10; ++i) b.Step();
  BOOST_TEST(b.owned.empty());
  // Until it releases them the former owner may commit their offsets.
  const auto writer = Take(stream->NewWriter("a"));
  Must(writer->Begin());
  for (const TopicPartition& partition : all) {
    Must(writer->SendOffsets(a.reader->Group(), partition, Take(a.reader->Position(partition))));
  }
  Must(writer->Commit());
  Must(a.reader->ReleaseRevoked());
  a.release = true;
  Until(
      log, [&] { return b.owned.size() == 3; },
      [&] {
        a.Step();
        b.Step();
      },
      "handover");
  for (int i = 0; i < 5; ++i) b.Step();
  BOOST_TEST(b.records.empty());
}

void ReturnsPartitionsOfAMemberThatLeaves(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", kPartitions)));
  Member a(*stream, InGroup("g", "t"));
  {
    Member b(*stream, InGroup("g", "t"));
    Until(
        log, [&] { return a.owned.size() == 3 && b.owned.size() == 3; },
        [&] {
          a.Step();
          b.Step();
        },
        "three each");
  }
  Until(
      log, [&] { return a.owned.size() == kPartitions; }, [&] { a.Step(); }, "all again");
  BOOST_TEST(a.lost.empty());
}

void LosesASilentMember(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  const auto far = log.Open();
  Member silent(*far, InGroup("g", "t"));
  Until(
      log, [&] { return silent.owned.size() == 2; }, [&] { silent.Step(); }, "assignment");
  Member other(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return other.owned.size() == 2; }, [&] { other.Step(milliseconds(20)); },
      "the silent member's partitions");
  Until(
      log, [&] { return silent.lost.size() == 2; }, [&] { silent.Step(); }, "Lost");
  BOOST_TEST(silent.revoked.empty());
  // It joins again as a new member.
  Until(
      log, [&] { return silent.owned.size() == 1 && other.owned.size() == 1; },
      [&] {
        silent.Step();
        other.Step();
      },
      "one each");
}

void FencesOffsetsOfAnOldGeneration(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  Must(stream->EnsureTopic(Topic("out")));
  const auto input = Take(stream->NewWriter("input"));
  AppendAll(*input, "t", Numbered("a", 3));
  Member zombie(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return zombie.records.size() == 3; }, [&] { zombie.Step(); }, "records");
  const GroupMetadata old = zombie.reader->Group();
  Member other(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return other.records.size() == 3; }, [&] { other.Step(milliseconds(20)); },
      "takeover");
  const auto writer = Take(stream->NewWriter("zombie"));
  Must(writer->Begin());
  Must(writer->Append("out", 0, "zombie", "v"));
  // Where it is refused is the implementation's choice; nothing of it may become visible.
  Status late = writer->SendOffsets(old, {"t", 0}, 3);
  if (late) late = writer->Commit();
  BOOST_TEST_REQUIRE(!late);
  BOOST_TEST((late.error().code == ErrorCode::kConflict));
  BOOST_TEST(ReadAll(log, *stream, "out").empty());
  BOOST_TEST(!Take(stream->CommittedOffset("g", {"t", 0})).has_value());
  const auto good = Take(stream->NewWriter("other"));
  CommitAll(*good, other);
  BOOST_TEST(Take(stream->CommittedOffset("g", {"t", 0})).value() >= 3);
}

void RefusesOffsetsFromBeforeAHandover(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  Member a(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return a.owned.size() == 2; }, [&] { a.Step(); }, "assignment");
  const GroupMetadata old = a.reader->Group();
  {
    Member b(*stream, InGroup("g", "t"));
    Until(
        log, [&] { return a.owned.size() == 1 && b.owned.size() == 1; },
        [&] {
          a.Step();
          b.Step();
        },
        "one each");
  }
  Until(
      log, [&] { return a.owned.size() == 2; }, [&] { a.Step(); }, "both again");
  // It owns the partition again, but what it did before may be what another has done since.
  const auto late = Take(stream->NewWriter("late"));
  Must(late->Begin());
  Status sent = late->SendOffsets(old, a.revoked.front(), 0);
  if (sent) sent = late->Commit();
  BOOST_TEST_REQUIRE(!sent);
  // It may be told that it can do it again, as what it is now.
  BOOST_TEST(
      (sent.error().code == ErrorCode::kConflict || sent.error().code == ErrorCode::kRetryLater));
  BOOST_TEST(!Take(stream->CommittedOffset("g", a.revoked.front())).has_value());
  CommitAll(*Take(stream->NewWriter("good")), a);
}

void RestartsAStaticMemberAtOnce(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", kPartitions)));
  Member b(*stream, InGroup("g", "t", "b"));
  const auto far = log.Open();
  auto a = std::make_unique<Member>(*far, InGroup("g", "t", "a"));
  Until(
      log, [&] { return a->owned.size() == 3 && b.owned.size() == 3; },
      [&] {
        a->Step();
        b.Step();
      },
      "three each");
  const std::set<TopicPartition> before = a->owned;
  b.revoked.clear();
  // A second incarnation takes over while the first still seems to live.
  Member again(*stream, InGroup("g", "t", "a"));
  Until(
      log, [&] { return again.owned.size() == 3; },
      [&] {
        again.Step();
        b.Step();
      },
      "takeover");
  BOOST_TEST((again.owned == before));
  BOOST_TEST(b.revoked.empty());
  BOOST_TEST(b.owned.size() == 3U);
  // The first is told, and its commits are refused.
  const GroupMetadata old = a->reader->Group();
  const auto writer = Take(stream->NewWriter("first"));
  Must(writer->Begin());
  Status late = writer->SendOffsets(old, *before.begin(), 0);
  if (late) late = writer->Commit();
  BOOST_TEST_REQUIRE(!late);
  BOOST_TEST((late.error().code == ErrorCode::kConflict));
  std::optional<Error> fenced;
  Until(
      log, [&] { return fenced.has_value(); },
      [&] {
        auto polled = a->reader->Poll(10, milliseconds(20));
        if (!polled) fenced = polled.error();
      },
      "the fenced member's end");
  BOOST_TEST((fenced->code == ErrorCode::kFatal));
  a.reset();
  for (int i = 0; i < 5; ++i) {
    again.Step();
    b.Step();
  }
  BOOST_TEST(again.owned.size() == 3U);
}

}  // namespace latecomer::contract
