#include "ingest/source_feed.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/fake_blog.h"

namespace latecomer {
namespace {

using test::BlogRig;
using test::CheckSame;
using test::FakeBlog;
using test::Has;
using test::kBlogBegin;
using test::kDay;
using test::kHour;
using test::Peer;
using test::Reply;
using test::Seen;
using test::ServedRequest;

// A feed without older pages, and what it answers to conditions.
struct PlainFeed {
  std::vector<int> items;
  std::string etag = "\"1\"";
  std::atomic<int> same{0};
  std::atomic<int> whole{0};

  std::string Body() const {
    std::string xml = "<rss version=\"2.0\"><channel><link>https://b.example</link>";
    for (const int item : items) {
      xml += "<item><title>n" + std::to_string(item) + "</title><guid>https://b.example/" +
             std::to_string(item) + "</guid><pubDate>" +
             "Tue, 14 Nov 2023 10:" + (item < 10 ? "0" : "") + std::to_string(item) +
             ":00 +0000</pubDate><category>OpenDay</category></item>";
    }
    return xml + "</channel></rss>";
  }
  bool Serve(const ServedRequest& request, Peer& peer) {
    const auto condition = request.headers.find("if-none-match");
    if (condition != request.headers.end() && condition->second == etag) {
      ++same;
      peer.Send(Reply(304, "", {"ETag: " + etag}));
    } else {
      ++whole;
      peer.Send(Reply(200, Body(), {"ETag: " + etag, "Content-Type: text/plain"}));
    }
    return true;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(source_feed)

BOOST_AUTO_TEST_CASE(items_their_history_and_their_comments) {
  BlogRig rig("feed", true);
  rig.blog.feed_items = 3;
  const std::int64_t tag = rig.blog.AddTag("OpenDay");
  std::int64_t first = 0;
  for (int i = 0; i < 10; ++i) {
    const std::int64_t post = rig.blog.AddPost("n", std::to_string(i), {tag});
    rig.blog.AddPost("other", "about soup");
    const std::int64_t comment = rig.blog.AddComment(post, "first");
    rig.blog.AddComment(post, "second", comment);
    if (first == 0) first = comment;
  }
  BOOST_REQUIRE(rig.Run());
  CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
  BOOST_TEST(rig.context.Seen("openday").size() == 30U);
  BOOST_TEST(rig.context.doubled == 0U);
  BOOST_TEST(Has(rig.context.coverage, "whole"));

  // An edit of a comment bears no date.
  rig.blog.ChangeComment(first, [](FakeBlog::Comment& one) { one.text = "first, corrected"; });
  rig.context.now += kHour;
  rig.context.on_wait();
  BOOST_REQUIRE(rig.Run());
  CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
  BOOST_TEST(rig.context.doubled == 0U);
}

BOOST_AUTO_TEST_CASE(late_comments_and_edits) {
  BlogRig rig("feed");
  const std::int64_t tag = rig.blog.AddTag("OpenDay");
  const std::int64_t post = rig.blog.AddPost("n", "x", {tag});
  rig.blog.AddComment(post, "first");
  int step = 0;
  const auto advance = rig.context.on_wait;
  rig.context.on_wait = [&] {
    advance();
    const TimeMs passed = rig.context.now - kBlogBegin;
    if (step == 0 && passed > 3 * kHour) {
      ++step;
      rig.blog.AddComment(post, "three hours later");
      rig.blog.ChangePost(post, [](FakeBlog::Post& one) { one.content = "y"; });
    } else if (step == 1 && passed > 12 * kDay) {
      ++step;
      rig.blog.AddComment(post, "twelve days later");
      rig.blog.AddPost("m", "again", {tag});
    }
  };
  BOOST_REQUIRE(rig.Run(kBlogBegin + 40 * kDay));
  CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
  BOOST_TEST(step == 2);
  BOOST_TEST(rig.context.doubled == 0U);
  BOOST_TEST(rig.blog.served.load() < 40U * 24U * 7U);
}

BOOST_AUTO_TEST_CASE(stopped_and_killed_anywhere) {
  for (int at = 1; at < 16; ++at) {
    BlogRig rig("feed", true);
    rig.blog.feed_items = 3;
    const std::int64_t tag = rig.blog.AddTag("OpenDay");
    for (int i = 0; i < 7; ++i) rig.blog.AddComment(rig.blog.AddPost("n", "x", {tag}), "yes");
    int writes = 0;
    rig.context.on_write = [&]() -> std::optional<Error> {
      if (++writes != at) return std::nullopt;
      if (at % 2 == 0) rig.context.RequestStop();
      return RetryLater("the log is away");
    };
    (void)rig.Run();
    rig.context.on_write = nullptr;
    BOOST_REQUIRE(rig.Run());
    CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
    BOOST_TEST(rig.context.doubled == 0U);
  }
}

BOOST_AUTO_TEST_CASE(what_a_feed_has_dropped_is_a_gap) {
  BlogRig rig("feed");
  PlainFeed feed;
  feed.items = {1, 2, 3};
  rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
    return feed.Serve(request, peer);
  };
  int step = 0;
  const auto advance = rig.context.on_wait;
  rig.context.on_wait = [&] {
    advance();
    const TimeMs passed = rig.context.now - kBlogBegin;
    if (step == 0 && passed > 3 * kHour) {
      ++step;
      feed.items = {3, 4};
      feed.etag = "\"2\"";
    } else if (step == 1 && passed > 6 * kHour) {
      ++step;
      BOOST_TEST(!Has(rig.context.coverage, "dropped"));
      feed.items = {8, 9};
      feed.etag = "\"3\"";
    }
  };
  BOOST_REQUIRE(rig.Run(kBlogBegin + 12 * kHour));
  BOOST_TEST(rig.context.Seen("openday").size() == 6U);
  BOOST_TEST(Has(rig.context.coverage, "dropped"));
  BOOST_TEST(Has(rig.context.coverage, "holds only its newest"));
  BOOST_TEST(rig.context.doubled == 0U);
  // Asked every ten to sixty minutes, and mostly answered that nothing is new.
  BOOST_TEST(feed.whole.load() == 3);
  BOOST_TEST(feed.same.load() > 8);
  BOOST_TEST(feed.same.load() < 72);
}

BOOST_AUTO_TEST_CASE(what_changes_within_a_second_is_not_asked_for_by_date) {
  BlogRig rig("feed");
  PlainFeed feed;
  feed.items = {1};
  int conditional = 0;
  rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
    conditional += request.headers.contains("if-modified-since") ? 1 : 0;
    conditional += request.headers.contains("if-none-match") ? 1 : 0;
    peer.Send(Reply(200, feed.Body(),
                    {"ETag: \"x\"", "Date: Tue, 14 Nov 2023 22:13:20 GMT",
                     "Last-Modified: Tue, 14 Nov 2023 22:13:19 GMT"}));
    return true;
  };
  BOOST_REQUIRE(rig.Run(kBlogBegin + 2 * kHour));
  BOOST_TEST(conditional == 0);
}

BOOST_AUTO_TEST_CASE(moved_feeds_and_pages_that_offer_some) {
  BlogRig rig("feed");
  PlainFeed feed;
  feed.items = {1, 2};
  std::map<std::string, int> asked;
  bool is_back = false;
  rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
    ++asked[request.target];
    if (request.target == "/?feed=atom") {
      if (is_back) return feed.Serve(request, peer);
      peer.Send(Reply(301, "", {"Location: /moved"}));
      return true;
    }
    if (is_back) {
      peer.Send(Reply(404, "none"));
      return true;
    }
    return feed.Serve(request, peer);
  };
  BOOST_REQUIRE(rig.Run(kBlogBegin + 5 * kHour));
  BOOST_TEST(rig.context.Seen("openday").size() == 2U);
  BOOST_TEST(asked["/?feed=atom"] == 1);
  BOOST_TEST(asked["/moved"] > 4);
  is_back = true;
  feed.items = {2, 3};
  feed.etag = "\"2\"";
  BOOST_REQUIRE(rig.Run(rig.context.now + 5 * kHour));
  BOOST_TEST(rig.context.Seen("openday").size() == 3U);

  BlogRig page("feed", true);
  page.blog.before = [&](const ServedRequest& request, Peer& peer) {
    if (request.target == "/a" || request.target == "/b") return feed.Serve(request, peer);
    peer.Send(Reply(200,
                    "<html><link rel=alternate type=application/rss+xml href=a>"
                    "<link rel=alternate type=application/rss+xml href=/b>",
                    {"Content-Type: text/html"}));
    return true;
  };
  BOOST_REQUIRE(page.Run());
  BOOST_TEST(page.context.Seen("openday").size() == 2U);
  BOOST_TEST(page.context.doubled == 0U);
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  BlogRig rig("feed", true);
  std::string reply;
  rig.blog.before = [&](const ServedRequest&, Peer& peer) {
    peer.Send(reply);
    peer.Close();
    return true;
  };
  const auto run = [&](const std::string& answer) {
    reply = answer;
    const Status status = rig.Run();
    BOOST_REQUIRE(!status);
    return status.error().code;
  };
  BOOST_TEST((run(Reply(200, "<html>no feed</html>", {"Content-Type: application/rss+xml"})) ==
              ErrorCode::kInvalid));
  BOOST_TEST((run(Reply(404, "")) == ErrorCode::kNotFound));
  BOOST_TEST((run(Reply(500, "")) == ErrorCode::kRetryLater));
  BOOST_TEST((run("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n<rss><channel>") ==
              ErrorCode::kRetryLater));
  BOOST_TEST(rig.context.Seen("openday").empty());
}

BOOST_AUTO_TEST_CASE(pages_without_an_end) {
  BlogRig rig("feed", true);
  int served = 0;
  rig.blog.before = [&](const ServedRequest&, Peer& peer) {
    ++served;
    peer.Send(Reply(
        200, "<feed xmlns=\"http://www.w3.org/2005/Atom\"><link rel=\"next\" href=\"/?page=" +
                 std::to_string(served) +
                 "\"/><entry><id>https://b.example/1</id><updated>2023-11-14T10:00:00Z</updated>"
                 "<category term=\"openday\"/></entry></feed>"));
    return true;
  };
  BOOST_REQUIRE(rig.Run());
  BOOST_TEST(served < 5);
  BOOST_TEST(rig.context.Seen("openday").size() == 1U);
}

BOOST_AUTO_TEST_CASE(deletions_by_their_origin_alone) {
  BlogRig rig("feed", true);
  std::string extra;
  rig.blog.before = [&](const ServedRequest&, Peer& peer) {
    std::string xml =
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" "
        "xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><link href=\"https://b.example/\"/>";
    for (const char* id :
         {"https://b.example/1", "https://other.example/2", "tag:b.example,2023:3"}) {
      xml += extra.empty() ? "<entry><id>" + std::string(id) +
                                 "</id><updated>2023-11-14T10:00:00Z</updated>"
                                 "<category term=\"openday\"/></entry>"
                           : "<at:deleted-entry ref=\"" + std::string(id) +
                                 "\" when=\"2023-11-14T12:00:00Z\"/>";
    }
    peer.Send(Reply(200, xml + "</feed>"));
    return true;
  };
  BOOST_REQUIRE(rig.Run());
  BOOST_TEST(rig.context.Seen("openday").size() == 3U);
  extra = "gone";
  BOOST_REQUIRE(rig.Run());
  const Seen seen = rig.context.Seen("openday");
  BOOST_TEST(seen.at("https://b.example/1") == "deleted");
  BOOST_TEST(seen.at("tag:b.example,2023:3") == "deleted");
  BOOST_TEST(seen.at("https://other.example/2") != "deleted");
}

BOOST_AUTO_TEST_CASE(doctor_says_what_works) {
  BlogRig rig("feed");
  rig.blog.AddPost("n", "x #OpenDay");
  std::string all;
  for (const SourceFinding& finding : rig.Check()) all += finding.text + "\n";
  BOOST_TEST(all.find("holds 1 items, 1 of them") != std::string::npos, all);
  BOOST_TEST(all.find("#openday: 1 of these items") != std::string::npos, all);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
