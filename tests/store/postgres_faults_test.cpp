// What a PostgreSQL server does to a sink: it is killed, stopped, paused and full, cuts
// connections, and has other sinks. Whatever happens, the rows are those of the log.
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "postgres_bed.h"
#include "postgres_proxy.h"
#include "postgres_sink.h"
#include "small_disk.h"
#include "store/sqlite_store.h"
#include "store_contract.h"
#include "store_model.h"

namespace latecomer::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

std::unique_ptr<TimelineWriteStore> Writer(const std::string& url) {
  PostgresStoreSettings settings;
  settings.url = url;
  return Require(OpenPostgresWriteStore(settings));
}

std::unique_ptr<TimelineReadStore> Reader(const std::string& url) {
  PostgresStoreSettings settings;
  settings.url = url;
  return Require(OpenPostgresReadStore(settings));
}

StoreModel ModelOf(const Log& log) {
  StoreModel model;
  for (const SequencedRecord& record : log.records()) model.Apply(record);
  return model;
}

// A random log whose hashtags no other partition has, and which forgets nobody: that would be
// another partition's author too.
Log LogOfPartition(int partition, int records) {
  Log out = RandomLog(static_cast<unsigned>(partition) + 100, records);
  std::erase_if(out.mutable_records(), [](const SequencedRecord& record) {
    return std::holds_alternative<ForgottenRecord>(record.record.body);
  });
  for (SequencedRecord& record : out.mutable_records()) {
    record.record.hashtag += std::to_string(partition);
  }
  return out;
}

// The same rows as a SQLite store that was fed the same batches.
void CheckAsSqlite(const std::string& url, const Log& log,
                   const std::set<std::int64_t>& positions) {
  TempDir dir;
  SqliteStoreSettings settings;
  settings.path = dir / "store.db";
  const auto writer = Require(OpenSqliteWriteStore(settings));
  std::size_t from = 0;
  for (const std::int64_t position : positions) {
    std::size_t to = from;
    while (to < log.records().size() && log.records()[to].seq < position) ++to;
    if (to > from) Require(writer->Apply(BatchOf(log, from, to)));
    from = to;
  }
  const StoreModel model = ModelOf(log);
  const auto sqlite = Require(OpenSqliteReadStore(settings));
  const auto postgres = Reader(url);
  BOOST_TEST(Difference(*sqlite, model) == "");
  BOOST_TEST(Difference(*postgres, model) == "");
  for (const std::string& hashtag : model.Hashtags()) {
    const auto removed = [&](TimelineReadStore& store) {
      std::string out;
      for (const RemovedRow& row : Require(store.RemovedSince(hashtag, -1))) {
        out += std::to_string(row.seq) + ' ' + std::to_string(row.n) + '\n';
      }
      return out;
    };
    BOOST_TEST(removed(*sqlite) == removed(*postgres));
    BOOST_TEST(Found(*sqlite, hashtag, "text number") == Found(*postgres, hashtag, "text number"));
  }
}

void CheckRetry(const Status& status, const std::string& words) {
  BOOST_REQUIRE(!status);
  BOOST_TEST((status.error().code == ErrorCode::kRetryLater), status.error().message);
  BOOST_TEST(status.error().message.find(words) != std::string::npos, status.error().message);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_faults)

BOOST_AUTO_TEST_CASE(sinks_on_partitions_of_their_own) {
  constexpr int kPartitions = 4;
  const TestDatabase database;
  std::vector<Log> logs;
  StoreModel model;
  for (int i = 0; i < kPartitions; ++i) {
    logs.push_back(LogOfPartition(i, 1200));
    for (const SequencedRecord& record : logs.back().records()) model.Apply(record);
  }
  std::array<SinkRun, kPartitions> runs;
  {
    std::vector<std::jthread> sinks;
    for (int i = 0; i < kPartitions; ++i) {
      sinks.emplace_back([&, i] {
        const auto writer = Writer(database.url());  // all make the schema at once
        runs[static_cast<std::size_t>(i)] =
            RunSink(*writer, logs[static_cast<std::size_t>(i)], i, 1);
      });
    }
  }
  for (const SinkRun& run : runs) {
    BOOST_TEST(run.error == "");
    BOOST_TEST(run.retries == 0);  // they never wait for one another, let alone deadlock
  }
  BOOST_TEST(Difference(*Reader(database.url()), model) == "");
}

BOOST_AUTO_TEST_CASE(sinks_on_one_partition) {
  const TestDatabase database;
  const Log log = RandomLog(5, 1500);
  std::array<SinkRun, 3> runs;
  {
    std::vector<std::jthread> sinks;
    for (unsigned i = 0; i < runs.size(); ++i) {
      sinks.emplace_back([&, i] { runs[i] = RunSink(*Writer(database.url()), log, 0, i); });
    }
  }
  SinkRun all;
  for (SinkRun& run : runs) {
    BOOST_TEST(run.error == "");
    all.conflicts += run.conflicts;
    all.positions.merge(run.positions);
  }
  BOOST_TEST(all.conflicts > 0);
  CheckAsSqlite(database.url(), log, all.positions);
}

BOOST_AUTO_TEST_CASE(scrubbing_beside_sinks) {
  const TestDatabase database;
  const Log log = LogOfPartition(0, 2000);
  std::atomic<bool> done = false;
  std::atomic<int> scrubs = 0;
  std::string error;
  {
    const std::jthread scrubber([&] {
      const auto writer = Writer(database.url());
      while (!done) {
        const Status scrubbed = writer->Scrub(kMoment);
        if (!scrubbed && scrubbed.error().code != ErrorCode::kRetryLater) {
          error = scrubbed.error().message;
          return;
        }
        scrubs += scrubbed ? 1 : 0;
      }
    });
    BOOST_TEST(RunSink(*Writer(database.url()), log, 0, 3).error == "");
    for (int i = 0; scrubs == 0 && i < 3000; ++i) std::this_thread::sleep_for(milliseconds(20));
    done = true;
  }
  BOOST_TEST(error == "");
  BOOST_TEST(scrubs > 0);
  BOOST_TEST(Difference(*Reader(database.url()), ModelOf(log)) == "");
}

BOOST_AUTO_TEST_CASE(killed_again_and_again) {
  TestServer server;
  const std::string url = server.Url();
  const Log log = RandomLog(77, 2500);
  std::atomic<bool> done = false;
  SinkRun run;
  {
    const std::jthread sink([&] {
      run = RunSink(*Writer(url), log, 0, 9);
      done = true;
    });
    std::mt19937 random(7);
    for (int i = 0; i < 8 && !done; ++i) {
      std::this_thread::sleep_for(milliseconds(100 + random() % 400));
      server.Kill();
      std::this_thread::sleep_for(milliseconds(random() % 100));
      server.Start();
    }
  }
  BOOST_TEST(run.retries > 0);
  BOOST_TEST(run.error == "");
  CheckAsSqlite(url, log, run.positions);
}

BOOST_AUTO_TEST_CASE(connections_ended_by_the_administrator) {
  const TestDatabase database;
  const Log log = RandomLog(78, 2500);
  std::atomic<bool> done = false;
  SinkRun run;
  int ended = 0;
  {
    const std::jthread sink([&] {
      run = RunSink(*Writer(database.url()), log, 0, 9);
      done = true;
    });
    const auto db = Connect(database.url());
    while (!done) {
      std::this_thread::sleep_for(milliseconds(60));
      ended += db->Query(
                     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                     "datname=current_database() AND application_name='latecomer'")
                   .size();
      if (ended > 25) break;
    }
  }
  BOOST_TEST(ended > 2);
  BOOST_TEST(run.retries > 2);
  BOOST_TEST(run.error == "");
  CheckAsSqlite(database.url(), log, run.positions);
}

BOOST_AUTO_TEST_CASE(cut_around_the_commit) {
  TestServer server;
  CommitProxy proxy(server.port());
  const std::string url =
      "postgresql://latecomer@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres";
  const auto writer = Writer(url);
  Log log;
  for (int i = 0; i < 40; ++i) log.Add("a", Entry(i));
  Require(writer->Apply(BatchOf(log, 0, 10)));

  proxy.Arm(Cut::kBeforeCommit);
  CheckRetry(writer->Apply(BatchOf(log, 10, 20)), "was lost");
  BOOST_TEST(Require(writer->Positions())[0].next == 10);
  Require(writer->Apply(BatchOf(log, 10, 20)));

  // It is committed, and nobody was told: the same batch again finds that out.
  proxy.Arm(Cut::kAfterCommit);
  CheckRetry(writer->Apply(BatchOf(log, 20, 30)), "was lost");
  const Status again = writer->Apply(BatchOf(log, 20, 30));
  BOOST_REQUIRE(!again);
  BOOST_TEST((again.error().code == ErrorCode::kConflict));
  BOOST_TEST(Require(writer->Positions())[0].next == 30);
  Require(writer->Apply(BatchOf(log, 30, 40)));
  BOOST_TEST(proxy.cuts() == 2);
  CheckAsSqlite(url, log, {10, 20, 30, 40});
}

BOOST_AUTO_TEST_CASE(cut_anywhere) {
  TestServer server;
  CommitProxy proxy(server.port());
  const std::string url =
      "postgresql://latecomer@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres";
  const Log log = RandomLog(79, 800);
  std::atomic<bool> done = false;
  SinkRun run;
  {
    const std::jthread sink([&] {
      run = RunSink(*Writer(url), log, 0, 9);
      done = true;
    });
    std::mt19937 random(79);
    while (!done) {
      const Cut cuts[] = {Cut::kBeforeCommit, Cut::kAfterCommit, Cut::kAfterSomeBytes};
      proxy.Arm(cuts[random() % 3], static_cast<long>(random() % 60'000));
      std::this_thread::sleep_for(milliseconds(random() % 250));
    }
  }
  proxy.Arm(Cut::kNever);
  BOOST_TEST(proxy.cuts() > 3);
  BOOST_TEST(run.retries > 3);
  BOOST_TEST(run.error == "");
  CheckAsSqlite(url, log, run.positions);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_survived) {
  SmallDisk disk("100m");
  if (!disk.is_mounted()) {
    std::cout << "LATECOMER_SKIP: a small disk can only be mounted as root\n";
    return;
  }
  const TestServer server;
  const std::string space = disk.path() + "/space";
  std::filesystem::create_directory(space);
  std::filesystem::permissions(space, std::filesystem::perms(0700));
  TestServer::OwnFolder(space);
  const auto admin = Connect(server.Url());
  admin->Exec("CREATE TABLESPACE small LOCATION '" + space + "'");
  admin->Exec("CREATE DATABASE small TABLESPACE small");
  PostgresStoreSettings settings;
  settings.url = server.Url("small");
  settings.search_index = false;
  const auto writer = Require(OpenPostgresWriteStore(settings));
  const auto reader = Require(OpenPostgresReadStore(settings));
  Log log;
  std::mt19937 random(1);
  for (int i = 0; i < 6000; ++i) {
    std::string text(900, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 26);
    log.Add("a", Entry(i, "<p>" + text));
  }
  Require(writer->Apply(BatchOf(log, 0, 100)));
  disk.Fill();
  CheckRetry(writer->Apply(BatchOf(log, 100, 6000)), "disk is full. Make room");
  // Nothing of the batch is there, and what was can be read.
  BOOST_TEST(Require(writer->Positions())[0].next == 100);
  BOOST_TEST(Require(reader->Snapshot("a")).parts.entries.size() == 100U);
  disk.Empty();
  Require(writer->Apply(BatchOf(log, 100, 6000)));
  BOOST_TEST(Difference(*reader, ModelOf(log)) == "");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away) {
  TestServer server;
  const std::string url = server.Url();
  const auto writer = Writer(url);
  const auto reader = Reader(url);
  Log log;
  log.Add("a", Entry(1));
  log.Add("a", Entry(2));
  Require(writer->Apply(BatchOf(log, 0, 1)));
  BOOST_TEST(Require(reader->LastSeq("a")) == 0);
  const auto check = [&](int seconds_most, const std::string& words) {
    const Clock::time_point begin = Clock::now();
    const auto seq = reader->LastSeq("a");
    BOOST_TEST((Clock::now() - begin < std::chrono::seconds(seconds_most)));
    CheckRetry(seq ? Status() : seq.error(), words);
  };
  server.Stop();
  check(5, "cannot be reached");
  check(5, "cannot be reached");
  CheckRetry(writer->Apply(BatchOf(log, 1, 2)), "");
  CheckRetry(writer->Apply(BatchOf(log, 1, 2)), "cannot be reached");
  server.Start();
  // The pool's old connection is replaced within the call.
  BOOST_TEST(Require(reader->LastSeq("a")) == 0);
  Require(writer->Apply(BatchOf(log, 1, 2)));
  BOOST_TEST(Require(reader->LastSeq("a")) == 1);

  server.Pause();
  check(20, "has not answered");  // its sockets are open
  check(10, "does not answer");
  server.Resume();
  BOOST_TEST(Require(reader->LastSeq("a")) == 1);
}

BOOST_AUTO_TEST_CASE(the_first_of_several_hosts_that_takes_writes) {
  TestServer standby({"default_transaction_read_only=on"});
  TestServer primary;
  const std::string url =
      "postgresql://latecomer@127.0.0.1:1,127.0.0.1:" + std::to_string(standby.port()) +
      ",127.0.0.1:" + std::to_string(primary.port()) + "/postgres";
  const Log log = RandomLog(3, 300);
  const auto writer = Writer(url);
  const SinkRun run = RunSink(*writer, log, 0, 1);
  BOOST_TEST(run.error == "");
  CheckAsSqlite(primary.Url(), log, run.positions);
  // A sink whose primary becomes a standby goes looking for the new one.
  Log more = log;
  more.Add("a", Entry(1));
  Connect(primary.Url())->Exec("ALTER SYSTEM SET default_transaction_read_only=on");
  primary.Stop();
  primary.Start();
  CheckRetry(writer->Apply(BatchOf(more, log.records().size(), more.records().size())), "");
  CheckRetry(writer->Apply(BatchOf(more, log.records().size(), more.records().size())),
             "cannot be reached");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
