// The server over the store that ships, instead of the one that the other tests keep in memory.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "replay/api.h"
#include "replay/server.h"
#include "sample_event.h"
#include "store/sqlite_store.h"
#include "test_client.h"

namespace latecomer {
namespace {

struct SqliteFixture {
  SqliteFixture()
      : folder(std::filesystem::temp_directory_path() /
               ("latecomer-replay-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder);
    const SqliteStoreSettings settings{(folder / "store.db").string()};
    Result<std::unique_ptr<TimelineWriteStore>> opened = OpenSqliteWriteStore(settings);
    BOOST_REQUIRE(opened);
    writer = *std::move(opened);
    Append(SampleRecords());
    Result<std::unique_ptr<TimelineReadStore>> reading = OpenSqliteReadStore(settings);
    BOOST_REQUIRE(reading);
    reader = *std::move(reading);
  }
  ~SqliteFixture() {
    reader.reset();
    writer.reset();
    std::filesystem::remove_all(folder);
  }

  void Append(std::vector<TimelineRecord> records) {
    std::vector<SequencedRecord> sequenced;
    const std::int64_t from = next;
    for (TimelineRecord& record : records) sequenced.push_back({next++, std::move(record)});
    const Status applied = writer->Apply({"topic", 0, from, next, kTen, sequenced});
    BOOST_REQUIRE(applied);
  }

  std::filesystem::path folder;
  std::unique_ptr<TimelineWriteStore> writer;
  std::unique_ptr<TimelineReadStore> reader;
  std::int64_t next = 0;
};

BOOST_FIXTURE_TEST_SUITE(sqlite_store, SqliteFixture)

BOOST_AUTO_TEST_CASE(answers_are_those_over_the_store_in_memory) {
  MemoryStore memory;
  FillSample(memory);
  ViewsOptions options;
  HashtagSettings tea;
  tea.hashtag = "tea";
  tea.display = "Tea";
  options.hashtags = {tea};
  Views views(*reader, options);
  Views memory_views(memory, options);
  for (const char* target : {
           "/v1/hashtags",
           "/v1/hashtags/tea",
           "/v1/hashtags/tea/sessions",
           "/v1/hashtags/tea/density",
           "/v1/hashtags/tea/entries",
           "/v1/hashtags/tea/entries?order=desc&limit=3",
           "/v1/hashtags/tea/conversations?sort=size",
           "/v1/hashtags/tea/conversation?id=https://s.example/x",
           "/v1/hashtags/tea/coverage",
       }) {
    const Result<ApiRequest> request = ParseApiTarget(target);
    BOOST_REQUIRE(request);
    const ApiResponse response = HandleApi({*reader, views, ""}, *request);
    const ApiResponse expected = HandleApi({memory, memory_views, ""}, *request);
    BOOST_TEST(response.status == expected.status, target);
    BOOST_TEST(response.Body() == expected.Body());
  }
}

BOOST_AUTO_TEST_CASE(search_finds_whatever_the_case) {
  Views views(*reader, {});
  for (const char* target : {"/v1/hashtags/tea/search?q=MILK", "/v1/search?q=milk+on"}) {
    const ApiResponse response = HandleApi({*reader, views, ""}, *ParseApiTarget(target));
    BOOST_TEST(response.Body().find("\"snippet\":\"On milk\",\"hashtag\":\"tea\"}]") !=
               std::string_view::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_stream_follows_what_the_sink_writes) {
  ReplayServerOptions options;
  options.listen = "127.0.0.1:0";
  ReplayServer server(options, *reader);
  const Status started = server.Start();
  BOOST_REQUIRE(started);
  TestClient viewer(server.port());
  viewer.Send("GET /v1/replay?hashtag=tea&speed=10000&skip=0 HTTP/1.1\r\nHost: t\r\n\r\n");
  viewer.ReadUntil("event: live");
  viewer.ReadUntil("\n\n");
  Append({{"tea", {}, MakeEntry("late", kTen + 1000, "eve", "<p>I was late</p>", "a")}});
  BOOST_TEST(viewer.ReadUntil("\n\n").find("I was late") != std::string::npos);
  Append({{"tea", {}, RemovedRecord{"entry", "https://s.example/late"}}});
  BOOST_TEST(viewer.ReadUntil("\n\n").find("event: deleted") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
