#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "archive_harness.h"

namespace latecomer {
namespace {

std::string Lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += R"({"v":1,"type":"Note","id":"https://a.example/)" + std::to_string(i) +
             R"(","published":"2020-01-01T00:00:00.000Z"})" + "\n";
  }
  return lines;
}

BOOST_AUTO_TEST_SUITE(byte_source)

BOOST_AUTO_TEST_CASE(packed_files_are_read_like_plain_ones) {
  const std::string plain = Lines(5000);
  const std::vector<std::string> expected = ReadAll(plain).posts;
  BOOST_REQUIRE_EQUAL(expected.size(), 5000U);
  const std::pair<const char*, std::string> packed[] = {
      {"gzip", Gzip(plain)},
      {"members", Gzip(plain.substr(0, 1000)) + Gzip(plain.substr(1000))},
      {"padding", Gzip(plain) + std::string(512, '\0')},
      {"zstd", Zstd(plain)},
      {"frames", Zstd(plain.substr(0, 1000)) + Zstd(plain.substr(1000))},
      {"byte order mark", "\xEF\xBB\xBF" + plain},
      {"zip", Zip({{"posts.jsonl", plain}})},
      {"tar.gz", TarGz({{"posts.jsonl", plain}})}};
  for (const auto& [what, bytes] : packed) {
    BOOST_TEST_CONTEXT(what) {
      const ReadResult r = ReadAll(bytes);
      BOOST_TEST(r.error == "");
      BOOST_TEST(r.rejects.empty());
      BOOST_TEST((r.posts == expected));
    }
  }
}

// Whatever is cut off, what stands before it is read, and the end is reported.
BOOST_AUTO_TEST_CASE(truncated_at_every_byte) {
  const std::string plain = Lines(40);
  const std::vector<std::string> expected = ReadAll(plain).posts;
  const std::pair<const char*, std::string> packed[] = {
      {"gzip", Gzip(plain)}, {"zstd", Zstd(plain)}, {"zip", Zip({{"p.jsonl", plain}})}};
  for (const auto& [what, bytes] : packed) {
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      BOOST_TEST_CONTEXT(what << " cut at " << size) {
        const ReadResult r = ReadAll(std::string_view(bytes).substr(0, size));
        const bool central_directory = what == std::string("zip") && r.posts == expected;
        if (!central_directory) BOOST_TEST(r.error.starts_with("f"));
        BOOST_TEST(r.posts.size() <= expected.size());
        BOOST_TEST(std::equal(r.posts.begin(), r.posts.end(), expected.begin()));
        BOOST_TEST(r.rejects.empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(most_of_a_truncated_file_is_given) {
  std::string plain;
  for (int i = 0; i < 20000; ++i) plain += Lines(i % 7);
  const std::size_t all = ReadAll(plain).posts.size();
  for (const std::string& bytes : {Gzip(plain), Zstd(plain)}) {
    const ReadResult r = ReadAll(std::string_view(bytes).substr(0, bytes.size() - 8));
    BOOST_TEST(r.posts.size() > all * 9 / 10);
    BOOST_TEST(r.error.find(" at byte ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(damaged_bytes_are_reported) {
  std::string bytes = Gzip(Lines(5000));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  const ReadResult r = ReadAll(bytes);
  BOOST_TEST(r.error.starts_with("f is damaged: "));
  BOOST_TEST(ReadAll(Gzip(Lines(1)) + "junk").error.find("junk") == std::string::npos);
  BOOST_TEST(ReadAll(Gzip(Lines(1)) + "junk").error.starts_with("f is damaged: "));
  BOOST_TEST(ReadAll(Gzip(Lines(1)) + "junk").posts.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_said_plainly) {
  const std::filesystem::path dir = std::filesystem::temp_directory_path();
  BOOST_TEST(ReadAllOf(dir.string()).error == "f is a directory, not an archive file.");
  BOOST_TEST(ReadAllOf((dir / "no-such-latecomer-file").string()).error ==
             "f cannot be opened: No such file or directory.");
  BOOST_TEST(ReadAll("").error == "");
  BOOST_TEST(ReadAll(Gzip("")).error == "");
  BOOST_TEST(ReadAll("hello").error.starts_with("f is in no archive format that is known"));
  BOOST_TEST(ReadAll(std::string("\xFF\xFE{\0", 4)).error.starts_with("f is UTF-16 text"));
  BOOST_TEST(ReadAll("\n\n").error == "");
  BOOST_TEST(ReadAll(Lines(1), WithFormat("twarc"))
                 .error.starts_with("There is no archive format \"twarc\"; known are "));
  BOOST_TEST(ReadAll(Zip({{"a.png", "x"}})).error.starts_with("f holds no file in an archive"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
