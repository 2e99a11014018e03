// Groups under fire: members killed, stopped past their sessions, doubled; nothing is lost or done
// twice.
#include <map>
#include <random>
#include <thread>

#include "tests/stream/child_process.h"
#include "tests/stream/kafka_copier.h"
#include "tests/stream/kafka_util.h"

namespace latecomer {
namespace {

using contract::AppendAll;
using contract::InGroup;
using contract::Member;
using contract::Must;
using contract::Numbered;
using contract::ReadAll;
using contract::Take;
using contract::Topic;
using contract::Until;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int32_t kPartitions = 4;
constexpr int kInput = 24'000;
constexpr int kBatch = 200;

std::unique_ptr<ChildProcess> StartCopier(const KafkaStreamSettings& settings, int number) {
  return std::make_unique<ChildProcess>(
      [&] { return RunCopier(settings, "copier" + std::to_string(number)); });
}

// Writes the input bit by bit, so that the faults fall into the work.
int WriteInput(const KafkaStreamSettings& settings) {
  const auto stream = OpenKafkaStream(settings);
  if (!stream) return 1;
  const auto writer = (*stream)->NewWriter("input");
  if (!writer) return 1;
  for (int i = 0; i < kInput; i += kBatch) {
    if (!(*writer)->Begin()) return 1;
    for (int j = i; j < i + kBatch; ++j) {
      if (!(*writer)->Append("in", j % kPartitions, std::to_string(j), "v")) return 1;
    }
    if (!(*writer)->Commit()) return 1;
    std::this_thread::sleep_for(milliseconds(150));
  }
  return 0;
}

// A child that only asks whether all of the input is copied: the parent must not have threads.
bool IsCopied(const KafkaStreamSettings& settings) {
  ChildProcess child([&] {
    const auto stream = OpenKafkaStream(settings);
    if (!stream) return 2;
    for (std::int32_t i = 0; i < kPartitions; ++i) {
      const auto end = (*stream)->EndOffset({"in", i});
      const auto done = (*stream)->CommittedOffset("copiers", {"in", i});
      if (!end || !done || !*done) return 1;
      // What lies between is markers.
      ReaderSettings reading;
      reading.partitions = {{"in", i}};
      const auto reader = (*stream)->NewReader(reading);
      if (!reader || !(*reader)->Seek({"in", i}, **done)) return 1;
      while (*(*reader)->Position({"in", i}) < *end) {
        const auto polled = (*reader)->Poll(1, milliseconds(100));
        if (!polled || !std::get<Records>(*polled).records.empty()) return 1;
      }
    }
    return 0;
  });
  return child.Wait() == 0;
}

void CheckCopies(KafkaTestLog& log) {
  const auto stream = log.Open();
  std::size_t total = 0;
  for (std::int32_t i = 0; i < kPartitions; ++i) {
    const auto in = ReadAll(log, *stream, "in", i);
    const auto out = ReadAll(log, *stream, "out", i);
    BOOST_TEST_REQUIRE(out.size() == in.size());
    total += in.size();
    for (std::size_t k = 0; k < in.size(); ++k) {
      BOOST_TEST_REQUIRE(out[k].key == in[k].key);
      BOOST_TEST_REQUIRE(out[k].value.value() == std::to_string(k));
    }
  }
  BOOST_TEST(total == static_cast<std::size_t>(kInput));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_group)

BOOST_AUTO_TEST_CASE(KilledAndStoppedMembersLoseAndDoubleNothing) {
  KafkaTestLog log;
  {
    const auto stream = log.Open();
    Must(stream->EnsureTopic(Topic("in", kPartitions)));
    Must(stream->EnsureTopic(Topic("out", kPartitions, Cleanup::kCompact)));
  }
  const auto& settings = log.settings();
  ChildProcess input([&] { return WriteInput(settings); });
  std::unique_ptr<ChildProcess> copiers[3];
  for (int i = 0; i < 3; ++i) copiers[i] = StartCopier(settings, i);
  std::mt19937 random(7);
  for (int fault = 0; fault < 8; ++fault) {
    std::this_thread::sleep_for(milliseconds(1'000 + random() % 1'000));
    auto& victim = copiers[random() % 3];
    if (fault % 2 == 0) {
      BOOST_TEST(victim->Kill() == -1);
      if (fault % 4 == 0) std::this_thread::sleep_for(log.SessionTimeout());
      victim = StartCopier(settings, static_cast<int>(&victim - copiers));
    } else {
      // A zombie: stopped past its session, then awake again. Or, for once, before its session
      // ends.
      kill(victim->pid(), SIGSTOP);
      std::this_thread::sleep_for(fault == 3 ? milliseconds(1'000)
                                             : log.SessionTimeout() + milliseconds(1'500));
      kill(victim->pid(), SIGCONT);
    }
  }
  BOOST_TEST(input.Wait() == 0);
  const auto until = steady_clock::now() + milliseconds(60'000);
  while (!IsCopied(settings)) {
    BOOST_TEST_REQUIRE((steady_clock::now() < until));
    std::this_thread::sleep_for(milliseconds(300));
  }
  for (auto& copier : copiers) BOOST_TEST(copier->Kill() == -1);  // none has given up
  CheckCopies(log);
}

BOOST_AUTO_TEST_CASE(AKilledMembersPartitionsAreTakenOver) {
  KafkaTestLog log;
  {
    const auto stream = log.Open();
    Must(stream->EnsureTopic(Topic("t", 4)));
    AppendAll(*Take(stream->NewWriter("input")), "t", Numbered("a", 40));
  }
  ChildProcess child([&] {
    const auto stream = log.Open();
    Member member(*stream, InGroup("g", "t"));
    for (;;) member.Step(milliseconds(20));
    return 0;
  });
  std::this_thread::sleep_for(milliseconds(1'500));
  BOOST_TEST(child.Kill() == -1);
  const auto start = steady_clock::now();
  const auto stream = log.Open();
  Member heir(*stream, InGroup("g", "t"));
  Until(
      log, [&] { return heir.records.size() == 40; }, [&] { heir.Step(milliseconds(20)); },
      "the dead member's records");
  BOOST_TEST((steady_clock::now() - start < log.SessionTimeout() + milliseconds(6'000)));
}

BOOST_AUTO_TEST_CASE(ASecondOfTheSameInstanceEndsTheFirst) {
  KafkaTestLog log;
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  Member first(*stream, InGroup("g", "t", "sink-1"));
  Until(
      log, [&] { return first.owned.size() == 2; }, [&] { first.Step(); }, "assignment");
  const auto far = log.Open();
  Member second(*far, InGroup("g", "t", "sink-1"));
  std::optional<Error> failed;
  Until(
      log, [&] { return failed && second.owned.size() == 2; },
      [&] {
        second.Step();
        auto polled = first.reader->Poll(10, milliseconds(5));
        if (!polled) failed = polled.error();
      },
      "the end of the first");
  BOOST_TEST((failed->code == ErrorCode::kFatal));
  BOOST_TEST(failed->message.find("sink-1") != std::string::npos);
  BOOST_TEST(failed->message.find("`instance`") != std::string::npos);
}

// What a member did before it was thrown out is refused even if it has come back since, without its
// caller having heard of it: by the generation, or because Group() still names the old place.
BOOST_AUTO_TEST_CASE(AMemberThatWasThrownOutCannotCommit) {
  for (const std::string instance : {"", "static"}) {
    KafkaTestLog log;
    const auto stream = log.Open();
    Must(stream->EnsureTopic(Topic("t", 2)));
    Must(stream->EnsureTopic(Topic("out")));
    AppendAll(*Take(stream->NewWriter("input")), "t", Numbered("a", 20));
    Member zombie(*stream, InGroup("g", "t", instance));
    Until(
        log, [&] { return zombie.records.size() == 20; }, [&] { zombie.Step(); }, "records");
    Member other(*stream, InGroup("g", "t"));
    // It heartbeats, but does not poll: in the midst of the rebalance, too.
    Until(
        log, [&] { return other.records.size() == 20; }, [&] { other.Step(milliseconds(20)); },
        "takeover");
    const auto writer = Take(stream->NewWriter("zombie"));
    Must(writer->Begin());
    Must(writer->Append("out", 0, "zombie", "v"));
    Status late = writer->SendOffsets(zombie.reader->Group(), {"t", 0}, 20);
    if (late) late = writer->Commit();
    BOOST_TEST_REQUIRE(!late);
    BOOST_TEST((late.error().code == ErrorCode::kConflict), late.error().message);
    BOOST_TEST(ReadAll(log, *stream, "out").empty());
    Until(
        log, [&] { return zombie.lost.size() == 2; },
        [&] {
          zombie.Step();
          other.Step();
        },
        "Lost");
    BOOST_TEST(zombie.revoked.empty());
    // Neither has committed: each partition's records are read by its owner from the start.
    Until(
        log, [&] { return zombie.owned.size() == 1 && other.owned.size() == 1; },
        [&] {
          zombie.Step();
          other.Step();
        },
        "one each");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
