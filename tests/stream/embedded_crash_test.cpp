// kill -9 and several processes: what was acknowledged stays, and nothing is there twice.
#include <sqlite3.h>
#include <sys/mman.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "base/time.h"
#include "tests/stream/child_process.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

using contract::KeysOf;
using contract::Must;
using contract::Numbered;
using contract::Take;
using contract::Topic;
using std::chrono::milliseconds;

constexpr int kInput = 6'000;
constexpr int kRounds = 30;
constexpr int kKeys = 97;

// A number that outlives a killed child: what it had acknowledged.
class SharedNumber {
 public:
  SharedNumber()
      : number_(static_cast<std::atomic<std::int64_t>*>(
            mmap(nullptr, sizeof(std::atomic<std::int64_t>), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedNumber() { munmap(number_, sizeof(*number_)); }
  SharedNumber(const SharedNumber&) = delete;
  SharedNumber& operator=(const SharedNumber&) = delete;
  std::atomic<std::int64_t>& operator*() { return *number_; }

 private:
  std::atomic<std::int64_t>* number_;
};

void CheckIntegrity(const std::string& path) {
  sqlite3* db = nullptr;
  BOOST_REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  std::string verdict;
  sqlite3_exec(
      db, "PRAGMA integrity_check",
      [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0];
        return 0;
      },
      &verdict, nullptr);
  sqlite3_close(db);
  BOOST_TEST(verdict == "ok");
}

// Copies `in` to `out` exactly once, and beside it the latest of 97 keys to `latest`, which it
// compacts now and then. Ends when all is copied.
int Copy(const EmbeddedStreamSettings& settings, std::atomic<std::int64_t>& acknowledged) {
  const auto stream = Take(OpenEmbeddedStream(settings));
  const auto reader = Take(stream->NewReader(contract::InGroup("copy", "in", "worker")));
  const auto writer = Take(stream->NewWriter("worker"));
  for (int round = 0;; ++round) {
    const Polled polled =
        Take(reader->Poll(static_cast<std::size_t>(5 + round % 40), milliseconds(5)));
    const auto* batch = std::get_if<Records>(&polled);
    if (batch == nullptr || batch->records.empty()) {
      if (Take(stream->CommittedOffset("copy", {"in", 0})).value_or(0) == kInput) return 0;
      continue;
    }
    Must(writer->Begin());
    for (const Record& record : batch->records) {
      Must(writer->Append("out", 0, record.key, record.value));
      const std::string key = "key" + std::to_string(record.offset % kKeys);
      Must(writer->Append("latest", 0, key, std::to_string(record.offset)));
    }
    const std::int64_t next = batch->records.back().offset + 1;
    Must(writer->SendOffsets(reader->Group(), {"in", 0}, next));
    Must(writer->Commit());
    acknowledged = next;
    if (round % 20 == 0) Must(stream->Clean(Now()));
  }
}

void CheckCopy(EmbeddedLog& log) {
  const auto stream = log.Open();
  const auto in = contract::ReadAll(log, *stream, "in");
  const auto out = contract::ReadAll(log, *stream, "out");
  BOOST_TEST_REQUIRE(in.size() == static_cast<std::size_t>(kInput));
  BOOST_TEST(KeysOf(out) == KeysOf(in), boost::test_tools::per_element());
  for (std::size_t i = 0; i < out.size(); ++i) {
    BOOST_TEST(out[i].offset == static_cast<std::int64_t>(i));
  }
  Must(stream->Clean(Now()));
  const auto latest = contract::ReadAll(log, *stream, "latest");
  BOOST_TEST(latest.size() == static_cast<std::size_t>(kKeys));
  for (const Record& record : latest) {
    const int last = std::stoi(record.value.value());
    BOOST_TEST(record.key == "key" + std::to_string(last % kKeys));
    BOOST_TEST(last >= kInput - kKeys);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(embedded_crash)

BOOST_AUTO_TEST_CASE(KilledAtAnyMomentItLosesAndDoublesNothing) {
  EmbeddedLog log;
  {
    const auto stream = log.Open();
    Must(stream->EnsureTopic(Topic("in")));
    Must(stream->EnsureTopic(Topic("out")));
    Must(stream->EnsureTopic(Topic("latest", 1, Cleanup::kCompact)));
    contract::AppendAll(*Take(stream->NewWriter("input")), "in", Numbered("in", kInput));
  }
  SharedNumber acknowledged;
  std::mt19937 random(42);
  int killed = 0;
  for (int round = 0; round < kRounds; ++round) {
    {
      ChildProcess child([&] { return Copy(log.Settings(), *acknowledged); });
      std::this_thread::sleep_for(milliseconds(8 + random() % 40));
      if (child.Kill() == -1) ++killed;
    }
    const auto stream = log.Open();
    const auto next = Take(stream->CommittedOffset("copy", {"in", 0})).value_or(0);
    BOOST_TEST(next >= (*acknowledged).load());
    BOOST_TEST(Take(stream->EndOffset({"out", 0})) == next);
  }
  BOOST_TEST(killed >= kRounds / 5);  // a quick machine may be done before it is hit
  ChildProcess last([&] { return Copy(log.Settings(), *acknowledged); });
  BOOST_TEST(last.Wait() == 0);
  CheckCopy(log);
  CheckIntegrity(log.Settings().path);
}

BOOST_AUTO_TEST_CASE(TwoProcessesAppendAtOnce) {
  constexpr int kTransactions = 100;
  constexpr int kEach = 20;
  EmbeddedLog log;
  const auto append = [&](const std::string& name) {
    const auto stream = log.Open();  // both make the file, too
    Must(stream->EnsureTopic(Topic("t")));
    const auto writer = Take(stream->NewWriter(name));
    for (int i = 0; i < kTransactions; ++i) {
      contract::AppendAll(*writer, "t", Numbered(name + std::to_string(i) + ".", kEach));
    }
    return 0;
  };
  {
    ChildProcess a([&] { return append("a"); });
    ChildProcess b([&] { return append("b"); });
    BOOST_TEST(a.Wait() == 0);
    BOOST_TEST(b.Wait() == 0);
  }
  const auto stream = log.Open();
  const auto records = contract::ReadAll(log, *stream, "t");
  BOOST_TEST_REQUIRE(records.size() == 2U * kTransactions * kEach);
  std::map<char, int> transactions;
  for (std::size_t i = 0; i < records.size(); i += kEach) {
    const char name = records[i].key[0];
    const int number = transactions[name]++;
    for (std::size_t j = 0; j < kEach; ++j) {
      BOOST_TEST(records[i + j].offset == static_cast<std::int64_t>(i + j));
      BOOST_TEST(records[i + j].key == name + std::to_string(number) + "." + std::to_string(j));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
