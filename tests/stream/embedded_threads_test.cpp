// One Stream object used by many threads, as `run` does.
#include <atomic>
#include <map>
#include <thread>

#include "base/time.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

using contract::Take;
using contract::Topic;
using std::chrono::milliseconds;

constexpr int kInputWriters = 2;
constexpr int kWorkers = 3;
constexpr int kTransactions = 40;
constexpr int kEach = 25;
constexpr std::size_t kTotal = std::size_t{kInputWriters} * kTransactions * kEach;

// In a thread nothing may throw: the first failure is kept.
struct Failure {
  std::mutex mutex;
  std::string message;
  void Note(const Error& error) {
    const std::lock_guard lock(mutex);
    if (message.empty()) message = error.message;
  }
};

Status WriteInput(Stream& stream, const std::string& name) {
  auto writer = stream.NewWriter(name);
  if (!writer) return writer.error();
  for (int i = 0; i < kTransactions; ++i) {
    if (Status s = (*writer)->Begin(); !s) return s;
    for (int j = 0; j < kEach; ++j) {
      const std::string key = name + std::to_string(i * kEach + j);
      if (Status s = (*writer)->Append("in", -1, key, "value"); !s) return s;
    }
    if (Status s = (*writer)->Commit(); !s) return s;
  }
  return {};
}

Status CopyBatch(Reader& reader, Writer& writer, const std::vector<Record>& records) {
  if (Status s = writer.Begin(); !s) return s;
  std::map<std::int32_t, std::int64_t> next;
  for (const Record& record : records) {
    if (Status s = writer.Append("out", -1, record.key, record.value); !s) return s;
    next[record.partition] = record.offset + 1;
  }
  for (const auto& [partition, offset] : next) {
    if (Status s = writer.SendOffsets(reader.Group(), {"in", partition}, offset); !s) return s;
  }
  return writer.Commit();
}

// Copies `in` to `out` until all is copied; joins late and leaves early if told so.
Status Work(Stream& stream, const std::string& name, std::atomic<std::size_t>& copied,
            std::size_t leave_at) {
  auto reader = stream.NewReader(contract::InGroup("copy", "in"));
  if (!reader) return reader.error();
  auto writer = stream.NewWriter(name);
  if (!writer) return writer.error();
  while (copied < leave_at) {
    auto polled = (*reader)->Poll(20, milliseconds(20));
    if (!polled) return polled.error();
    if (std::holds_alternative<Revoking>(*polled)) {
      if (Status s = (*reader)->ReleaseRevoked(); !s) return s;
    } else if (const auto* batch = std::get_if<Records>(&*polled)) {
      if (batch->records.empty()) continue;
      if (Status s = CopyBatch(**reader, **writer, batch->records); !s) return s;
      copied += batch->records.size();
    }
  }
  return {};
}

Status CleanUntil(Stream& stream, std::atomic<std::size_t>& copied) {
  while (copied < kTotal) {
    if (Status s = stream.Clean(Now()); !s) return s;
    const auto end = stream.CommittedOffset("copy", {"in", 1});
    if (!end) return end.error();
    if (*end) {
      if (Status s = stream.Trim({"in", 1}, **end); !s) return s;
    }
    std::this_thread::sleep_for(milliseconds(3));
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(embedded_threads)

BOOST_AUTO_TEST_CASE(WorkersThatComeAndGoCopyEachRecordOnce) {
  EmbeddedLog log;
  EmbeddedStreamSettings settings = log.Settings();
  settings.session_timeout = std::chrono::seconds(45);
  const auto stream = Take(OpenEmbeddedStream(settings));
  contract::Must(stream->EnsureTopic(Topic("in", 4)));
  contract::Must(stream->EnsureTopic(Topic("out", 2, Cleanup::kCompact)));
  std::atomic<std::size_t> copied{0};
  Failure failure;
  {
    std::vector<std::jthread> threads;
    const auto run = [&](auto body) {
      threads.emplace_back([&failure, body] {
        if (Status status = body(); !status) failure.Note(status.error());
      });
    };
    for (int i = 0; i < kInputWriters; ++i) {
      run([&, i] { return WriteInput(*stream, "input" + std::to_string(i) + "."); });
    }
    for (int i = 0; i < kWorkers; ++i) {
      const std::size_t leave_at = i == 0 ? kTotal / 2 : kTotal;
      run([&, i, leave_at]() -> Status {
        std::this_thread::sleep_for(milliseconds(30 * i));
        return Work(*stream, "worker" + std::to_string(i), copied, leave_at);
      });
    }
    run([&] { return CleanUntil(*stream, copied); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (copied < kTotal && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(10));
    }
    BOOST_TEST(copied.load() == kTotal);
    copied = kTotal;  // ends all
  }
  BOOST_TEST(failure.message == "");
  std::map<std::string, int> seen;
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    for (const Record& record : contract::ReadAll(log, *stream, "out", partition)) {
      ++seen[record.key];
    }
  }
  BOOST_TEST(seen.size() == kTotal);
  std::int64_t written = 0;
  for (std::int32_t partition = 0; partition < 2; ++partition) {
    written += Take(stream->EndOffset({"out", partition}));
  }
  BOOST_TEST(written == static_cast<std::int64_t>(kTotal));
}

BOOST_AUTO_TEST_CASE(ACommitWakesAWaitingReader) {
  EmbeddedLog log;
  const auto stream = log.Open();
  contract::Must(stream->EnsureTopic(Topic("t")));
  const auto reader = contract::ReadPartition(*stream, "t");
  std::jthread other([&] {
    auto writer = stream->NewWriter("w");
    std::this_thread::sleep_for(milliseconds(30));
    if (writer && (*writer)->Begin() && (*writer)->Append("t", 0, "k", "v")) {
      (void)(*writer)->Commit();
    }
  });
  const Polled polled = Take(reader->Poll(1, std::chrono::seconds(10)));
  BOOST_TEST(std::get<Records>(polled).records.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
