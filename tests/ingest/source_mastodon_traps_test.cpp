// What servers, and what stands before them, answer instead of what was asked for.
#include <algorithm>

#include "tests/ingest/source_mastodon_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::HostReply;
using test::HostRequest;
using test::MastodonFixture;
using test::MastodonHost;
using Lines = std::vector<std::string>;
using Fault = std::optional<HostReply>;

constexpr char kTag[] = "/api/v1/timelines/tag/educhat";
const std::vector<std::string> kJson = {"Content-Type: application/json"};

bool IsPaging(const HostRequest& request) {
  return request.query.contains("max_id") || request.query.contains("min_id");
}

// Sixty posts, a second apart.
Lines Fill(MastodonFixture& fixture) {
  Lines wanted;
  fixture.host->now -= 60'000;
  for (int i = 0; i < 60; ++i) {
    fixture.host->now += 1'000;
    fixture.host->Post("post " + std::to_string(i), {"educhat"});
    wanted.push_back("educhat post " + std::to_string(i));
  }
  fixture.Pass(0ms);
  return wanted;
}

// Runs until it is done, as the one who starts sources does.
int RunUntilDone(MastodonFixture& fixture) {
  for (int starts = 1; starts < 50; ++starts) {
    const Status run = fixture.Run();
    if (run) return starts;
    BOOST_REQUIRE_MESSAGE(run.error().code == ErrorCode::kRetryLater, run.error().message);
    BOOST_TEST(run.error().message.find("post ") == std::string::npos);
    fixture.Pass(std::max(run.error().retry_after, std::chrono::milliseconds(10'000)));
  }
  BOOST_ERROR("it does not come to an end");
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_mastodon_traps)

// Each instead of the first page, of one in the middle, and of a thread: a few times over.
BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  const struct {
    const char* what;
    HostReply reply;
  } cases[] = {
      {"HTML with 200", {200, "<!DOCTYPE html><html>busy</html>", {"Content-Type: text/html"}}},
      {"HTML named JSON", {200, "<html><body>please wait</body></html>", kJson}},
      {"half of it", {200, R"([{"id":"1","uri":"https://a.example/1","visi)", kJson}},
      {"cut in a string", {200, R"([{"id":"1)", kJson}},
      {"an object", {200, R"({"id":"1"})", kJson}},
      {"two documents", {200, "[][]", kJson}},
      {"nothing", {200, "", kJson}},
      {"502", {502, "<html>bad gateway</html>", {"Content-Type: text/html"}}},
      {"503", {503, "", {"Retry-After: 20"}}},
      {"404 of a proxy", {404, "<html>not found</html>", {"Content-Type: text/html"}}},
      {"403 of a guard", {403, "<html>are you human?</html>", {"Content-Type: text/html"}}},
      {"429", {429, R"({"error":"Too many requests"})", {"X-RateLimit-Reset: 30"}}},
      {"cut off", {0, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[", {}}},
      {"no HTTP", {0, "hello\r\n\r\n", {}}},
  };
  for (const auto& c : cases) {
    for (const char* where : {"first", "paging", "context", "status", "instance"}) {
      BOOST_TEST_CONTEXT(c.what << ", " << where) {
        MastodonFixture fixture;
        Lines wanted = Fill(fixture);
        const std::string top = fixture.host->Post("top", {"educhat"});
        fixture.host->now += 500;
        fixture.host->Post("reply", {}, top);
        wanted.push_back("educhat top");
        wanted.push_back("educhat reply thread");
        int left = 4;
        fixture.host->fault = [&](const HostRequest& request) -> Fault {
          const std::string_view place = where;
          const bool here = place == "first"     ? request.path == kTag && !IsPaging(request)
                            : place == "paging"  ? request.path == kTag && IsPaging(request)
                            : place == "context" ? request.path.ends_with("/context")
                            : place == "status"  ? request.path == "/api/v1/statuses/" + top
                                                 : request.path.ends_with("/instance");
          if (!here || left == 0) return std::nullopt;
          --left;
          return c.reply;
        };
        RunUntilDone(fixture);
        // A thread that failed is asked for again when its time comes.
        for (int i = 0; i < 6; ++i) {
          fixture.Pass(1h);
          RunUntilDone(fixture);
        }
        const Lines found = fixture.context->Timeline();
        BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), wanted.begin(), wanted.end());
        BOOST_TEST(fixture.context->Doubled() == 0U);
        BOOST_TEST(left == 0);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_content_type_is_forgiven) {
  MastodonFixture fixture;
  const Lines wanted = Fill(fixture);
  bool inside = false;
  fixture.host->fault = [&](const HostRequest& request) -> Fault {
    if (request.path != kTag || inside) return std::nullopt;
    inside = true;
    fixture.host->mutex.unlock();
    HostReply reply = fixture.host->Answer(request);
    fixture.host->mutex.lock();
    inside = false;
    std::replace(reply.headers.begin(), reply.headers.end(),
                 std::string("Content-Type: application/json"),
                 std::string("Content-Type: text/plain"));
    return reply;
  };
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->Timeline() == wanted, boost::test_tools::per_element());
}

// Whatever is asked for, the same page: it ends, and says that something may be missing.
BOOST_AUTO_TEST_CASE(a_page_that_repeats_itself) {
  MastodonFixture fixture;
  Fill(fixture);
  std::size_t asked = 0;
  bool inside = false;
  fixture.host->fault = [&](const HostRequest& request) -> Fault {
    if (request.path != kTag || inside) return std::nullopt;
    ++asked;
    HostRequest first = request;
    first.query = {{"limit", "40"}};
    inside = true;
    fixture.host->mutex.unlock();
    HostReply reply = fixture.host->Answer(first);
    fixture.host->mutex.lock();
    inside = false;
    return reply;
  };
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(asked < 10U);
  BOOST_TEST(fixture.context->Timeline().size() == 40U);
  const bool is_told = std::any_of(
      fixture.context->coverage.begin(), fixture.context->coverage.end(),
      [](const Coverage& covered) { return !covered.complete && !covered.why.empty(); });
  BOOST_TEST(is_told);
}

// Ever older posts, for ever: each page is taken, and a stop ends it; the next goes on below.
BOOST_AUTO_TEST_CASE(endless_pages) {
  MastodonFixture fixture;
  TimeMs time = fixture.context->now;
  std::size_t pages = 0;
  fixture.host->fault = [&](const HostRequest& request) -> Fault {
    if (request.path != kTag || request.query.contains("min_id")) return std::nullopt;
    if (++pages == 50) fixture.context->RequestStop();
    const std::string& max = request.query.contains("max_id") ? request.query.at("max_id") : "";
    const TimeMs below = max.empty() ? time : static_cast<TimeMs>(std::stoull(max) >> 16U);
    std::string list;
    for (int i = 1; i <= 40; ++i) {
      const TimeMs at = below - i * 60'000;
      const std::string id = std::to_string(static_cast<std::uint64_t>(at) << 16U);
      list += (list.empty() ? "" : ",") + (R"({"id":")" + id + R"(","uri":"https://a.example/)") +
              id + R"(","created_at":")" + FormatTime(at) +
              R"(","visibility":"public","content":"x","tags":[{"name":"educhat"}]})";
    }
    return HostReply{200, "[" + list + "]", kJson};
  };
  BOOST_REQUIRE(fixture.Run());
  const std::size_t before = fixture.context->Timeline().size();
  BOOST_TEST(before >= 48U * 40U);
  pages = 0;
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->Timeline().size() >= before + 47U * 40U);
  BOOST_TEST(fixture.context->Doubled() == 0U);
}

// One status that cannot be read costs itself, and is said once.
BOOST_AUTO_TEST_CASE(one_broken_status_among_others) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
  const std::string id = fixture.host->Post("good", {"educhat"});
  fixture.host->Post("bad \\ud800", {"educhat"});
  fixture.Pass(1s);
  BOOST_REQUIRE(fixture.Run(3h));
  const Lines found = fixture.context->Timeline();
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST(found[0] == "educhat good");
  BOOST_REQUIRE_EQUAL(fixture.context->rejects.size(), 1U);
  BOOST_TEST(fixture.context->rejects[0].find("timelines/tag, item 1") != std::string::npos);
  BOOST_TEST(fixture.context->rejects[0].find("bad") == std::string::npos);
}

// Only the API's own word that there is no such post is a deletion.
BOOST_AUTO_TEST_CASE(what_is_no_deletion) {
  const HostReply cases[] = {
      {404, "<html>not found</html>", {"Content-Type: text/html"}},
      {404, "", {}},
      {410, "<html>moved</html>", {"Content-Type: text/html"}},
      {403, R"({"error":"This action is not allowed"})", kJson},
      {500, R"({"error":"oops"})", kJson},
      {200, "<html>maintenance</html>", {"Content-Type: text/html"}},
  };
  for (const HostReply& reply : cases) {
    MastodonFixture fixture;
    const std::string id = fixture.host->Post("here", {"educhat"});
    fixture.Pass(1s);
    BOOST_REQUIRE(fixture.Run());
    fixture.host->fault = [&](const HostRequest& request) -> Fault {
      if (request.path.starts_with("/api/v1/statuses/")) return reply;
      return std::nullopt;
    };
    for (int i = 0; i < 5; ++i) {
      fixture.Pass(3h);
      (void)fixture.Run();
    }
    BOOST_TEST(fixture.context->Timeline() == Lines{"educhat here"},
               boost::test_tools::per_element());
    fixture.host->fault = nullptr;
    fixture.host->Delete(id);
    fixture.Pass(24h * 40);
    RunUntilDone(fixture);
    BOOST_TEST(fixture.context->Timeline() == Lines{"educhat here deleted"},
               boost::test_tools::per_element());
  }
}

// An author who blocks the token's account is not there for it, and is for everybody else.
BOOST_AUTO_TEST_CASE(a_block_is_no_deletion) {
  MastodonFixture fixture;
  fixture.UseToken();
  const std::string id = fixture.host->Post("here", {"educhat"});
  fixture.Pass(1s);
  BOOST_REQUIRE(fixture.Run());
  fixture.host->fault = [&](const HostRequest& request) -> Fault {
    if (request.authorization.empty() || !request.path.starts_with("/api/v1/statuses/")) {
      return std::nullopt;
    }
    return HostReply{404, R"({"error":"Record not found"})", kJson};
  };
  fixture.Pass(3h);
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(fixture.context->Timeline() == Lines{"educhat here"},
             boost::test_tools::per_element());
}

// The server's clock is hours off, in its rate limits and in what posts say of themselves.
BOOST_AUTO_TEST_CASE(clocks_hours_off) {
  for (const TimeMs off : {-7 * 3'600'000, 7 * 3'600'000}) {
    MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
    int posted = 0;
    fixture.on_wait = [&] {
      const std::scoped_lock lock(fixture.host->mutex);
      fixture.host->now = fixture.context->now + off;
      if (fixture.context->now - 1'700'000'000'000 > posted * 600'000 && posted < 20) {
        fixture.host->Post("post " + std::to_string(posted++), {"educhat"});
      }
    };
    BOOST_REQUIRE(fixture.Run(6h));
    BOOST_TEST(fixture.context->Timeline().size() == 20U);
    BOOST_TEST(fixture.context->rejects.empty());
  }
}

// Refused again and again: it waits as it is told, asks rarely, and misses nothing.
BOOST_AUTO_TEST_CASE(a_storm_of_429) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
  const Lines wanted = Fill(fixture);
  std::size_t refused = 0;
  fixture.host->fault = [&](const HostRequest&) -> Fault {
    if (fixture.host->now > 1'700'000'000'000 + 7'200'000) return std::nullopt;
    ++refused;
    return HostReply{
        429,
        R"({"error":"Too many requests"})",
        {"Content-Type: application/json", "X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 0",
         "X-RateLimit-Reset: " + FormatTime(fixture.host->now + 60'000)}};
  };
  for (int i = 0; i < 200 && fixture.context->now < 1'700'000'000'000 + 5 * 3'600'000; ++i) {
    const Status run = fixture.Run(2h);
    if (!run) fixture.Pass(std::max<std::chrono::milliseconds>(run.error().retry_after, 1s));
  }
  BOOST_TEST(refused < 121U);  // no more than one a minute
  BOOST_TEST(fixture.context->Timeline() == wanted, boost::test_tools::per_element());
}

// One of two instances is away: the other is read as ever.
BOOST_AUTO_TEST_CASE(one_of_two_is_away) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
  MastodonHost& other = fixture.Add(MastodonHost::Kind::kMastodon).host();
  fixture.host->fault = [](const HostRequest&) -> Fault { return HostReply{503, "", {}}; };
  other.Post("there", {"educhat"}, "", 0, "far.example");
  BOOST_REQUIRE(fixture.Run(1h));
  BOOST_TEST(fixture.context->Timeline() == Lines{"educhat there"},
             boost::test_tools::per_element());
  fixture.host->fault = nullptr;
  fixture.host->Post("here", {"educhat"}, "", 0, "near.example");
  BOOST_REQUIRE(fixture.Run(1h));
  BOOST_TEST(fixture.context->Timeline().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
