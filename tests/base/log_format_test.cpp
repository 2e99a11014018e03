#include "base/log_format.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <sstream>

namespace latecomer {
namespace {

using spdlog::level::level_enum;

constexpr auto kStart = spdlog::log_clock::time_point(std::chrono::milliseconds(1'700'000'000'123));

struct Fixture {
  std::ostringstream text;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> inner =
      std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  CollapsingSink sink{inner};

  explicit Fixture(std::unique_ptr<spdlog::formatter> formatter) {
    sink.set_formatter(std::move(formatter));
  }
  void Log(level_enum level, std::string_view message, std::chrono::seconds after = {}) {
    sink.log(spdlog::details::log_msg(kStart + after, {}, "latecomer", level,
                                      {message.data(), message.size()}));
  }
  std::string Take() {
    std::string all = text.str();
    text.str("");
    return all;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(log_format)

BOOST_AUTO_TEST_CASE(json_escapes_what_it_is_given) {
  Fixture f(MakeJsonLogFormatter("sink", "rack\"2"));
  f.Log(level_enum::warn, "a \"quoted\"\n\\ line \x01");
  BOOST_TEST(f.Take() == R"({"ts":"2023-11-14T22:13:20.123Z","level":"warning","daemon":"sink",)"
                         R"("instance":"rack\"2","msg":"a \"quoted\"\n\\ line \u0001"})"
                         "\n");
}

BOOST_AUTO_TEST_CASE(json_is_utf8_whatever_came) {
  Fixture f(MakeJsonLogFormatter("run", ""));
  f.Log(level_enum::info, "caf\xC3\xA9 \xF0\x9F\x98\x80 \xFF \xC3 \xED\xA0\x80 \xC0\x80\xE2\x82");
  const std::string bad = "\xEF\xBF\xBD";
  BOOST_TEST(f.Take() == R"({"ts":"2023-11-14T22:13:20.123Z","level":"info","daemon":"run","msg":")"
                         "caf\xC3\xA9 \xF0\x9F\x98\x80 " +
                             bad + " " + bad + " " + bad + bad + bad + " " + bad + bad + bad + bad +
                             "\"}\n");
}

BOOST_AUTO_TEST_CASE(json_without_an_instance) {
  Fixture f(MakeJsonLogFormatter("run", ""));
  f.Log(level_enum::info, "");
  BOOST_TEST(f.Take() ==
             R"({"ts":"2023-11-14T22:13:20.123Z","level":"info","daemon":"run","msg":""})"
             "\n");
}

BOOST_AUTO_TEST_CASE(journald_priorities_and_one_line_each) {
  Fixture f(MakeJournaldLogFormatter());
  f.Log(level_enum::debug, "d");
  f.Log(level_enum::info, "i\n<0>forged");
  f.Log(level_enum::warn, "w");
  f.Log(level_enum::err, "e");
  f.Log(level_enum::critical, "c");
  BOOST_TEST(f.Take() == "<7>d\n<6>i <0>forged\n<4>w\n<3>e\n<2>c\n");
}

BOOST_AUTO_TEST_CASE(repeated_warnings_are_said_once_and_counted) {
  using std::chrono::seconds;
  Fixture f(MakeJournaldLogFormatter());
  for (int i = 0; i < 60; ++i) f.Log(level_enum::warn, "away", seconds(i));
  f.Log(level_enum::warn, "something else", seconds(59));
  BOOST_TEST(f.Take() == "<4>away\n<4>something else\n");
  f.Log(level_enum::warn, "away", seconds(60));
  BOOST_TEST(f.Take() == "<4>away (and 59 times more since it was last said)\n");
  f.Log(level_enum::warn, "away", seconds(130));
  BOOST_TEST(f.Take() == "<4>away\n");
  BOOST_TEST(f.sink.warnings() == 63U);
  BOOST_TEST(f.sink.errors() == 0U);
}

BOOST_AUTO_TEST_CASE(what_informs_is_never_collapsed) {
  Fixture f(MakeJournaldLogFormatter());
  f.Log(level_enum::info, "same");
  f.Log(level_enum::info, "same");
  BOOST_TEST(f.Take() == "<6>same\n<6>same\n");
}

BOOST_AUTO_TEST_CASE(many_different_ones_are_all_said_in_bounded_memory) {
  Fixture f(MakeJournaldLogFormatter());
  const int many = static_cast<int>(CollapsingSink::kKnownMax) * 3;
  for (int i = 0; i < many; ++i) f.Log(level_enum::err, "no. " + std::to_string(i));
  std::istringstream lines(f.Take());
  int count = 0;
  for (std::string line; std::getline(lines, line);) ++count;
  BOOST_TEST(count == many);
  BOOST_TEST(f.sink.errors() == static_cast<std::uint64_t>(many));
}

BOOST_AUTO_TEST_CASE(the_journal_is_known_by_device_and_inode) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  struct stat info {};
  BOOST_REQUIRE(fstat(ends[1], &info) == 0);
  const std::string device = std::to_string(info.st_dev);
  const std::string inode = std::to_string(info.st_ino);
  BOOST_TEST(IsJournal((device + ":" + inode).c_str(), ends[1]));
  BOOST_TEST(!IsJournal((device + ":" + inode + "1").c_str(), ends[1]));
  BOOST_TEST(!IsJournal(device.c_str(), ends[1]));
  BOOST_TEST(!IsJournal("", ends[1]));
  BOOST_TEST(!IsJournal(nullptr, ends[1]));
  close(ends[0]);
  close(ends[1]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
