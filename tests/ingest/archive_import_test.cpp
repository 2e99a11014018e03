#include "ingest/archive_import.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "archive_harness.h"
#include "tests/test_data.h"

namespace latecomer {
namespace {

namespace fs = std::filesystem;

class TempDir {
 public:
  TempDir()
      : path_(fs::temp_directory_path() / ("latecomer-import-" + std::to_string(::getpid()))) {
    fs::create_directory(path_);
  }
  ~TempDir() { fs::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

class Visitor final : public ArchiveVisitor {
 public:
  explicit Visitor(std::size_t stop_after = 1'000'000) : left_(stop_after) {}
  bool OnSelected(PostsValue& value, ArchivePosition position) override {
    const auto* post = std::get_if<Post>(&value);
    std::string text = std::to_string(position) + ":";
    if (post != nullptr) text += post->id.substr(post->id.rfind('/') + 1);
    if (post != nullptr && post->via == Via::kThread) text += " thread";
    selected.push_back(text);
    return --left_ > 0;
  }
  void OnReject(Reject, ArchivePosition position) override {
    selected.push_back(std::to_string(position) + ":reject");
  }
  void OnSkipped(ArchivePosition) override { ++skipped; }

  std::vector<std::string> selected;
  std::size_t skipped = 0;

 private:
  std::size_t left_;
};

ArchiveOptions Options() {
  ArchiveOptions options;
  options.now = kTestNow;
  return options;
}

std::string Tweet(const std::string& id, const std::string& text, const std::string& reply = "") {
  const std::string referenced =
      reply.empty() ? ""
                    : ",\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"" + reply + "\"}]";
  return "{\"id\":\"" + id + "\",\"text\":\"" + text +
         "\",\"created_at\":\"2020-01-01T00:00:00Z\"" + referenced + "}\n";
}

const std::string kMixed = Tweet("11", "answer", "12") + Tweet("12", "a #Tag") + "{broken\n" +
                           Tweet("13", "unrelated") + Tweet("14", "late", "11");

BOOST_AUTO_TEST_SUITE(archive_import)

BOOST_AUTO_TEST_CASE(what_belongs_is_given_with_its_position) {
  const TempDir dir;
  ArchiveSelection selection({"tag"}, false);
  BOOST_REQUIRE(static_cast<bool>(selection.AddFile(dir.Write("a.jsonl", kMixed), Options())));
  selection.Finish();
  const ArchiveFacts& facts = selection.files()[0];
  BOOST_TEST(facts.format == "twarc2");
  BOOST_TEST(!facts.canonical);
  BOOST_TEST(facts.posts == 4U);
  BOOST_TEST(facts.rejects == 1U);
  BOOST_TEST(facts.bytes == kMixed.size());
  BOOST_TEST(facts.digest.size() == 32U);

  Visitor visitor;
  BOOST_REQUIRE(static_cast<bool>(selection.ForEachSelected(0, 0, visitor)));
  const std::vector<std::string> expected = {"0:11 thread", "1:12", "2:reject", "4:14 thread"};
  BOOST_TEST(visitor.selected == expected, boost::test_tools::per_element());
  BOOST_TEST(visitor.skipped == 1U);

  // Whatever the position, resuming gives the rest, no more and no less.
  for (std::size_t first = 0; first <= 5; ++first) {
    Visitor rest;
    BOOST_REQUIRE(static_cast<bool>(selection.ForEachSelected(0, first, rest)));
    std::vector<std::string> wanted;
    for (const std::string& line : expected) {
      if (std::stoul(line) >= first) wanted.push_back(line);
    }
    BOOST_TEST(rest.selected == wanted, boost::test_tools::per_element());
  }
  Visitor stopping(2);
  BOOST_REQUIRE(static_cast<bool>(selection.ForEachSelected(0, 0, stopping)));
  BOOST_TEST(stopping.selected.size() == 2U);
}

BOOST_AUTO_TEST_CASE(files_of_one_run_count_as_one) {
  const TempDir dir;
  ArchiveSelection selection({"tag"}, false);
  BOOST_REQUIRE(static_cast<bool>(
      selection.AddFile(dir.Write("a.jsonl", Tweet("11", "answer", "12")), Options())));
  BOOST_REQUIRE(static_cast<bool>(
      selection.AddFile(dir.Write("b.jsonl.gz", Gzip(Tweet("12", "a #Tag"))), Options())));
  BOOST_REQUIRE(static_cast<bool>(selection.AddFile(
      dir.Write("c.jsonl",
                "{\"id\":\"11\",\"action\":\"delete\"}\n{\"id\":\"99\",\"action\":\"delete\"}\n"),
      Options())));
  selection.Finish();
  std::vector<std::string> selected;
  for (std::size_t file = 0; file < 3; ++file) {
    Visitor visitor;
    BOOST_REQUIRE(static_cast<bool>(selection.ForEachSelected(file, 0, visitor)));
    selected.insert(selected.end(), visitor.selected.begin(), visitor.selected.end());
  }
  const std::vector<std::string> expected = {"0:11 thread", "0:12", "0:11"};
  BOOST_TEST(selected == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_canonical_file_belongs_as_it_stands) {
  const TempDir dir;
  ArchiveSelection selection({"tag"}, false);
  const std::string file =
      dir.Write("a.jsonl",
                "{\"type\":\"Note\",\"id\":\"x/"
                "1\",\"published\":\"2020-01-01T00:00:00Z\",\"via\":\"thread\"}\n"
                "{\"type\":\"Forget\",\"post\":\"x/1\"}\n");
  BOOST_REQUIRE(static_cast<bool>(selection.AddFile(file, Options())));
  selection.Finish();
  BOOST_TEST(selection.files()[0].canonical);
  Visitor visitor;
  BOOST_REQUIRE(static_cast<bool>(selection.ForEachSelected(0, 0, visitor)));
  const std::vector<std::string> expected = {"0:1 thread", "1:"};
  BOOST_TEST(visitor.selected == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(damage_and_change_are_reported) {
  const TempDir dir;
  ArchiveSelection selection({"tag"}, true);
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += Tweet(std::to_string(1'000 + i * 7919), "a #Tag");
  const std::string packed = Gzip(many);
  const std::string cut = dir.Write("cut.gz", packed.substr(0, packed.size() - 100));
  Status added = selection.AddFile(cut, Options());
  BOOST_REQUIRE(!added);
  BOOST_TEST((added.error().code == ErrorCode::kInvalid));
  BOOST_REQUIRE_EQUAL(selection.files().size(), 1U);
  BOOST_TEST(selection.files()[0].damage == added.error().message);
  BOOST_TEST(selection.files()[0].posts > 40'000U);
  const std::string whole = dir.Write("whole.jsonl", Tweet("11", "a"));
  BOOST_REQUIRE(static_cast<bool>(selection.AddFile(whole, Options())));
  BOOST_TEST(!selection.AddFile(dir.path(), Options()));
  BOOST_TEST(!selection.AddFile(dir.path() + "/none", Options()));
  BOOST_TEST(static_cast<bool>(selection.AddFile(dir.Write("empty", ""), Options())));
  BOOST_TEST(selection.files().size() == 3U);
  BOOST_TEST(!selection.AddFile(whole, Options(), [](std::uint64_t) { return false; }));
  BOOST_TEST(selection.files().size() == 3U);
  selection.Finish();
  Visitor visitor;
  Status again = selection.ForEachSelected(0, 0, visitor);
  BOOST_REQUIRE(!again);
  BOOST_TEST(again.error().message == added.error().message);
  BOOST_TEST(visitor.selected.size() == selection.files()[0].posts);
  dir.Write("whole.jsonl", Tweet("11", "another"));
  BOOST_TEST(!selection.ForEachSelected(1, 0, visitor));
}

BOOST_AUTO_TEST_CASE(standard_input_is_spooled_and_leaves_nothing) {
  const TempDir dir;
  int ends[2];
  BOOST_REQUIRE_EQUAL(::pipe2(ends, O_CLOEXEC), 0);
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += Tweet(std::to_string(1'000 + i), "a #Tag");
  std::thread writer([&] {
    std::size_t done = 0;
    while (done < many.size()) {
      const ssize_t wrote = ::write(ends[1], many.data() + done, many.size() - done);
      if (wrote <= 0) break;
      done += static_cast<std::size_t>(wrote);
    }
    ::close(ends[1]);
  });
  Result<SpooledFile> spooled = SpooledFile::Spool(ends[0], dir.path());
  writer.join();
  ::close(ends[0]);
  BOOST_REQUIRE(static_cast<bool>(spooled));
  BOOST_TEST(fs::is_empty(dir.path()));
  for (int pass = 0; pass < 2; ++pass) {
    ArchiveOptions options = Options();
    options.name = "-";
    BOOST_TEST(ReadAllOf(spooled->path(), options).posts.size() == 5'000U);
  }
  BOOST_TEST(!SpooledFile::Spool(-1, dir.path()));
  BOOST_TEST(!SpooledFile::Spool(0, dir.path() + "/none"));
}

BOOST_AUTO_TEST_CASE(the_sample_event) {
  const fs::path samples = SourceDir() / "samples";
  if (!fs::exists(samples / "mendcamp-blog.xml")) {
    BOOST_TEST_MESSAGE("LATECOMER_SKIP: no sample");
    return;
  }
  ArchiveSelection selection({"mendcamp"}, false);
  ArchiveOptions options;
  options.now = 1'800'000'000'000;
  for (const char* file : {"mendcamp-blog.xml", "mendcamp-mastodon.jsonl", "mendcamp-x.jsonl"}) {
    Status added = selection.AddFile((samples / file).string(), options);
    BOOST_TEST(static_cast<bool>(added), file);
  }
  selection.Finish();
  for (const ArchiveFacts& facts : selection.files()) BOOST_TEST(facts.rejects == 0U, facts.path);
  BOOST_TEST(selection.files()[0].format == "wxr");
  BOOST_TEST(selection.files()[1].canonical);
  BOOST_TEST(selection.files()[2].format == "twarc2");
  Visitor blog;
  BOOST_REQUIRE(static_cast<bool>(selection.ForEachSelected(0, 0, blog)));
  BOOST_TEST(blog.selected.size() == 39U);  // five posts, 34 comments
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
