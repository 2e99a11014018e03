#include "ingest/source_wordpress.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/fake_blog.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::BlogRig;
using test::CheckSame;
using test::FakeBlog;
using test::Fill;
using test::Has;
using test::kBlogBegin;
using test::kDay;
using test::kHour;
using test::Peer;
using test::Reply;
using test::Seen;
using test::ServedRequest;
using test::Started;

}  // namespace

BOOST_AUTO_TEST_SUITE(source_wordpress_faults)

BOOST_AUTO_TEST_CASE(lists_that_shift_while_they_are_read) {
  BlogRig rig("wordpress", true);
  const std::int64_t tag = rig.blog.AddTag("openday");
  std::vector<std::int64_t> posts;
  for (int i = 0; i < 330; ++i) posts.push_back(rig.blog.AddPost("n", std::to_string(i), {tag}));
  // Before each page some of those that have been read vanish, and others appear.
  std::size_t next = 0;
  rig.blog.before = [&](const ServedRequest& request, Peer&) {
    if (request.target.find("posts?tags=") == std::string::npos) return false;
    if (request.target.find("offset=0&") == std::string::npos &&
        !request.target.ends_with("offset=0")) {
      for (int i = 0; i < 40 && next < 150; ++i) rig.blog.TrashPost(posts[next++]);
      rig.blog.AddPost("new", std::to_string(next), {tag});
    }
    return false;
  };
  BOOST_REQUIRE(rig.Run());
  const Seen seen = rig.context.Seen("openday");
  for (const auto& [id, text] : rig.blog.Expected("openday")) BOOST_TEST(seen.contains(id), id);
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  enum class Fault { kPage, kHalf, kWarning, kType, kStorm, kBroken, kCut, kRepeated };
  for (const Fault fault : {Fault::kPage, Fault::kHalf, Fault::kWarning, Fault::kType,
                            Fault::kStorm, Fault::kBroken, Fault::kCut, Fault::kRepeated}) {
    BlogRig rig("wordpress", true);
    Fill(rig.blog);
    std::atomic<int> left{4};
    rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
      if (request.target.find("/posts") == std::string::npos || left-- <= 0) return false;
      switch (fault) {
        case Fault::kPage:
          peer.Send(Reply(200, "<!doctype html><p>Back soon", {"Content-Type: text/html"}));
          return true;
        case Fault::kHalf:
          peer.Send(Reply(200, "[{\"id\":5,\"title\":{\"ren", {"X-WP-Total: 3"}));
          return true;
        case Fault::kWarning:
          peer.Send(Reply(200, "<b>Warning</b>: a plugin<br>[]", {"X-WP-Total: 3"}));
          return true;
        case Fault::kType:
          left = 0;
          peer.Send(Reply(200, "[]", {"Content-Type: text/plain", "X-WP-Total: 0"}));
          return true;
        case Fault::kStorm:
          peer.Send(Reply(429, "{}", {"Retry-After: 30"}));
          return true;
        case Fault::kBroken:
          peer.Send(Reply(500, "{\"code\":\"internal_server_error\"}"));
          return true;
        case Fault::kCut:
          peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{\"id\":1");
          peer.Close();
          return true;
        case Fault::kRepeated:
          left = 0;
          peer.Send(Reply(200, "[]", {"X-WP-Total: 100000"}));
          return true;
      }
      return false;
    };
    Status status;
    for (int tries = 0; tries < 12; ++tries) {
      status = rig.Run();
      if (status) break;
      BOOST_TEST((status.error().code == ErrorCode::kRetryLater), status.error().message);
      rig.context.now += kHour;
      rig.context.on_wait();
    }
    BOOST_TEST(static_cast<bool>(status), "fault " << static_cast<int>(fault));
    CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
  }
}

BOOST_AUTO_TEST_CASE(a_list_without_an_end_is_left) {
  BlogRig rig("wordpress", true);
  Fill(rig.blog);
  rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
    if (request.target.find("/comments?post=") == std::string::npos) return false;
    peer.Send(Reply(200,
                    "[{\"id\":900,\"post\":3,\"parent\":0,\"date_gmt\":\"2023-11-14T22:13:20\","
                    "\"content\":{\"rendered\":\"again\"},\"author_name\":\"Ben\"}]",
                    {"X-WP-Total: 1000000"}));
    return true;
  };
  BOOST_REQUIRE(rig.Run());
  BOOST_TEST(rig.blog.served.load() < 200U);
  BOOST_TEST(Has(rig.context.coverage, "some comments could not be read"));
}

BOOST_AUTO_TEST_CASE(one_item_that_cannot_be_read_costs_no_other) {
  BlogRig rig("wordpress", true);
  const std::int64_t tag = rig.blog.AddTag("openday");
  for (int i = 0; i < 40; ++i) rig.blog.AddPost("n", std::to_string(i), {tag});
  const std::int64_t bad = rig.blog.AddPost("bad", "\xEF\xBF\xBD lone", {tag});
  for (int i = 0; i < 40; ++i) rig.blog.AddPost("m", std::to_string(i), {tag});
  // What a database with a wrong encoding makes of it.
  rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
    if (request.target.find("/posts?") == std::string::npos) return false;
    if (request.target.find("orderby=id") == std::string::npos) return false;
    const std::size_t at = request.target.find("offset=");
    const std::size_t offset = std::stoul(request.target.substr(at + 7));
    const std::size_t per_page =
        std::stoul(request.target.substr(request.target.find("per_page=") + 9));
    if (request.target.find("tags=") == std::string::npos || offset > 40 ||
        offset + per_page <= 40) {
      return false;
    }
    peer.Send(Reply(200, "[{\"title\":\"\xFF\"}]", {"X-WP-Total: 81"}));
    return true;
  };
  BOOST_REQUIRE(rig.Run());
  const Seen seen = rig.context.Seen("openday");
  Seen expected = rig.blog.Expected("openday");
  expected.erase(rig.blog.base + "/?p=" + std::to_string(bad));
  for (const auto& [id, text] : expected) BOOST_TEST(seen.contains(id), id);
  BOOST_TEST(Has(rig.context.coverage, "does not list its posts by tags"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
