// The schema: made, migrated, refused; and what stands in it.
#include "store/postgres_schema.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "postgres_bed.h"
#include "store/postgres_errors.h"
#include "store/search_text.h"
#include "store_contract.h"
#include "store_model.h"

namespace latecomer::test {
namespace {

struct SchemaFixture {
  SchemaFixture() { settings.url = database.url(); }
  std::unique_ptr<TimelineWriteStore> Writer() { return Require(OpenPostgresWriteStore(settings)); }
  std::unique_ptr<TimelineReadStore> Reader() { return Require(OpenPostgresReadStore(settings)); }
  Error WriterError() {
    const auto positions = Writer()->Positions();
    BOOST_REQUIRE(!positions);
    return positions.error();
  }
  Error ReaderError() {
    const auto epoch = Reader()->Epoch();
    BOOST_REQUIRE(!epoch);
    return epoch.error();
  }
  static void CheckError(const Error& error, ErrorCode code, const std::string& words) {
    BOOST_TEST((error.code == code), error.message);
    BOOST_TEST(error.message.find(words) != std::string::npos, error.message);
  }
  std::int64_t Count(const char* sql) { return Connect(database.url())->Query(sql).Int(0, 0); }

  TestDatabase database;
  PostgresStoreSettings settings;
};

Error UrlError(const std::string& url) {
  const auto store = OpenPostgresWriteStore({.url = url});
  BOOST_REQUIRE(!store);
  return store.error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_schema)

BOOST_FIXTURE_TEST_CASE(a_reader_waits_for_the_schema, SchemaFixture) {
  CheckError(ReaderError(), ErrorCode::kRetryLater, "still empty: the sink makes it");
  const auto reader = Reader();
  Require(Writer()->Positions());
  BOOST_TEST(Require(reader->Hashtags()).empty());
}

BOOST_FIXTURE_TEST_CASE(from_version_1, SchemaFixture) {
  {
    const auto db = Connect(database.url());
    MigratePostgres(*db, 1);
    db->Exec(
        "INSERT INTO generation(partition) VALUES(0); "
        "INSERT INTO sink_offsets VALUES(0, 'topic-1', 300, 5, 1, 0, 0, false); "
        "INSERT INTO hashtag(name, gen, seq, entries) VALUES('a', 1, 299, 300); "
        "INSERT INTO entry SELECT i, 1, i, NULL, i, i, i, i, 7, NULL, 1, false, false, false, "
        "'https://a.example/' || i, '', '', 'https://a.example/', '' "
        "FROM generate_series(1, 300) i; "
        "INSERT INTO content SELECT i, 1, '', '{\"content\":\"<p>old words</p>\"}' "
        "FROM generate_series(1, 300) i; ANALYZE");
    BOOST_TEST(ReadPostgresMeta(*db, "schema_version") == "1");
  }
  constexpr const char* kSamples =
      "SELECT count(*) FROM pg_stats WHERE schemaname='latecomer' AND attname IN ('json', 'id', "
      "'author', 'parents') AND (most_common_vals IS NOT NULL OR histogram_bounds IS NOT NULL)";
  BOOST_TEST(Count(kSamples) > 0);
  CheckError(ReaderError(), ErrorCode::kRetryLater, "written by an older Latecomer");
  const std::vector<SinkPosition> positions = Require(Writer()->Positions());
  BOOST_REQUIRE(positions.size() == 1U);
  BOOST_TEST(positions[0].next == 300);
  BOOST_TEST(Count("SELECT value::integer FROM meta WHERE key='schema_version'") ==
             kPostgresSchemaVersion);
  BOOST_TEST(Require(Reader()->Snapshot("a")).parts.entries.size() == 300U);
  // The index was made of what was there.
  BOOST_TEST(Require(Reader()->Search("a", "old words", std::nullopt, 1000)).size() == 300U);
  Connect(database.url())->Exec("ANALYZE");
  BOOST_TEST(Count(kSamples) == 0);  // no post's text stays in the planner's samples
}

BOOST_FIXTURE_TEST_CASE(a_newer_schema_is_refused, SchemaFixture) {
  Require(Writer()->Positions());
  Connect(database.url())->Exec("UPDATE meta SET value='1000' WHERE key='schema_version'");
  CheckError(WriterError(), ErrorCode::kFatal, "newer Latecomer (schema 1000");
  CheckError(ReaderError(), ErrorCode::kFatal, "newer Latecomer (schema 1000");
}

BOOST_FIXTURE_TEST_CASE(another_programs_schema_is_left_alone, SchemaFixture) {
  Connect(database.url())->Exec("CREATE SCHEMA latecomer; CREATE TABLE latecomer.precious(x int)");
  CheckError(WriterError(), ErrorCode::kFatal, "some other program");
  CheckError(ReaderError(), ErrorCode::kFatal, "some other program");
  BOOST_TEST(Count("SELECT count(*) FROM pg_class WHERE relnamespace='latecomer'::regnamespace") ==
             1);
}

BOOST_FIXTURE_TEST_CASE(an_empty_schema_made_by_the_administrator, SchemaFixture) {
  Connect(database.url())->Exec("CREATE SCHEMA latecomer");
  Require(Writer()->Positions());
  BOOST_TEST(Require(Reader()->Epoch()).size() == 36U);
}

BOOST_FIXTURE_TEST_CASE(a_database_that_is_not_utf8, SchemaFixture) {
  const std::string name = "latin_" + settings.url.substr(settings.url.rfind('/') + 1);
  Connect(ServerUrl())
      ->Exec("CREATE DATABASE " + name + " ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
  settings.url = WithDatabase(settings.url, name);
  CheckError(WriterError(), ErrorCode::kFatal, "createdb -E UTF8");
  Connect(ServerUrl())->Exec("DROP DATABASE " + name + " WITH (FORCE)");
}

BOOST_FIXTURE_TEST_CASE(many_migrate_at_once, SchemaFixture) {
  std::vector<std::string> errors(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& error : errors) {
      threads.emplace_back([&] {
        const auto positions = Writer()->Positions();
        if (!positions) error = positions.error().message;
      });
    }
  }
  for (const std::string& error : errors) BOOST_TEST(error == "");
  BOOST_TEST(Count("SELECT count(*) FROM meta WHERE key='schema_version'") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_schema_that_went_is_made_anew, SchemaFixture) {
  const auto writer = Writer();
  const auto reader = Reader();
  Log log;
  log.Add("a", Entry(1));
  ApplyAll(*writer, log);
  const std::string epoch = Require(reader->Epoch());
  Connect(database.url())->Exec("DROP SCHEMA latecomer CASCADE");
  const Status gone = writer->Apply(BatchOf(log, 0, 1));
  BOOST_REQUIRE(!gone);
  CheckError(gone.error(), ErrorCode::kRetryLater, "has changed its tables");
  BOOST_TEST(Require(writer->Positions()).empty());
  ApplyAll(*writer, log);
  BOOST_TEST(Require(reader->Epoch()) != epoch);
}

BOOST_FIXTURE_TEST_CASE(awkward_text, SchemaFixture) {
  Log log;
  EntryRecord entry = Entry(1, "<p>\xF0\x9F\x94\xA5 \xF0\x90\x80\x80 \xEF\xBF\xBD \xC2\xA0\\x41");
  entry.id = "https://a.example/\\N'\";--%_{},\t\xF0\x9F\x94\xA5";
  entry.parents = {"urn:a,b", "urn:c{d}\"e\\"};
  entry.author = "";
  log.Add("\xF0\x9F\x94\xA5tag'\"", entry);
  log.Add("\xF0\x9F\x94\xA5tag'\"",
          SessionRecord{kMoment, kMoment, std::nullopt, kMoment, true, std::string("a\0b", 3)});
  const auto writer = Writer();
  ApplyAll(*writer, log);
  std::get<SessionRecord>(log.mutable_records()[1].record.body).event = "ab";  // text holds no NUL
  StoreModel model;
  for (const SequencedRecord& record : log.records()) model.Apply(record);
  BOOST_TEST(Difference(*Reader(), model) == "");
  BOOST_TEST(Require(Reader()->Search("", "\xF0\x90\x80\x80", std::nullopt, 9)).size() == 1U);
  log.Add("a\xff", Entry(3));
  const Status invalid = writer->Apply(BatchOf(log, 2, 3));
  BOOST_REQUIRE(!invalid);
  BOOST_TEST((invalid.error().code == ErrorCode::kCorrupt), invalid.error().message);
}

BOOST_FIXTURE_TEST_CASE(the_index_comes_and_goes_with_the_setting, SchemaFixture) {
  Log log;
  for (int i = 0; i < 20; ++i) log.Add("a", Entry(i, "word" + std::to_string(i)));
  settings.search_index = false;
  ApplyAll(*Writer(), log);
  for (const bool indexed : {true, false, true}) {
    settings.search_index = indexed;
    const auto writer = Writer();
    Require(writer->Positions());
    BOOST_TEST(Count("SELECT count(*) FROM pg_class WHERE relname='entry_text'") ==
               (indexed ? 1 : 0));
    BOOST_TEST(Found(*Reader(), "a", "word17") == "17");
    const std::size_t before = log.records().size();
    log.Add("a", Entry(indexed ? 3 : 4, "changed"));
    Require(writer->Apply(BatchOf(log, before, before + 1)));
    BOOST_TEST(Found(*Reader(), "a", "changed") != "");
    if (!indexed) continue;
    BOOST_TEST(Count("SELECT count(*) FROM entry_text") == Count("SELECT count(*) FROM content"));
  }
  BOOST_TEST(Found(*Reader(), "a", "changed") == "4 3");
}

BOOST_FIXTURE_TEST_CASE(an_index_of_other_rules_is_made_anew, SchemaFixture) {
  Log log;
  log.Add("a", Entry(1, "word"));
  log.Add("a", Entry(2, "word"));
  const auto writer = Writer();
  Require(writer->Apply(BatchOf(log, 0, 1)));
  Connect(database.url())->Exec("UPDATE meta SET value='0 unicode 1.0' WHERE key='search_rules'");
  const Status status = writer->Apply(BatchOf(log, 1, 2));
  BOOST_REQUIRE(!status);
  CheckError(status.error(), ErrorCode::kFatal, "Another version of Latecomer");
  // A reader does without an index that it does not understand.
  BOOST_TEST(Found(*Reader(), "a", "word") == "1");
  Require(Writer()->Apply(BatchOf(log, 1, 2)));
  BOOST_TEST(Found(*Reader(), "a", "word") == "2 1");
}

BOOST_FIXTURE_TEST_CASE(what_a_reader_still_sees_is_not_called_erased, SchemaFixture) {
  const auto writer = Writer();
  Log log;
  log.Add("a", Entry(1, "xyzzysecretword"));
  log.Add("a", Entry(2, "plain"));
  log.Add("a", RemovedRecord{"entry", PostId(1)});
  Require(writer->Apply(BatchOf(log, 0, 2)));
  const auto old = Connect(database.url());
  old->Exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM content");
  Require(writer->Apply(BatchOf(log, 2, 3)));
  const Status scrubbed = writer->Scrub(kMoment);
  BOOST_REQUIRE(!scrubbed);
  CheckError(scrubbed.error(), ErrorCode::kRetryLater, "is being read");
  old->Exec("COMMIT");
  Require(writer->Scrub(kMoment));
  BOOST_TEST(!database.FilesHold("xyzzysecretword"));
}

BOOST_FIXTURE_TEST_CASE(readers_wait_for_a_free_connection, SchemaFixture) {
  const auto writer = Writer();
  Log log;
  for (int i = 0; i < 3; ++i) log.Add("a", Entry(i));
  ApplyAll(*writer, log);
  settings.connections = 1;
  const auto reader = Reader();
  Require(reader->ForEachEntry("a", [&](const StoredEntry&) {
    const auto seq = reader->LastSeq("a");  // within a read that holds the only one
    BOOST_REQUIRE(!seq);
    CheckError(seq.error(), ErrorCode::kRetryLater, "are in use");
    return false;
  }));
  BOOST_TEST(Require(reader->LastSeq("a")) == 2);
}

BOOST_AUTO_TEST_CASE(urls) {
  for (const char* url :
       {"postgresql://ana:geheim@db.example/latecomer", "host=db.example password=geheim",
        "postgresql://db.example/latecomer?password=geheim",
        "postgresql://db.example/latecomer?sslpassword=geheim"}) {
    const Error error = UrlError(url);
    BOOST_TEST((error.code == ErrorCode::kFatal));
    BOOST_TEST(error.message.find("passfile=FILE") != std::string::npos, error.message);
    BOOST_TEST(error.message.find("geheim") == std::string::npos);
  }
  for (const char* url : {"postgresql://ana:geheim@db.example/%zz", "what=geheim", "geheim"}) {
    const Error error = UrlError(url);
    BOOST_TEST(error.message.find("no PostgreSQL connection URL") != std::string::npos);
    BOOST_TEST(error.message.find("geheim") == std::string::npos);
  }
  const PgTarget target = Require(PgTarget::Parse("postgresql://ana@one,two:6000/latecomer"));
  BOOST_TEST(target.name() == "PostgreSQL at one,two/latecomer");
}

BOOST_AUTO_TEST_CASE(passwords) {
  const TestServer server({},
                          "host all latecomer 127.0.0.1/32 trust\n"
                          "host all all 127.0.0.1/32 scram-sha-256\n");
  TempDir dir;
  const auto db = Connect(server.Url());
  db->Exec("CREATE ROLE ana LOGIN PASSWORD 'right'");
  db->Exec("CREATE DATABASE timelines OWNER ana");
  const std::string file = dir / "passfile";
  const auto write = [&](const std::string& password) {
    std::ofstream(file) << "127.0.0.1:*:*:ana:" << password << '\n';
    std::filesystem::permissions(file, std::filesystem::perms(0600));
  };
  const std::string plain =
      "postgresql://ana@127.0.0.1:" + std::to_string(server.port()) + "/timelines";
  const std::string url = plain + "?passfile=" + file;
  const auto error = [](const std::string& with) {
    const auto positions = Require(OpenPostgresWriteStore({.url = with}))->Positions();
    BOOST_REQUIRE(!positions);
    return positions.error();
  };
  SchemaFixture::CheckError(error(plain), ErrorCode::kFatal, "does not let Latecomer in");
  write("wrong");
  SchemaFixture::CheckError(error(url), ErrorCode::kFatal, "does not let Latecomer in");
  BOOST_TEST(error(url).message.find("wrong") == std::string::npos);
  write("right");
  const auto writer = Require(OpenPostgresWriteStore({.url = url}));
  Require(writer->Positions());
  // Once it was let in, a password that is changed may change back.
  db->Exec(
      "ALTER ROLE ana PASSWORD 'new'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE usename='ana'");
  BOOST_TEST(!writer->Positions());
  SchemaFixture::CheckError(writer->Positions().error(), ErrorCode::kRetryLater,
                            "cannot be reached");
  write("new");
  Require(writer->Positions());
  const std::string elsewhere = url.substr(0, url.find("/timelines")) + "/nowhere?passfile=" + file;
  SchemaFixture::CheckError(error(elsewhere), ErrorCode::kFatal, "has no database for Latecomer");
}

BOOST_AUTO_TEST_CASE(what_errors_mean) {
  const auto code = [](const char* state) { return SqlError("db", state, "words").code; };
  for (const char* state : {"53100", "53200", "53300", "57P01", "57P02", "57P03", "57014", "40001",
                            "40P01", "55P03", "25006", "08006", "58030", "25P03"}) {
    BOOST_TEST((code(state) == ErrorCode::kRetryLater), state);
  }
  for (const char* state : {"42501", "42601", "23502", "XX000"}) {
    BOOST_TEST((code(state) == ErrorCode::kFatal), state);
  }
  for (const char* state : {"XX001", "XX002", "22021"}) {
    BOOST_TEST((code(state) == ErrorCode::kCorrupt), state);
  }
  const auto connect = [](const char* message, bool first = true) {
    return ConnectError("db", message, false, first).code;
  };
  BOOST_TEST((connect("connection to server at \"h\", port 1 failed: Connection refused") ==
              ErrorCode::kRetryLater));
  BOOST_TEST((connect("… failed: FATAL:  57P03: the database system is starting up") ==
              ErrorCode::kRetryLater));
  BOOST_TEST(
      (connect("… failed: FATAL:  53300: sorry, too many clients") == ErrorCode::kRetryLater));
  BOOST_TEST((connect("… failed: FATAL:  28P01: password") == ErrorCode::kFatal));
  BOOST_TEST((connect("… failed: FATAL:  28000: no pg_hba.conf entry") == ErrorCode::kFatal));
  BOOST_TEST((connect("… failed: FATAL:  28P01: password", false) == ErrorCode::kRetryLater));
  BOOST_TEST((connect("… failed: FATAL:  3D000: no such database") == ErrorCode::kFatal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer::test
