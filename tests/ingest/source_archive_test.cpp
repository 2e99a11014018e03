#include "ingest/source_archive.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "archive_harness.h"
#include "ingest/archive_pass.h"
#include "tests/ingest/fake_context.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

std::string Tweet(const std::string& id, const std::string& text, const std::string& reply = "") {
  const std::string referenced =
      reply.empty() ? ""
                    : ",\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"" + reply + "\"}]";
  return "{\"id\":\"" + id + "\",\"text\":\"" + text +
         "\",\"created_at\":\"2020-01-01T00:00:00Z\"" + referenced + "}\n";
}

std::string Canonical(const std::string& id) {
  return R"({"v":1,"type":"Note","id":"https://a.example/)" + id +
         R"(","published":"2020-01-01T00:00:00.000Z","content":"<p>x</p>"})" + "\n";
}

class Fixture {
 public:
  Fixture() { fs::create_directory(folder()); }

  fs::path folder() const { return temp_.path() / "in"; }
  // Last written at this time of the fake clock.
  void Put(const std::string& name, const std::string& bytes, TimeMs at = 1'600'000'000'000) {
    std::ofstream(folder() / name, std::ios::binary) << bytes;
    Touch(name, at);
  }
  void Touch(const std::string& name, TimeMs at) {
    timespec time{at / 1'000, 0};
    const timespec times[2] = {time, time};
    BOOST_REQUIRE(utimensat(AT_FDCWD, (folder() / name).c_str(), times, 0) == 0);
  }
  SourceSpec Spec(bool once, const fs::path& path) {
    SourceSpec spec;
    spec.name = "files";
    spec.kind = "archive";
    spec.hashtags = {{"tag", "Tag", {"tagged"}}};
    spec.options["path"] = path.string();
    spec.once = once;
    return spec;
  }
  SourceSpec Once() { return Spec(true, folder()); }

  // One reading of all that is there.
  static Lines Read(FakeContext& context) {
    Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
    BOOST_REQUIRE(static_cast<bool>(source));
    const Status ran = (*source)->Run(context);
    BOOST_TEST(static_cast<bool>(ran), (ran ? "" : ran.error().message));
    return Sorted(context.TakePosts());
  }
  static Lines Sorted(Lines lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  TempFolder temp_;
};

void Equal(const Lines& got, const Lines& wanted) {
  BOOST_TEST(got == wanted, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_SUITE(source_archive, Fixture)

BOOST_AUTO_TEST_CASE(files_of_a_folder_count_as_one_and_are_read_once) {
  Put("a.jsonl", Tweet("11", "an answer", "12") + Tweet("13", "unrelated"));
  Put("b.jsonl.gz", Gzip(Tweet("12", "a #Tag") + "{broken\n"));
  Put("c.jsonl", Canonical("1") + Canonical("2"));
  Put(".hidden.jsonl", Tweet("14", "a #tag"));
  fs::create_directory(folder() / "below");
  FakeContext context(Once());
  Equal(Read(context), {"tag 1", "tag 11 thread", "tag 12", "tag 2"});
  BOOST_TEST(context.rejects.size() == 1U);
  BOOST_TEST(context.counters().bytes > 0U);
  Equal(Read(context), {});
  BOOST_TEST(context.rejects.size() == 1U);

  // Neither a new name nor a new time makes a file new, nor does a copy.
  fs::rename(folder() / "a.jsonl", folder() / "z.jsonl");
  Touch("c.jsonl", 1'650'000'000'000);
  fs::copy(folder() / "c.jsonl", folder() / "copy.jsonl");
  Equal(Read(context), {});
  // Gone and come back.
  fs::rename(folder() / "z.jsonl", folder().parent_path() / "z.jsonl");
  Equal(Read(context), {});
  fs::rename(folder().parent_path() / "z.jsonl", folder() / "a.jsonl");
  Equal(Read(context), {});
  // Grown: another file, of which all is written.
  Put("c.jsonl", Canonical("1") + Canonical("2") + Canonical("3"));
  Equal(Read(context), {"tag 1", "tag 2", "tag 3"});
}

BOOST_AUTO_TEST_CASE(a_new_file_makes_older_posts_belong) {
  Put("a.jsonl", Tweet("11", "an answer", "12") + Tweet("21", "other", "22"));
  Put("b.jsonl", Tweet("31", "a #tag"));
  FakeContext context(Once());
  Equal(Read(context), {"tag 31"});
  Put("c.jsonl", Tweet("12", "a #tag at last"));
  // What belongs of a.jsonl is other than it was, of b.jsonl not: only the former is written anew.
  Equal(Read(context), {"tag 11 thread", "tag 12"});
  Equal(Read(context), {});
}

BOOST_AUTO_TEST_CASE(aliases_and_several_hashtags) {
  Put("a.jsonl", Tweet("11", "#tagged and #other") + Tweet("12", "#other") + "{broken\n");
  SourceSpec spec = Once();
  spec.hashtags.push_back({"other", "", {}});
  FakeContext context(spec);
  Equal(Read(context), {"other 11", "other 12", "tag 11"});
  BOOST_TEST(context.rejects.size() == 1U);  // once, whatever the number of hashtags

  // A hashtag that comes later is read for, and one that gets another name.
  FakeContext later(Once());
  Equal(Read(later), {"tag 11"});
  spec.hashtags[0].aliases.push_back("other");
  FakeContext renamed(spec);
  PostBatch moved("files");
  for (const auto& [key, value] : later.cursors()) {
    BOOST_REQUIRE(static_cast<bool>(moved.MoveCursor(key, value)));
  }
  BOOST_REQUIRE(static_cast<bool>(renamed.Write(moved)));
  Equal(Read(renamed), {"other 11", "other 12", "tag 11", "tag 12"});
}

BOOST_AUTO_TEST_CASE(a_single_file) {
  Put("a.jsonl", Tweet("11", "a #tag"));
  FakeContext context(Spec(false, folder() / "a.jsonl"));
  Equal(Read(context), {"tag 11"});
  Result<std::unique_ptr<Source>> source = MakeSource(Spec(false, folder() / "a.jsonl"));
  BOOST_TEST((*source)->IsFinite());
  FakeContext missing(Spec(true, folder() / "none"));
  Result<std::unique_ptr<Source>> none = MakeSource(missing.spec());
  const Status ran = (*none)->Run(missing);
  BOOST_REQUIRE(!ran);
  BOOST_TEST((ran.error().code == ErrorCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(a_watched_folder_picks_up_what_comes_once_it_is_quiet) {
  FakeContext context(Spec(false, folder()));
  const TimeMs begin = context.now;
  Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
  BOOST_TEST(!(*source)->IsFinite());
  Put("old.jsonl", Tweet("10", "a #tag"));
  std::vector<std::pair<TimeMs, std::string>> seen;
  int waits = 0;
  context.on_wait = [&] {
    for (const std::string& line : context.TakePosts())
      seen.emplace_back(context.now - begin, line);
    ++waits;
    const TimeMs at = context.now;
    if (waits == 2) Put("new.jsonl", Tweet("11", "a #tag"), at);
    if (waits == 3) Put("new.jsonl", Tweet("11", "a #tag") + Tweet("12", "a #tag"), at);
    if (waits == 4) Put("future.jsonl", Tweet("13", "a #tag"), at + 1'000'000);
    if (waits == 12) context.RequestStop();
  };
  BOOST_TEST(static_cast<bool>((*source)->Run(context)));
  // Looked at every 2 s and read after 5 s of silence; the first at once, as it is old.
  const std::vector<std::pair<TimeMs, std::string>> wanted = {
      {2'000, "tag 10"}, {14'000, "tag 11"}, {14'000, "tag 12"}, {16'000, "tag 13"}};
  BOOST_TEST((seen == wanted));
  for (const auto& [at, line] : seen) BOOST_TEST_MESSAGE(at << " " << line);
}

BOOST_AUTO_TEST_CASE(what_is_no_archive_is_refused_once_and_the_rest_is_read) {
  Put("photo.jpg", std::string("\xFF\xD8\xFF\xE0 no archive at all", 22));
  Put("a.jsonl", Tweet("11", "a #tag"));
  const std::string packed = Gzip(Tweet("12", "a #tag") + Tweet("13", "a #tag"));
  Put("cut.jsonl.gz", packed.substr(0, packed.size() - 6));
  FakeContext context(Once());
  const Lines posts = Read(context);
  BOOST_TEST(std::count(posts.begin(), posts.end(), "tag 11") == 1);
  BOOST_TEST(context.rejects.size() == 2U);
  Equal(Read(context), {});
  BOOST_TEST(context.rejects.size() == 2U);
}

BOOST_AUTO_TEST_CASE(it_goes_on_where_it_was_stopped) {
  const std::size_t count = PostBatch::kRecordsMax * 2 + 500;
  std::string many;
  for (std::size_t i = 0; i < count; ++i) many += Tweet(std::to_string(100'000 + i), "a #tag");
  Put("a.jsonl", many);
  // Stopped, and failing, after each batch and in the middle of it.
  for (const bool failing : {false, true}) {
    FakeContext context(Once());
    Lines all;
    int runs = 0;
    for (bool done = false; !done && runs < 20; ++runs) {
      context.ForgetStop();
      int left = 1;
      context.on_write = [&]() -> std::optional<Error> {
        if (left-- > 0) return std::nullopt;
        if (failing) return Conflict("fenced");
        context.RequestStop();
        return std::nullopt;
      };
      Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
      const Status ran = (*source)->Run(context);
      BOOST_TEST(static_cast<bool>(ran) != (failing && !ran));
      const Lines some = context.TakePosts();
      all.insert(all.end(), some.begin(), some.end());
      done = ran && !context.stopped();
    }
    BOOST_TEST(runs > 1);
    Lines sorted = Sorted(all);
    BOOST_TEST(sorted.size() == count);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    BOOST_TEST(sorted.size() == count);
    Equal(Read(context), {});
  }
}

BOOST_AUTO_TEST_CASE(wrong_options_are_named) {
  SourceSpec spec = Once();
  spec.options["format"] = "nonsense";
  BOOST_TEST(!MakeSource(spec));
  spec.options["format"] = "twarc2";
  BOOST_TEST(static_cast<bool>(MakeSource(spec)));
  spec.options["poll"] = "often";
  BOOST_TEST(!MakeSource(spec));
  spec.options.clear();
  BOOST_TEST(!MakeSource(spec));
  spec = Once();
  spec.hashtags.clear();
  BOOST_TEST(!MakeSource(spec));
}

BOOST_AUTO_TEST_CASE(cursors_are_read_as_they_are_written) {
  const ArchiveCursor cursor{"aa", "canonical", 12, "0123"};
  const std::optional<ArchiveCursor> read = ParseArchiveCursor(FormatArchiveCursor(cursor));
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->run == "canonical");
  BOOST_TEST(read->next == 12U);
  BOOST_TEST(read->picked == "0123");
  BOOST_TEST(!ParseArchiveCursor(FormatArchiveCursor({"aa", "bb", 1, ""}))->IsDone());
  for (const char* wrong : {"", "v1", "v2 a b 1 -", "v1 a b x -", "v1 a b 1", "v1 a b 1 - -"}) {
    BOOST_TEST(!ParseArchiveCursor(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
