// What the embedded stream says when the file or its disk is not as it should be.
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>

#include "base/time.h"
#include "tests/stream/child_process.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

using contract::Must;
using contract::Numbered;
using contract::Take;
using contract::Topic;

void ExpectError(const Error& error, ErrorCode code, const std::string& part) {
  BOOST_TEST((error.code == code), error.message);
  BOOST_TEST(error.message.find(part) != std::string::npos, error.message);
  BOOST_TEST_MESSAGE(error.message);
}

void ExpectOpenError(const std::string& path, ErrorCode code, const std::string& part) {
  EmbeddedStreamSettings settings;
  settings.path = path;
  const auto stream = OpenEmbeddedStream(settings);
  BOOST_TEST_REQUIRE(!stream);
  ExpectError(stream.error(), code, part);
  BOOST_TEST(stream.error().message.find(path) != std::string::npos, stream.error().message);
}

void RunSql(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  BOOST_REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

// Appends until it fails; gives the error and how many records were acknowledged before it.
std::pair<Error, int> AppendUntilFailure(const EmbeddedStreamSettings& settings) {
  const auto stream = Take(OpenEmbeddedStream(settings));
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  for (int count = 0; count < 100'000;) {
    Must(writer->Begin());
    for (int i = 0; i < 10; ++i) Must(writer->Append("t", 0, "k", std::string(4'000, 'v')));
    if (Status committed = writer->Commit(); !committed) {
      BOOST_TEST(!writer->Begin());
      return {committed.error(), count};
    }
    count += 10;
  }
  return {};
}

// In a child: exit code 0 where a write failed with an error that says `part`.
int FillDisk(const EmbeddedStreamSettings& settings, const std::string& part) {
  const auto [error, count] = AppendUntilFailure(settings);
  if (error.code != ErrorCode::kFatal || error.message.find(part) == std::string::npos) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return 1;
  }
  // All that was acknowledged is there, and nothing of the transaction that failed.
  EmbeddedLog patience;
  const auto stream = Take(OpenEmbeddedStream(settings));
  const auto records = contract::ReadAll(patience, *stream, "t");
  return records.size() == static_cast<std::size_t>(count) && count > 0 ? 0 : 2;
}

bool Contains(const std::filesystem::path& file, const std::string& text) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return bytes.find(text) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(embedded_failure)

BOOST_AUTO_TEST_CASE(FolderIsMissing) {
  const TempFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  ExpectOpenError((folder.path() / "nowhere" / "stream.db").string(), ErrorCode::kFatal, "folder");
  ExpectOpenError((folder.path() / "file" / "stream.db").string(), ErrorCode::kFatal, "folder");
  ExpectOpenError(folder.path().string(), ErrorCode::kFatal, "cannot be opened");
}

BOOST_AUTO_TEST_CASE(FolderIsReadOnly) {
  const TempFolder folder;
  const EmbeddedStreamSettings settings = StreamIn(folder.path());
  { Must(Take(OpenEmbeddedStream(settings))->EnsureTopic(Topic("t"))); }
  chmod(settings.path.c_str(), 0444);
  chmod(folder.path().c_str(), 0555);
  ChildProcess child([&] {
    // Root may write everywhere: be nobody.
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return 3;
    const auto stream = OpenEmbeddedStream(settings);
    if (stream) return 1;
    std::fprintf(stderr, "%s\n", stream.error().message.c_str());
    return stream.error().code == ErrorCode::kFatal &&
                   stream.error().message.find("let this user") != std::string::npos
               ? 0
               : 2;
  });
  BOOST_TEST(child.Wait() == 0);
  chmod(folder.path().c_str(), 0755);
}

BOOST_AUTO_TEST_CASE(FileIsNoDatabase) {
  const TempFolder folder;
  const std::string path = (folder.path() / "stream.db").string();
  std::ofstream(path) << std::string(20'000, 'x');
  ExpectOpenError(path, ErrorCode::kCorrupt, "damaged");
  BOOST_TEST(std::filesystem::file_size(path) == 20'000U);
}

BOOST_AUTO_TEST_CASE(FileIsAnotherDatabase) {
  const TempFolder folder;
  const std::string path = (folder.path() / "stream.db").string();
  RunSql(path, "CREATE TABLE photos(id)");
  ExpectOpenError(path, ErrorCode::kFatal, "no stream");
}

BOOST_AUTO_TEST_CASE(FileIsOfANewerVersion) {
  const TempFolder folder;
  const EmbeddedStreamSettings settings = StreamIn(folder.path());
  { (void)Take(OpenEmbeddedStream(settings)); }
  RunSql(settings.path, "PRAGMA user_version=1000");
  ExpectOpenError(settings.path, ErrorCode::kFatal, "newer");
}

BOOST_AUTO_TEST_CASE(FileIsDamaged) {
  const TempFolder folder;
  const EmbeddedStreamSettings settings = StreamIn(folder.path());
  {
    const auto stream = Take(OpenEmbeddedStream(settings));
    Must(stream->EnsureTopic(Topic("t")));
    const auto writer = Take(stream->NewWriter("w"));
    contract::AppendAll(*writer, "t", Numbered(std::string(500, 'k'), 3'000));
  }
  {
    // Past the pages of the schema, all is overwritten.
    std::fstream file(settings.path, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(settings.path));
    file.seekp(size / 2);
    file << std::string(static_cast<std::size_t>(size - size / 2), '\x5a');
  }
  const auto stream = Take(OpenEmbeddedStream(settings));
  const auto reader = contract::ReadPartition(*stream, "t");
  std::optional<Error> error;
  for (int i = 0; i < 100 && !error; ++i) {
    const auto polled = reader->Poll(1'000, std::chrono::milliseconds(1));
    if (!polled) error = polled.error();
  }
  BOOST_TEST_REQUIRE(error.has_value());
  ExpectError(*error, ErrorCode::kCorrupt, "damaged");
}

BOOST_AUTO_TEST_CASE(FileMayGrowNoMore) {
  const TempFolder folder;
  ChildProcess child([&] {
    const rlimit limit{4 << 20, 4 << 20};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 3;
    return FillDisk(StreamIn(folder.path()), "quota");
  });
  BOOST_TEST(child.Wait() == 0);
}

BOOST_AUTO_TEST_CASE(DiskIsFull) {
  const TempFolder folder;
  ChildProcess child([&] {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=4m") != 0) {
      return 77;
    }
    return FillDisk(StreamIn(folder.path()), "is full");
  });
  const int code = child.Wait();
  if (code == 77) {
    std::puts("LATECOMER_SKIP: this user may not mount a small disk");
    return;
  }
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(AnotherWriterHoldsTheFile) {
  const TempFolder folder;
  EmbeddedStreamSettings settings = StreamIn(folder.path());
  settings.busy_timeout = std::chrono::milliseconds(50);
  const auto stream = Take(OpenEmbeddedStream(settings));
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  sqlite3* db = nullptr;
  BOOST_REQUIRE(sqlite3_open(settings.path.c_str(), &db) == SQLITE_OK);
  BOOST_REQUIRE(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  Must(writer->Begin());
  Must(writer->Append("t", 0, "k", "v"));
  const Status busy = writer->Commit();
  BOOST_TEST_REQUIRE(!busy);
  ExpectError(busy.error(), ErrorCode::kRetryLater, "in use");
  sqlite3_close(db);
  // Its transaction was aborted, and may be tried again.
  contract::AppendAll(*writer, "t", {{"k", "again"}});
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) == 1);
}

BOOST_AUTO_TEST_CASE(RecordIsTooLarge) {
  const TempFolder folder;
  const auto stream = Take(OpenEmbeddedStream(StreamIn(folder.path())));
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  Must(writer->Begin());
  Must(writer->Append("t", 0, "k", "v"));
  const Status large = writer->Append("t", 0, "k", std::string((16 << 20) + 1, 'x'));
  BOOST_TEST_REQUIRE(!large);
  ExpectError(large.error(), ErrorCode::kInvalid, "too large");
  Must(writer->Commit());
  BOOST_TEST(Take(stream->EndOffset({"t", 0})) == 1);
}

BOOST_AUTO_TEST_CASE(SettingsAreWrong) {
  const TempFolder folder;
  const auto stream = Take(OpenEmbeddedStream(StreamIn(folder.path())));
  for (const char* name : {"", "with blank", "über", "a/b"}) {
    const Status status = stream->EnsureTopic(Topic(name));
    BOOST_TEST_REQUIRE(!status);
    BOOST_TEST((status.error().code == ErrorCode::kInvalid));
  }
  BOOST_TEST(!stream->EnsureTopic(Topic("t", 0)));
  BOOST_TEST(!stream->EnsureTopic(Topic("t", 100'000)));
  BOOST_TEST(!stream->NewWriter(""));
  ReaderSettings nothing;
  nothing.group = "g";
  BOOST_TEST(!stream->NewReader(nothing));
}

BOOST_AUTO_TEST_CASE(TheLogBesideTheFileStaysSmall) {
  const TempFolder folder;
  const auto stream = Take(OpenEmbeddedStream(StreamIn(folder.path())));
  Must(stream->EnsureTopic(Topic("t")));
  const auto reader = contract::ReadPartition(*stream, "t");
  const std::string value(1 << 20, 'v');
  for (int i = 0; i < 250; ++i) {
    const auto writer = Take(stream->NewWriter("w"));
    contract::AppendAll(*writer, "t", {{"k", value}});
    (void)Take(reader->Poll(1, std::chrono::milliseconds(0)));
  }
  const auto log = std::filesystem::file_size(folder.path() / "stream.db-wal");
  BOOST_TEST(log < std::uintmax_t{80} << 20);
}

// What was deleted is in none of the files any more.
BOOST_AUTO_TEST_CASE(DeletedBytesAreGone) {
  const TempFolder folder;
  const auto stream = Take(OpenEmbeddedStream(StreamIn(folder.path())));
  TopicSettings compacted = Topic("compacted", 1, Cleanup::kCompact);
  compacted.tombstone_retention_ms = 0;
  Must(stream->EnsureTopic(compacted));
  Must(stream->EnsureTopic(Topic("queue")));
  const auto writer = Take(stream->NewWriter("w"));
  const std::string secret = "what-nobody-may-read-again";
  contract::Rows rows = Numbered("other", 200);
  rows[100] = {"key-" + secret, "value-" + secret};
  contract::AppendAll(*writer, "compacted", rows);
  contract::AppendAll(*writer, "queue", rows);
  contract::AppendAll(*writer, "compacted", {{"key-" + secret, std::nullopt}});
  Must(stream->Trim({"queue", 0}, 150));
  Must(stream->Clean(Now() + 1'000));
  BOOST_TEST(Contains(folder.path() / "stream.db", "other150"));
  BOOST_TEST(!Contains(folder.path() / "stream.db", secret));
  BOOST_TEST(!Contains(folder.path() / "stream.db-wal", secret));
}

BOOST_AUTO_TEST_CASE(WaitingCostsLittle) {
  const TempFolder folder;
  const auto stream = Take(OpenEmbeddedStream(StreamIn(folder.path())));
  Must(stream->EnsureTopic(Topic("t")));
  const auto reader = Take(stream->NewReader(contract::InGroup("g", "t")));
  BOOST_TEST(std::holds_alternative<Assigned>(Take(reader->Poll(1, std::chrono::seconds(1)))));
  const std::clock_t before = std::clock();
  (void)Take(reader->Poll(1, std::chrono::seconds(1)));
  const double cpu = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  BOOST_TEST(cpu < 0.05);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
