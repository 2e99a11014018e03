// The file itself: schema versions, foreign and damaged files, full disks, kill -9.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "store/sqlite_db.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_store.h"
#include "store_contract.h"
#include "store_model.h"
#include "temp_dir.h"

namespace latecomer::test {
namespace {

struct FileFixture {
  FileFixture() { settings.path = dir / "store.db"; }
  Error WriterError() {
    const auto store = OpenSqliteWriteStore(settings);
    BOOST_REQUIRE(!store);
    return store.error();
  }
  Error ReaderError() {
    const auto store = OpenSqliteReadStore(settings);
    BOOST_REQUIRE(!store);
    return store.error();
  }
  void Exec(const char* sql) {
    SqliteDb db(settings.path, SqliteOpen::kCreate, std::chrono::seconds(1));
    db.Exec(sql);
  }
  static void CheckError(const Error& error, ErrorCode code, const std::string& words) {
    BOOST_TEST((error.code == code));
    BOOST_TEST(error.message.find(words) != std::string::npos, error.message);
  }

  TempDir dir;
  SqliteStoreSettings settings;
};

constexpr std::size_t kKillRecords = 3000;

// The child: applies the log in random batches, over and over from the stored position, until it is
// killed.
[[noreturn]] void ApplyForEver(const SqliteStoreSettings& settings, const Log& log, unsigned seed) {
  std::mt19937 random(seed);
  const auto opened = OpenSqliteWriteStore(settings);
  if (!opened) _exit(3);
  TimelineWriteStore& store = **opened;
  const auto positions = store.Positions();
  if (!positions) _exit(4);
  std::size_t at = 0;
  while (!positions->empty() && at < log.records().size() &&
         log.records()[at].seq < positions->front().next) {
    ++at;
  }
  while (at < log.records().size()) {
    const std::size_t to = std::min(log.records().size(), at + 1 + random() % 40);
    if (!store.Apply(BatchOf(log, at, to))) _exit(5);
    if (random() % 10 == 0 && !store.Scrub(kMoment)) _exit(6);
    at = to;
  }
  while (true) pause();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sqlite_file)

BOOST_FIXTURE_TEST_CASE(no_file, FileFixture) {
  CheckError(ReaderError(), ErrorCode::kNotFound, "There is no timeline store " + settings.path);
  settings.path = dir / "no/such/folder/store.db";
  CheckError(WriterError(), ErrorCode::kFatal, "Its folder must exist");
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_becomes_a_store, FileFixture) {
  std::ofstream(settings.path).close();
  CheckError(ReaderError(), ErrorCode::kFatal, "still empty");
  Require(OpenSqliteWriteStore(settings));
  Require(Require(OpenSqliteReadStore(settings))->Hashtags());
}

BOOST_FIXTURE_TEST_CASE(a_newer_schema_is_refused, FileFixture) {
  Require(OpenSqliteWriteStore(settings));
  Exec("PRAGMA user_version=1000");
  CheckError(WriterError(), ErrorCode::kFatal, "newer Latecomer (schema 1000");
  CheckError(ReaderError(), ErrorCode::kFatal, "newer Latecomer (schema 1000");
}

BOOST_FIXTURE_TEST_CASE(an_older_schema_is_for_the_writer_to_mend, FileFixture) {
  Require(OpenSqliteWriteStore(settings));
  Exec("PRAGMA user_version=0");
  CheckError(ReaderError(), ErrorCode::kFatal, "empty");
}

BOOST_FIXTURE_TEST_CASE(another_programs_file_is_left_alone, FileFixture) {
  Exec("CREATE TABLE precious(x); INSERT INTO precious VALUES(1)");
  CheckError(WriterError(), ErrorCode::kFatal, "some other program");
  CheckError(ReaderError(), ErrorCode::kFatal, "some other program");
  SqliteDb db(settings.path, SqliteOpen::kExisting, std::chrono::seconds(1));
  BOOST_TEST(db.QueryText("PRAGMA journal_mode") == "delete");
  BOOST_TEST(db.QueryInt("SELECT count(*) FROM sqlite_schema") == 1);
}

BOOST_FIXTURE_TEST_CASE(no_database_at_all, FileFixture) {
  std::ofstream(settings.path) << std::string(5000, 'x');
  CheckError(WriterError(), ErrorCode::kCorrupt, "is damaged");
  CheckError(ReaderError(), ErrorCode::kCorrupt, "is damaged");
}

BOOST_FIXTURE_TEST_CASE(a_damaged_file_says_so, FileFixture) {
  Log log;
  for (int i = 0; i < 500; ++i) log.Add("hrevolution", Entry(i));
  {
    const auto writer = Require(OpenSqliteWriteStore(settings));
    ApplyAll(*writer, log);
    Require(writer->Scrub(kMoment));
  }
  const auto size = std::filesystem::file_size(settings.path);
  {
    std::fstream file(settings.path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t page = 8192; page < size; page += 4096) {
      file.seekp(static_cast<std::streamoff>(page));
      file << std::string(100, '\xff');
    }
  }
  const auto reader = OpenSqliteReadStore(settings);
  const auto snapshot = reader ? (*reader)->Snapshot("hrevolution") : reader.error();
  BOOST_REQUIRE(!snapshot);
  CheckError(snapshot.error(), ErrorCode::kCorrupt, "is damaged");
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_leaves_all_as_it_was, FileFixture) {
  const auto writer = Require(OpenSqliteWriteStore(settings));
  Log log;
  for (int i = 0; i < 3000; ++i) log.Add("hrevolution", Entry(i, std::string(800, 'x')));
  Require(writer->Apply(BatchOf(log, 0, 10)));
  // A limit on file sizes fails writes as a full disk does.
  rlimit old{};
  BOOST_REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 1'000'000;
  BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Status status = writer->Apply(BatchOf(log, 10, 3000));
  BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
  signal(SIGXFSZ, old_handler);
  BOOST_REQUIRE(!status);
  CheckError(status.error(), ErrorCode::kFatal, "Make room");
  const auto reader = Require(OpenSqliteReadStore(settings));
  BOOST_TEST(Require(reader->Snapshot("hrevolution")).parts.entries.size() == 10U);
  Require(writer->Apply(BatchOf(log, 10, 3000)));
  BOOST_TEST(Require(reader->Snapshot("hrevolution")).parts.entries.size() == 3000U);
}

BOOST_FIXTURE_TEST_CASE(a_busy_file_is_to_be_tried_again, FileFixture) {
  settings.busy_timeout = std::chrono::milliseconds(10);
  const auto writer = Require(OpenSqliteWriteStore(settings));
  Log log;
  log.Add("hrevolution", Entry(1));
  {
    SqliteDb other(settings.path, SqliteOpen::kExisting, std::chrono::seconds(1));
    const SqliteTransaction transaction(other, SqliteTransaction::Kind::kWrite);
    const Status status = writer->Apply(BatchOf(log, 0, 1));
    BOOST_REQUIRE(!status);
    CheckError(status.error(), ErrorCode::kRetryLater, "is busy");
  }
  ApplyAll(*writer, log);
}

BOOST_FIXTURE_TEST_CASE(the_index_comes_and_goes_with_the_setting, FileFixture) {
  Log log;
  for (int i = 0; i < 20; ++i) log.Add("a", Entry(i, "word" + std::to_string(i)));
  settings.search_index = false;
  {
    const auto writer = Require(OpenSqliteWriteStore(settings));
    ApplyAll(*writer, log);
  }
  for (const bool indexed : {true, false, true}) {
    settings.search_index = indexed;
    const auto writer = Require(OpenSqliteWriteStore(settings));
    SqliteDb db(settings.path, SqliteOpen::kExisting, std::chrono::seconds(1));
    BOOST_TEST(db.QueryInt("SELECT count(*) FROM sqlite_schema WHERE name='entry_text'") ==
               (indexed ? 1 : 0));
    if (indexed) db.Exec("INSERT INTO entry_text(entry_text) VALUES('integrity-check')");
    BOOST_TEST(Found(*Require(OpenSqliteReadStore(settings)), "a", "word17") == "17");
    Log change = log;
    const std::size_t before = log.records().size();
    change.Add("a", Entry(indexed ? 3 : 4, "changed"));
    Require(writer->Apply(BatchOf(change, before, before + 1)));
    BOOST_TEST(Found(*Require(OpenSqliteReadStore(settings)), "a", "changed") != "");
    log = change;
  }
  BOOST_TEST(Found(*Require(OpenSqliteReadStore(settings)), "a", "changed") == "4 3");
}

BOOST_FIXTURE_TEST_CASE(an_index_of_other_rules_is_made_anew, FileFixture) {
  Log log;
  log.Add("a", Entry(1, "word"));
  log.Add("a", Entry(2, "word"));
  const auto writer = Require(OpenSqliteWriteStore(settings));
  Require(writer->Apply(BatchOf(log, 0, 1)));
  Exec("UPDATE meta SET value='0 unicode 1.0' WHERE key='search_rules'");
  const Status status = writer->Apply(BatchOf(log, 1, 2));
  BOOST_REQUIRE(!status);
  CheckError(status.error(), ErrorCode::kFatal, "Another version of Latecomer");
  // A reader does without an index that it does not understand.
  BOOST_TEST(Found(*Require(OpenSqliteReadStore(settings)), "a", "word") == "1");
  Require(Require(OpenSqliteWriteStore(settings))->Apply(BatchOf(log, 1, 2)));
  BOOST_TEST(Found(*Require(OpenSqliteReadStore(settings)), "a", "word") == "2 1");
}

BOOST_FIXTURE_TEST_CASE(killed_again_and_again, FileFixture) {
  const Log log = RandomLog(41, kKillRecords);
  std::mt19937 random(41);
  for (unsigned round = 0; round < 15; ++round) {
    const pid_t child = fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) ApplyForEver(settings, log, round);
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 150));
    kill(child, SIGKILL);
    int status = 0;
    BOOST_REQUIRE(waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));  // else it ended by itself, with an error

    const auto writer = Require(OpenSqliteWriteStore(settings));
    const std::vector<SinkPosition> positions = Require(writer->Positions());
    StoreModel model;
    for (const SequencedRecord& record : log.records()) {
      if (!positions.empty() && record.seq < positions[0].next) model.Apply(record);
    }
    BOOST_REQUIRE_EQUAL(Difference(*Require(OpenSqliteReadStore(settings)), model), "");
    SqliteDb db(settings.path, SqliteOpen::kExisting, std::chrono::seconds(1));
    BOOST_REQUIRE_EQUAL(db.QueryText("PRAGMA integrity_check"), "ok");
    db.Exec("INSERT INTO entry_text(entry_text) VALUES('integrity-check')");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
