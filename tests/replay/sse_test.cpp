#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "base/time.h"
#include "replay/http_server.h"
#include "sample_event.h"
#include "test_client.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct SseEvent {
  std::string id;
  std::string name;
  std::string data;
};

// A viewer that reads whole events.
class SseViewer {
 public:
  SseViewer(std::uint16_t port, const std::string& query, const std::string& last_event_id = "")
      : client_(port) {
    client_.Send(
        "GET /v1/replay?" + query + " HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n" +
        (last_event_id.empty() ? "" : "Last-Event-ID: " + last_event_id + "\r\n") + "\r\n");
    head_ = client_.ReadUntil("\r\n\r\n");
  }

  const std::string& head() const { return head_; }
  TestClient& client() { return client_; }

  // The next event; an empty name where none comes in time.
  SseEvent Next(milliseconds timeout = seconds(5)) {
    for (;;) {
      const std::string block = client_.ReadUntil("\n\n", timeout);
      if (block.empty()) return {};
      if (block.starts_with(":")) continue;
      SseEvent event;
      event.id = Line(block, "id: ");
      event.name = Line(block, "event: ");
      event.data = Line(block, "data: ");
      return event;
    }
  }
  // Events up to the first with this name.
  std::vector<SseEvent> Until(const std::string& name) {
    std::vector<SseEvent> events;
    do {
      events.push_back(Next());
    } while (events.back().name != name && !events.back().name.empty());
    return events;
  }

 private:
  static std::string Line(const std::string& block, const std::string& start) {
    const std::size_t at = block.find(start);
    if (at == std::string::npos) return "";
    return block.substr(at + start.size(), block.find('\n', at) - at - start.size());
  }

  TestClient client_;
  std::string head_;
};

std::string Names(const std::vector<SseEvent>& events) {
  std::string names;
  for (const SseEvent& event : events) names += event.name + ' ';
  return names;
}

struct SseFixture {
  explicit SseFixture(HttpServerOptions options = {})
      : service(store, {}), server(std::move(options), service) {
    FillSample(store);
    const Status started = server.Start();
    BOOST_REQUIRE(started);
  }

  MemoryStore store;
  ReplayService service;
  HttpServer server;
};

BOOST_FIXTURE_TEST_SUITE(sse, SseFixture)

BOOST_AUTO_TEST_CASE(a_replay_is_streamed_up_to_now) {
  SseViewer viewer(server.port(), "hashtag=%23Tea&speed=10000&skip=0.1");
  BOOST_TEST(viewer.head().starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(viewer.head().find("Content-Type: text/event-stream\r\n") != std::string::npos);
  BOOST_TEST(viewer.head().find("Cache-Control: no-store\r\n") != std::string::npos);
  BOOST_TEST(viewer.head().find("Access-Control-Allow-Origin: *\r\n") != std::string::npos);
  const std::vector<SseEvent> events = viewer.Until("live");
  BOOST_TEST(Names(events) ==
             "session entry entry entry repost entry entry gap entry gap session entry gap live ");
  BOOST_TEST(events[0].data.starts_with(R"({"id":"2020-05-01T10:00:00.000Z","first":)"));
  BOOST_TEST(events[2].data.starts_with(R"({"n":"3330963585107526719","id":)"));
  BOOST_TEST(events[2].data.ends_with(R"(,"event_time":"2020-05-01T10:00:10.000Z"})"));
  BOOST_TEST(events[4].data ==
             R"({"n_of":"3330963564135861791","object":"https://s.example/a",)"
             R"("published":"2020-05-01T10:02:00.000Z","by":"https://s.example/users/eve"})");
  BOOST_TEST(events[7].data ==
             R"({"from":"2020-05-01T10:06:00.000Z","to":"2020-05-01T12:00:00.000Z",)"
             R"("skipped_s":5840})");
  BOOST_TEST(events.back().data.starts_with(R"({"event_time":")"));
}

BOOST_AUTO_TEST_CASE(from_starts_at_a_time_in_its_session) {
  SseViewer viewer(server.port(), "hashtag=tea&speed=10000&from=2020-05-01T10:01:00Z");
  BOOST_TEST(Names({viewer.Next(), viewer.Next(), viewer.Next()}) == "session entry repost ");
}

BOOST_AUTO_TEST_CASE(a_viewer_who_comes_back_goes_on_after_the_last_event) {
  const std::string query = "hashtag=tea&speed=10000&skip=0.05";
  std::vector<SseEvent> all;
  {
    SseViewer viewer(server.port(), query);
    all = viewer.Until("live");
  }
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    SseViewer by_header(server.port(), query, all[i].id);
    SseViewer by_query(server.port(), query + "&cursor=" + all[i].id);
    for (SseViewer* viewer : {&by_header, &by_query}) {
      // What follows an entry's own cursor is the next event, but for gaps, told again or anew.
      SseEvent next = viewer->Next();
      std::size_t k = i + 1;
      while (next.name == "gap") next = viewer->Next();
      while (all[k].name == "gap") ++k;
      BOOST_TEST(next.name == all[k].name, "after event " << i);
      if (next.name == "entry") BOOST_TEST(next.data == all[k].data);
    }
  }
}

BOOST_AUTO_TEST_CASE(late_and_live_arrivals_reach_who_is_there) {
  SseViewer viewer(server.port(), "hashtag=tea&speed=10000&skip=0");
  const std::string live = viewer.Until("live").back().id;
  store.Put("tea", MakeEntry("l", Now() - 1000, "ana", "now"));
  const SseEvent now = viewer.Next();
  BOOST_TEST(now.data.find("s.example/l\"") != std::string::npos);
  BOOST_TEST(now.data.find("\"behind\"") == std::string::npos);
  store.Put("tea", MakeEntry("k", kTen + 1000, "ana", "late"));
  const SseEvent late = viewer.Next();
  BOOST_TEST(late.data.find("s.example/k\"") != std::string::npos);
  BOOST_TEST(late.data.ends_with(",\"behind\":true}"));
  store.RemoveEntry("tea", "https://s.example/k");
  const SseEvent deleted = viewer.Next();
  BOOST_TEST(deleted.name == "deleted");
  // One who was away meanwhile gets all of it.
  SseViewer back(server.port(), "hashtag=tea&speed=10000&skip=0", live);
  BOOST_TEST(Names({back.Next(), back.Next(), back.Next()}) == "deleted entry live ");
}

BOOST_AUTO_TEST_CASE(mistakes_are_answered_as_json_and_the_connection_goes_on) {
  TestClient client(server.port());
  const std::pair<const char*, int> bad[] = {{"/v1/replay", 400},
                                             {"/v1/replay?hashtag=coffee", 404},
                                             {"/v1/replay?hashtag=tea&speed=0", 400},
                                             {"/v1/replay?hashtag=tea&speed=nan", 400},
                                             {"/v1/replay?hashtag=tea&skip=-1", 400},
                                             {"/v1/replay?hashtag=tea&from=soon", 400},
                                             {"/v1/replay?hashtag=tea&cursor=soon", 400}};
  for (const auto& [target, status] : bad) {
    const TestAnswer answer = client.Get(target);
    BOOST_TEST(answer.status == status, target);
    BOOST_TEST(answer.body.starts_with("{\"error\":"));
  }
  BOOST_TEST(client.Get("/v1/replay?hashtag=tea", "Last-Event-ID: x\r\n").status == 400);
}

BOOST_AUTO_TEST_CASE(a_hashtag_that_is_erased_ends_its_streams) {
  SseViewer viewer(server.port(), "hashtag=tea&speed=10000&skip=0");
  viewer.Until("live");
  store.Erase("tea");
  BOOST_TEST(viewer.client().Ends(seconds(2)));
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_for_a_while_only_delays) {
  SseViewer viewer(server.port(), "hashtag=tea&speed=10000&skip=0");
  viewer.Until("live");
  store.FailWith(RetryLater("busy"));
  std::this_thread::sleep_for(milliseconds(600));
  store.FailWith({});
  store.Put("tea", MakeEntry("l", Now() - 1000, "ana", "now"));
  BOOST_TEST(viewer.Next().name == "entry");
}

BOOST_AUTO_TEST_SUITE_END()

// Sanitizers keep what is freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsAsUsual = false;
#else
constexpr bool kMemoryIsAsUsual = true;
#endif

std::size_t ResidentKib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

HttpServerOptions Impatient() {
  HttpServerOptions options;
  options.write_seconds_max = 1;
  options.streams_max = 20;
  return options;
}

struct ImpatientFixture : SseFixture {
  ImpatientFixture() : SseFixture(Impatient()) {}
};

BOOST_FIXTURE_TEST_SUITE(sse_bounds, ImpatientFixture)

BOOST_AUTO_TEST_CASE(viewers_who_do_not_read_are_dropped_and_cost_a_bounded_buffer) {
  // 3 MB of entries that are all due at once.
  const std::string text(20'000, 'x');
  for (int i = 0; i < 150; ++i) {
    store.Put("big", MakeEntry("e" + std::to_string(i), kTen + i, "ana", text));
  }
  store.Put("big", MakeSession(kTen, kTen, kTen + 150, kTen + 150 + kDefaultGapMs));
  BOOST_TEST(TestClient(server.port()).Get("/v1/hashtags/big").status == 200);
  const std::size_t before = ResidentKib();
  std::vector<std::unique_ptr<TestClient>> viewers;
  for (int i = 0; i < 20; ++i) {
    viewers.push_back(std::make_unique<TestClient>(server.port()));
    viewers.back()->LimitReceiveBuffer(8192);
    viewers.back()->Send("GET /v1/replay?hashtag=big&speed=10000 HTTP/1.1\r\nHost: t\r\n\r\n");
  }
  std::this_thread::sleep_for(milliseconds(500));
  const std::size_t during = ResidentKib();
  // 20 viewers' buffers, and the few blocks of 64 entries that they stand in; queued, it would be
  // 60 MB.
  if (kMemoryIsAsUsual) BOOST_TEST(during < before + 20'000, before << " to " << during << " KiB");
  TestClient more(server.port());
  BOOST_TEST(more.Get("/v1/replay?hashtag=big").status == 503);
  std::string metrics;
  for (int i = 0; i < 100 && metrics.find("dropped_total 20") == std::string::npos; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
    metrics = more.Get("/metrics").body;
  }
  BOOST_TEST(metrics.find("latecomer_replay_streams_dropped_total 20") != std::string::npos,
             metrics);
  BOOST_TEST(metrics.find("latecomer_replay_streams 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_viewer_who_goes_is_noticed) {
  {
    SseViewer viewer(server.port(), "hashtag=tea&speed=0.1&skip=1000");
    BOOST_TEST(viewer.Next().name == "session");
  }
  TestClient other(server.port());
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {
    gone = other.Get("/metrics").body.find("latecomer_replay_streams 0") != std::string::npos;
    if (!gone) std::this_thread::sleep_for(milliseconds(20));
  }
  BOOST_TEST(gone);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
