// The filtered stream of X beside its search, over a day in which it is cut a thousand times.
#include <chrono>
#include <random>
#include <thread>

#include "tests/ingest/x_harness.h"

namespace latecomer {
namespace {

using test::kXNow;
using test::Tagged;
using test::XBed;

constexpr TimeMs kMinute = 60'000;
constexpr TimeMs kHour = 60 * kMinute;

test::XTweet Tweet() {
  test::XTweet tweet;
  tweet.tags = {"tag"};
  tweet.text = "words";
  return tweet;
}

std::map<std::string, std::string, std::less<>> Streaming() { return {{"stream", "true"}}; }

// Time stands still while a post is on its way from the stream to us.
class StillTime {
 public:
  explicit StillTime(XBed& bed) : bed_(bed) {}

  void Hold(TimeMs before) {
    if (bed_.server.streamed_count() > number_) {
      for (std::string& id : bed_.server.StreamedSince(number_)) {
        ++number_;
        if (!written_.contains(id)) waited_for_.insert(std::move(id));
      }
    }
    for (; seen_ < bed_.context->posts.size(); ++seen_) {
      const std::string& post = bed_.context->posts[seen_];
      std::string id = post.substr(4, post.find(' ', 4) - 4);
      waited_for_.erase(id);
      written_.insert(std::move(id));
    }
    if (waited_for_.empty()) return;
    bed_.context->now = before;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }

 private:
  XBed& bed_;
  std::size_t number_ = 0;
  std::size_t seen_ = 0;
  std::set<std::string> written_;
  std::set<std::string> waited_for_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(source_x_stream)

BOOST_AUTO_TEST_CASE(rules_are_set_and_those_of_others_left_alone) {
  XBed bed(Streaming());
  bed.server.AddRule("#somebody", "somebody's");
  bed.server.AddRule("#former", "latecomer x");
  for (int run = 0; run < 2; ++run) {
    BOOST_REQUIRE(bed.RunFor(2 * kMinute));
    const std::map<std::string, std::string> rules = bed.server.rules();
    BOOST_TEST(rules.size() == 2U);
    BOOST_TEST(rules.contains("#somebody"));
    BOOST_TEST((rules.contains("#tag OR #alias") && rules.at("#tag OR #alias") == "latecomer x"));
  }
  BOOST_TEST(bed.server.violations().empty());
}

BOOST_AUTO_TEST_CASE(where_the_stream_is_refused_it_is_polled) {
  XBed bed(Streaming());
  bed.server.stream_forbidden = true;
  BOOST_REQUIRE(bed.RunFor(5 * kMinute));
  const std::string post = bed.server.Post(Tweet());
  BOOST_REQUIRE(bed.RunFor(5 * kMinute));
  BOOST_TEST((bed.Posts() == std::vector<std::string>{Tagged(post)}));
}

BOOST_AUTO_TEST_CASE(a_day_with_a_thousand_reconnects) {
  XBed bed(Streaming());
  bed.server.index_behind = 20'000;
  std::mt19937 random(1);
  const auto between = [&](TimeMs least, TimeMs most) {
    return std::uniform_int_distribution<TimeMs>(least, most)(random);
  };
  std::vector<std::string> expected;
  TimeMs next_post = kXNow + kMinute;
  TimeMs next_cut = kXNow + 2 * kMinute;
  int cuts = 0;
  TimeMs before = kXNow;
  StillTime still(bed);
  bed.before_wait = [&] { still.Hold(before); };
  bed.after_wait = [&] {
    before = bed.context->now;
    // The last hour is quiet, so that all can be here at its end.
    if (before > kXNow + 23 * kHour) return;
    if (before >= next_post) {
      expected.push_back(Tagged(bed.server.Post(Tweet())));
      // X sends it before a simulated minute is over.
      if (bed.server.open_streams() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
      next_post = before + between(1'000, 60'000);
    }
    if (before >= next_cut) {
      bed.server.CutStream();
      for (int i = 0; i < 1'000 && bed.server.open_streams() > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      ++cuts;
      next_cut = before + between(30'000, 110'000);
    }
  };
  BOOST_REQUIRE(bed.RunFor(24 * kHour));
  std::sort(expected.begin(), expected.end());
  const std::vector<std::string> posts = bed.Posts();
  BOOST_TEST(expected.size() > 2'000U);
  BOOST_TEST(cuts >= 1'000);
  BOOST_TEST(bed.server.streams() >= 1'000U);
  // How many come by the stream, and how many by the search that fills its gaps, depends on the
  // machine; many must have come by each.
  BOOST_TEST(bed.server.streamed_count() > expected.size() / 4);
  BOOST_CHECK_EQUAL_COLLECTIONS(posts.begin(), posts.end(), expected.begin(), expected.end());
  const std::vector<std::string> violations = bed.server.violations();
  BOOST_CHECK_EQUAL_COLLECTIONS(violations.begin(), violations.end(), violations.begin(),
                                violations.begin());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
