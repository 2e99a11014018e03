#include "processor/processor_loop.h"

#include "tests/processor/faulty_stream.h"
#include "tests/processor/loop_harness.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Call = FaultyStream::Call;

void Check(const Status& status) {
  BOOST_CHECK_MESSAGE(status, (status ? "" : status.error().message));
}

std::uint64_t Outcomes(const ProcessorCounters& counters) {
  return counters.made + counters.changed + counters.unchanged + counters.forgotten;
}

BOOST_AUTO_TEST_SUITE(processor_loop)

BOOST_AUTO_TEST_CASE(posts_become_timelines) {
  LoopStream log(4);
  std::mt19937 random(1);
  log.Write(RandomInputs(random, 200, false));
  RunningLoop loop(log.stream(), QuickSettings());
  WaitUntil([&] { return log.CaughtUp(); });
  log.Write(RandomInputs(random, 200, false));
  WaitUntil([&] { return log.CaughtUp(); });
  Check(loop.Stop());
  log.CheckTimelines();
  BOOST_TEST(loop.counters().accepted == 400U);
  BOOST_TEST(Outcomes(loop.counters()) == 400U);
  BOOST_TEST(loop.counters().rejects == 0U);
  BOOST_TEST(loop.counters().batches_unwound == 0U);
  BOOST_TEST(loop.counters().records_written == static_cast<std::uint64_t>(log.EndOfTimelines()));
}

BOOST_AUTO_TEST_CASE(a_restart_writes_nothing_that_was_written_before) {
  LoopStream log(2);
  std::mt19937 random(2);
  log.Write(RandomInputs(random, 200, true));
  for (int restart = 0; restart < 3; ++restart) {
    RunningLoop loop(log.stream(), QuickSettings());
    WaitUntil([&] { return log.CaughtUp() && loop.counters().partitions == 2; });
    Check(loop.Stop());
    const std::int64_t end = log.EndOfTimelines();
    log.Reopen();
    RunningLoop again(log.stream(), QuickSettings());
    WaitUntil([&] { return again.counters().partitions == 2; });
    Check(again.Stop());
    BOOST_TEST(log.EndOfTimelines() == end);
    BOOST_TEST(again.counters().records_restored > 0U);
    log.CheckTimelines();
    log.Write(RandomInputs(random, 30, true));
  }
}

BOOST_AUTO_TEST_CASE(failed_commits_are_done_again_exactly_once) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      LoopStream log(seed % 2 == 0 ? 4 : 1);
      std::mt19937 dice(seed);
      bool appended = false;
      FaultyStream faulty(log.stream(), [&](Call call) -> std::optional<Error> {
        // Commits that carry nothing are those of a start: let it come about.
        if (call == Call::kAppend) appended = true;
        if (call != Call::kCommit || !std::exchange(appended, false)) return std::nullopt;
        const auto roll = dice() % 20;
        if (roll < 3) return RetryLater("the log is away");
        if (roll == 3) return Conflict("fenced");
        return std::nullopt;
      });
      std::mt19937 random(seed);
      log.WriteRaw(0, "alpha", "no JSON");
      log.Write(RandomInputs(random, 60, seed % 2 == 0));
      RunningLoop loop(faulty, QuickSettings());
      for (int i = 0; i < 4; ++i) {
        log.Write(RandomInputs(random, 30, seed % 2 == 0));
        std::this_thread::sleep_for(milliseconds(random() % 30));
      }
      WaitUntil([&] { return log.CaughtUp() || loop.ended(); });
      Check(loop.Stop());
      log.CheckTimelines();
      BOOST_TEST(log.Read(kRejectsTopic, 0).size() == 1U);
      BOOST_TEST(loop.counters().rejects == 1U);
      BOOST_TEST(Outcomes(loop.counters()) == loop.counters().accepted);
      BOOST_TEST(loop.counters().batches_unwound > 0U);
      if (seed % 2 == 1) BOOST_TEST(loop.counters().accepted == 180U);
    }
  }
}

BOOST_AUTO_TEST_CASE(other_calls_that_fail_are_done_again) {
  for (const Call failing : {Call::kBegin, Call::kAppend, Call::kSendOffsets, Call::kPollGroup}) {
    BOOST_TEST_CONTEXT("call " << static_cast<int>(failing)) {
      LoopStream log(1);
      std::atomic<int> calls = 0;
      FaultyStream faulty(log.stream(), [&](Call call) -> std::optional<Error> {
        if (call != failing || ++calls > 40 || calls % 7 != 3) return std::nullopt;
        return RetryLater("the log is away");
      });
      std::mt19937 random(3);
      log.Write(RandomInputs(random, 100, false));
      RunningLoop loop(faulty, QuickSettings());
      WaitUntil([&] { return (calls > 3 && log.CaughtUp()) || loop.ended(); });
      Check(loop.Stop());
      log.CheckTimelines();
      BOOST_TEST(loop.counters().accepted == 100U);
    }
  }
}

BOOST_AUTO_TEST_CASE(stopped_anywhere_and_started_again) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      LoopStream log(2);
      std::mt19937 random(seed);
      log.Write(RandomInputs(random, 300, true));
      for (int restart = 0; restart < 6; ++restart) {
        RunningLoop loop(log.stream(), QuickSettings());
        std::this_thread::sleep_for(milliseconds(random() % 60));
        Check(loop.Stop());
        log.Reopen();
      }
      RunningLoop loop(log.stream(), QuickSettings());
      WaitUntil([&] { return log.CaughtUp() || loop.ended(); });
      Check(loop.Stop());
      log.CheckTimelines();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_commit_that_may_have_become_durable_ends_the_loop) {
  LoopStream log(2);
  std::mt19937 random(4);
  log.Write(RandomInputs(random, 100, false));
  log.WriteRaw(0, "", std::nullopt);
  int commits = 0;
  FaultyStream fatal(log.stream(), [&](Call call) -> std::optional<Error> {
    if (call != Call::kCommit || ++commits != 4) return std::nullopt;
    return Fatal("the disk failed");
  });
  {
    RunningLoop loop(fatal, QuickSettings());
    WaitUntil([&] { return loop.ended(); });
    const Status status = loop.Stop();
    BOOST_REQUIRE(!status);
    BOOST_TEST((status.error().code == ErrorCode::kFatal));
    BOOST_TEST(status.error().message == "the disk failed");
  }
  RunningLoop loop(log.stream(), QuickSettings());
  WaitUntil([&] { return log.CaughtUp() || loop.ended(); });
  Check(loop.Stop());
  log.CheckTimelines();
  BOOST_TEST(log.Read(kRejectsTopic, 0).size() == 1U);
}

BOOST_AUTO_TEST_CASE(two_loops_share_the_partitions) {
  LoopStream log(4, std::chrono::seconds(2));  // after which a member that left is missed
  std::mt19937 random(5);
  log.Write(RandomInputs(random, 100, false));
  RunningLoop first(log.stream(), QuickSettings("first"));
  WaitUntil([&] { return first.counters().partitions == 4; });
  {
    RunningLoop second(log.stream(), QuickSettings("second"));
    log.Write(RandomInputs(random, 100, false));
    WaitUntil(
        [&] { return first.counters().partitions == 2 && second.counters().partitions == 2; });
    log.Write(RandomInputs(random, 100, false));
    WaitUntil([&] { return log.CaughtUp(); });
    BOOST_TEST(second.counters().accepted > 0U);
    log.Write(RandomInputs(random, 100, false));
    Check(second.Stop());
    BOOST_TEST(first.counters().accepted + second.counters().accepted <= 400U);
  }
  WaitUntil([&] { return first.counters().partitions == 4; });
  WaitUntil([&] { return log.CaughtUp(); });
  Check(first.Stop());
  log.CheckTimelines();
}

BOOST_AUTO_TEST_CASE(partitions_that_were_lost_are_left_alone) {
  LoopStream log(4, milliseconds(400));
  std::mt19937 random(6);
  FaultyStream slow(log.stream());
  ProcessorLoopSettings settings = QuickSettings("slow");
  settings.commit_interval = std::chrono::seconds(2);
  settings.batch_records_max = 1000;
  RunningLoop first(slow, settings);
  WaitUntil([&] { return first.counters().partitions == 4; });
  RunningLoop second(log.stream(), QuickSettings("quick"));
  WaitUntil([&] { return first.counters().partitions == 2 && second.counters().partitions == 2; });
  slow.StallOnce(milliseconds(1500));
  log.Write(RandomInputs(random, 200, false));  // the first reads some, then is not heard of
  WaitUntil([&] { return second.counters().partitions == 4; });
  WaitUntil([&] { return log.CaughtUp(); });
  WaitUntil([&] { return first.ended() || first.counters().partitions == 2; });
  log.Write(RandomInputs(random, 50, false));
  WaitUntil([&] { return log.CaughtUp() || first.ended(); });
  Check(first.Stop());
  WaitUntil([&] { return log.CaughtUp(); });
  Check(second.Stop());
  log.CheckTimelines();
}

BOOST_AUTO_TEST_CASE(a_stop_while_it_restores_is_no_failure) {
  LoopStream log(1);
  std::mt19937 random(7);
  for (int i = 0; i < 5; ++i) {  // batch after batch, so that conversations are joined
    log.Write(RandomInputs(random, 40, false));
    RunningLoop loop(log.stream(), QuickSettings());
    WaitUntil([&] { return log.CaughtUp(); });
    Check(loop.Stop());
  }
  const std::int64_t end = log.EndOfTimelines();
  for (int stop_at = 1; stop_at < 120; stop_at += 3) {
    std::atomic<int> polls = 0;
    RunningLoop* running = nullptr;
    std::atomic<bool> ready = false;
    FaultyStream slow(log.stream(), [&](Call call) -> std::optional<Error> {
      if (call != Call::kPollPartition || ++polls != stop_at) return std::nullopt;
      while (!ready) std::this_thread::yield();
      running->AskToStop();
      return std::nullopt;
    });
    slow.LimitPolls(2);
    RunningLoop loop(slow, QuickSettings());
    running = &loop;
    ready = true;
    WaitUntil([&] { return polls >= stop_at || loop.counters().partitions == 1 || loop.ended(); });
    BOOST_TEST_CONTEXT("stopped at poll " << stop_at) { Check(loop.Stop()); }
  }
  BOOST_TEST(log.EndOfTimelines() == end);
  log.CheckTimelines();
}

BOOST_AUTO_TEST_CASE(what_cannot_be_understood_is_rejected_once) {
  LoopStream log(2);
  std::mt19937 random(8);
  log.Write(RandomInputs(random, 20, false));
  const std::string note = R"({"type":"Note","id":"n","published":"2013-06-25T18:14:45Z"})";
  const std::int32_t right = PartitionOf("stray", 2);
  const std::int32_t wrong = 1 - right;
  const std::int64_t first = Take(log.stream().EndOffset({kPostsTopic, wrong}));
  log.WriteRaw(wrong, "stray", note);
  log.WriteRaw(wrong, "stray", "\x01no \xff JSON" + std::string(500, '.'));
  log.WriteRaw(wrong, "stray", std::nullopt);
  log.WriteRaw(wrong, "", note);
  log.Write(RandomInputs(random, 20, false));
  RunningLoop loop(log.stream(), QuickSettings());
  WaitUntil([&] { return log.CaughtUp() || loop.ended(); });
  Check(loop.Stop());
  BOOST_TEST(loop.counters().rejects == 4U);
  const std::vector<Record> rejects = log.Read(kRejectsTopic, 0);
  BOOST_REQUIRE(rejects.size() == 4U);
  const auto reject = [&](std::int64_t i, const std::string& reason, const std::string& rest) {
    return R"({"v":1,"source":"processor","reason":")" + reason + R"(","where":"posts )" +
           std::to_string(wrong) + " offset " + std::to_string(first + i) + "\"," + rest + "}";
  };
  std::string escaped;
  for (const char c : note) escaped += (c == '"' ? "\\\"" : std::string(1, c));
  const std::string sample =
      R"("bytes":)" + std::to_string(note.size()) + R"(,"sample":")" + escaped + "\"";
  BOOST_TEST(
      *rejects[0].value ==
      reject(0, "the hashtag does not belong to partition " + std::to_string(wrong), sample));
  BOOST_TEST(*rejects[1].value ==
             reject(1, "invalid UTF-8 at byte 4",
                    R"("bytes":510,"sample":" no � JSON)" + std::string(188, '.') + "\""));
  BOOST_TEST(*rejects[2].value ==
             reject(2, "a record without a value", R"("bytes":0,"sample":"")"));
  BOOST_TEST(*rejects[3].value == reject(3, "a record without a hashtag as its key", sample));
  for (const Record& record : rejects) BOOST_TEST(record.key == "processor");
  log.CheckTimelines();
}

// Replies, reposts and their edits named it; after compaction nothing in the topic does, and what
// others wrote is still there.
BOOST_AUTO_TEST_CASE(a_forgotten_id_stands_in_no_record) {
  const std::string secret = "https://social.example/users/secret/1";
  LoopStream log(1);
  RunningLoop loop(log.stream(), QuickSettings());
  std::vector<Input> inputs;
  const auto note = [&](const std::string& id, const std::string& parent, TimeMs updated) {
    Post post;
    post.id = id;
    post.published = kStart;
    post.updated = updated;
    post.in_reply_to = parent;
    post.content = "what " + id + " said";
    inputs.emplace_back("alpha", post);
  };
  note(secret, "", kStart);
  note("b", secret, kStart + 1);
  note("c", "other", kStart + 2);
  log.Write(inputs);
  WaitUntil([&] { return log.CaughtUp(); });
  inputs.clear();
  note("c", secret, kStart);  // an older version: a link, no new entry
  Post repost;
  repost.type = PostType::kAnnounce;
  repost.id = "r";
  repost.published = kStart;
  repost.object = secret;
  inputs.emplace_back("alpha", repost);
  log.Write(inputs);
  WaitUntil([&] { return log.CaughtUp(); });
  Forget forget;
  forget.post = secret;
  log.Write({{"", forget}});
  WaitUntil([&] { return log.CaughtUp(); });
  Check(loop.Stop());
  log.CheckTimelines();  // compacts
  std::size_t said = 0;
  for (const Record& record : log.Read(kTimelinesTopic, 0)) {
    if (!record.value) continue;
    BOOST_TEST(record.value->find("secret") == std::string::npos);
    BOOST_TEST(record.key.find("secret") == std::string::npos);
    if (record.value->find(" said\"") != std::string::npos) ++said;
  }
  BOOST_TEST(said == 2U);  // b and c
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
