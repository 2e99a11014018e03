#include "app/fetch_file.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

namespace latecomer {
namespace {

namespace fs = std::filesystem;

const FetchTask kTask{"educhat", "mastodon", "https://social.example"};

struct Fixture {
  Fixture() {
    std::string name = (fs::temp_directory_path() / "latecomer-fetch-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    path = (folder / "educhat.jsonl").string();
  }
  ~Fixture() { fs::remove_all(folder); }

  static std::string Read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void Put(const std::string& file, const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
  }
  // Adds a post, and the cursor that covers it.
  static void Add(FetchFile& file, int number) {
    PostBatch batch("fetch");
    Post post;
    post.id = "https://social.example/s/" + std::to_string(number);
    post.published = 1'700'000'000'000 + number;
    post.content = "<p>Number " + std::to_string(number) + "</p>";
    BOOST_REQUIRE(batch.Add("educhat", PostsValue(post)));
    BOOST_REQUIRE(batch.MoveCursor("newest", std::to_string(number)));
    if (number > 1) BOOST_REQUIRE(batch.DeleteCursor("thread " + std::to_string(number - 1)));
    BOOST_REQUIRE(batch.MoveCursor("thread " + std::to_string(number), "\"due\"\n"));
    BOOST_REQUIRE(file.Append(batch));
  }
  static FetchFile Open(const std::string& path) {
    Result<FetchFile> file = FetchFile::Open(path, kTask);
    BOOST_REQUIRE(file);
    return std::move(*file);
  }

  fs::path folder;
  std::string path;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fetch_file, Fixture)

BOOST_AUTO_TEST_CASE(goes_on_where_it_was) {
  {
    FetchFile file = Open(path);
    BOOST_TEST(!file.resumed());
    Add(file, 1);
    Add(file, 2);
  }
  {
    FetchFile file = Open(path);
    BOOST_TEST(file.resumed());
    BOOST_TEST(!file.complete());
    BOOST_TEST(file.posts() == 2U);
    BOOST_TEST((file.cursors() == Cursors{{"newest", "2"}, {"thread 2", "\"due\"\n"}}));
    Add(file, 3);
    BOOST_REQUIRE(file.Complete());
  }
  const FetchFile file = Open(path);
  BOOST_TEST(file.complete());
  BOOST_TEST(file.posts() == 3U);
  const std::string text = Read(path);
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 3);
}

// A process that dies leaves any beginning of what it was writing.
BOOST_AUTO_TEST_CASE(any_torn_end_is_cut_off) {
  {
    FetchFile file = Open(path);
    Add(file, 1);
  }
  const std::string one = Read(path);
  const std::string journal_one = Read(path + ".fetch");
  {
    FetchFile file = Open(path);
    Add(file, 2);
  }
  const std::string two = Read(path);
  // What was appended to the journal since, after it had been compacted.
  const std::string journal_two = Read(path + ".fetch");
  BOOST_REQUIRE(journal_two.size() > journal_one.size());
  for (std::size_t size = journal_one.size(); size <= journal_two.size(); size += 7) {
    Put(path, two);
    Put(path + ".fetch", journal_two.substr(0, size));
    const FetchFile file = Open(path);
    const bool is_whole = journal_two.substr(0, size).ends_with("}\n") && size > journal_one.size();
    BOOST_TEST(file.posts() == (is_whole ? 2U : 1U));
    BOOST_TEST(Read(path) == (is_whole ? two : one));
    BOOST_TEST(file.cursors().at("newest") == (is_whole ? "2" : "1"));
  }
}

BOOST_AUTO_TEST_CASE(a_reject_goes_to_a_file_of_its_own) {
  FetchFile file = Open(path);
  PostBatch batch("fetch");
  batch.AddReject({"GET /x item 3", "published is missing", 5, "{...}"});
  BOOST_REQUIRE(file.Append(batch));
  BOOST_TEST(file.rejects() == 1U);
  BOOST_TEST(Read(path).empty());
  BOOST_TEST(Read(path + ".rejects").find("published is missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_it_did_not_make_is_left_alone) {
  Put(path, "a file of somebody's\n");
  Result<FetchFile> file = FetchFile::Open(path, kTask);
  BOOST_REQUIRE(!file);
  BOOST_TEST((file.error().code == ErrorCode::kInvalid));
  BOOST_TEST(Read(path) == "a file of somebody's\n");
}

BOOST_AUTO_TEST_CASE(another_task_is_refused) {
  {
    FetchFile file = Open(path);
    Add(file, 1);
  }
  const Result<FetchFile> other =
      FetchFile::Open(path, {"educhat", "mastodon", "https://other.example"});
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().code == ErrorCode::kInvalid));
}

BOOST_AUTO_TEST_CASE(two_processes_at_once_are_refused) {
  const FetchFile file = Open(path);
  const Result<FetchFile> other = FetchFile::Open(path, kTask);
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().code == ErrorCode::kConflict));
}

BOOST_AUTO_TEST_CASE(a_journal_without_sense_is_an_error) {
  {
    FetchFile file = Open(path);
    Add(file, 1);
  }
  const std::string journal = Read(path + ".fetch");
  for (const char* line : {"{}\n", "nonsense\n", "{\"length\":-1,\"posts\":0,\"cursors\":{}}\n",
                           "{\"length\":9999,\"posts\":0,\"cursors\":{}}\n"}) {
    Put(path + ".fetch", journal + line);
    const Result<FetchFile> file = FetchFile::Open(path, kTask);
    BOOST_REQUIRE(!file);
    BOOST_TEST((file.error().code == ErrorCode::kCorrupt));
  }
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace latecomer
