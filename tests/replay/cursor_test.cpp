#include "replay/cursor.h"

#include <boost/test/unit_test.hpp>

#include "model/post.h"

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(cursor)

BOOST_AUTO_TEST_CASE(a_feed_cursor_comes_back_as_it_was) {
  const std::vector<FeedCursor> cursors = {
      {},
      {FeedEpoch("e", "tea"), {1588327200000, "https://s.example/a b\n", 2}, 77, false},
      {~std::uint64_t{0}, {kTimeMsMin, "", 0}, -1, true},
      {1, {kTimeMsMax, std::string(kIdBytesMax, 'x'), 3}, INT64_MAX, true}};
  for (const FeedCursor& cursor : cursors) {
    const std::string text = EncodeFeedCursor(cursor);
    BOOST_TEST(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_") == std::string::npos);
    const Result<FeedCursor> back = DecodeFeedCursor(text);
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == cursor));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_cursor_of_ours_is_refused) {
  const std::string good = EncodeFeedCursor({5, {1000, "id", 2}, 3, false});
  for (const std::string& text :
       {std::string(), std::string("?"), std::string("AAAA"), good.substr(0, 8), "A" + good,
        std::string(10'000, 'A'), EncodePageCursor({'a', 1, 0, "id"}),
        EncodeFeedCursor({5, {kTimeMsMax + 1, "id", 2}, 3, false}),
        EncodeFeedCursor({5, {1000, "id", 4}, 3, false})}) {
    BOOST_TEST(!DecodeFeedCursor(text), text);
  }
}

BOOST_AUTO_TEST_CASE(versions_count_only_for_their_epoch_and_hashtag) {
  BOOST_TEST(FeedEpoch("e", "tea") != FeedEpoch("f", "tea"));
  BOOST_TEST(FeedEpoch("e", "tea") != FeedEpoch("e", "coffee"));
}

BOOST_AUTO_TEST_CASE(a_page_cursor_comes_back_only_for_its_own_order) {
  const PageCursor cursor{'s', -12, 1588327200000, "https://s.example/ü"};
  const std::string text = EncodePageCursor(cursor);
  const Result<PageCursor> back = DecodePageCursor(text, 's');
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == cursor));
  BOOST_TEST(!DecodePageCursor(text, 'f'));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
