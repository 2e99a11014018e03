#include "ingest/source_coverage.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/fake_context.h"

namespace latecomer {
namespace {

constexpr std::int64_t kMinute = 60'000;

struct Fixture {
  Fixture() { Restart(); }
  void Restart() {
    coverage.emplace("s");
    BOOST_REQUIRE(coverage->Restore(context.cursors()));
  }
  // What a batch would write, as "FROM-TO why", in minutes after the beginning; and writes it.
  std::vector<std::string> Written() {
    std::vector<std::string> written;
    PostReader reader;
    for (const PostBatch::Held& held : batch.held()) {
      BOOST_REQUIRE(reader.Read(held.value));
      const auto& one = std::get<Coverage>(reader.value());
      BOOST_TEST(one.source == "s");
      BOOST_TEST(one.complete == one.why.empty());
      written.push_back(held.key + " " + std::to_string((one.from - begin) / kMinute) + "-" +
                        std::to_string((one.to - begin) / kMinute) + " " + one.why);
    }
    BOOST_REQUIRE(context.Write(batch));
    return written;
  }
  TimeMs At(int minute) const { return begin + minute * kMinute; }

  FakeContext context{SourceSpec{"s", "mastodon", {}, {}, false}};
  const TimeMs begin = context.now;
  PostBatch batch{"s"};
  std::optional<SourceCoverage> coverage;
};

using Lines = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(source_coverage, Fixture)

BOOST_AUTO_TEST_CASE(polls_become_one_record_in_ten_minutes) {
  int records = 0;
  for (int minute = 0; minute < 60; ++minute) {
    BOOST_REQUIRE(coverage->Whole(batch, "tag", At(minute), At(minute + 1)));
    records += static_cast<int>(Written().size());
    if (minute % 7 == 0) Restart();
  }
  BOOST_TEST(records == 6);
  BOOST_REQUIRE(coverage->Flush(batch));
  BOOST_TEST(Written().empty());  // 60 minutes were written by then
  BOOST_TEST(context.cursors().empty());
}

BOOST_AUTO_TEST_CASE(a_gap_stands_between_what_was_whole) {
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(0), At(2)));
  BOOST_REQUIRE(coverage->Missing(batch, "tag", At(2), At(5), "the server was away"));
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(5), At(6)));
  BOOST_TEST((Written() == Lines{"tag 0-2 ", "tag 2-5 the server was away"}));
  Restart();
  BOOST_REQUIRE(coverage->Whole(batch, "other", At(5), At(6)));
  BOOST_REQUIRE(coverage->Flush(batch));
  BOOST_TEST((Written() == Lines{"other 5-6 ", "tag 5-6 "}));
}

BOOST_AUTO_TEST_CASE(history_goes_backward) {
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(90), At(100)));
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(50), At(90)));
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(0), At(50)));
  BOOST_REQUIRE(coverage->Flush(batch));
  // Each is written, or in a longer one.
  BOOST_TEST((Written() == Lines{"tag 90-100 ", "tag 50-90 ", "tag 0-50 "}));
}

BOOST_AUTO_TEST_CASE(nothing_is_no_stretch_and_a_gap_needs_a_reason) {
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(2), At(2)));
  BOOST_REQUIRE(coverage->Whole(batch, "tag", At(2), At(1)));
  BOOST_TEST(batch.IsEmpty());
  BOOST_TEST(!coverage->Missing(batch, "tag", At(0), At(1), ""));
}

BOOST_AUTO_TEST_CASE(a_cursor_without_sense_is_an_error) {
  for (const char* value : {"", "v1 ", "v1 5 4 ", "v1 5", "v2 1 2 "}) {
    BOOST_REQUIRE(batch.MoveCursor("coverage tag", value));
    BOOST_REQUIRE(context.Write(batch));
    const Status restored = SourceCoverage("s").Restore(context.cursors());
    BOOST_REQUIRE(!restored);
    BOOST_TEST((restored.error().code == ErrorCode::kCorrupt));
  }
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace latecomer
