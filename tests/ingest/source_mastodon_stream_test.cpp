// A day of streaming in simulated time, with a thousand connections lost, and streams over real
// sockets that stall, are cut and refused.
#include <algorithm>
#include <random>
#include <thread>

#include "ingest/source_mastodon.h"
#include "tests/ingest/source_mastodon_harness.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::HostRequest;
using test::MastodonFixture;
using test::MastodonHost;
using test::RecordingContext;

// A host in this thread, without sockets: streams and answers take no time.
class HostClient final : public HttpClient {
 public:
  HostClient(MastodonHost& host, std::string token) : host_(host), token_(std::move(token)) {}

  Result<HttpResponse> Fetch(const HttpRequest& request, std::stop_token) override {
    const test::HostReply reply = host_.Answer(Parsed(request));
    if (reply.status == 429 || reply.status >= 500) {
      return Error{ErrorCode::kRetryLater, "no", 60s};
    }
    HttpResponse response;
    response.status = reply.status;
    response.url = request.url;
    response.body = reply.body;
    for (const std::string& header : reply.headers) {
      std::string name = header.substr(0, header.find(':'));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      response.headers.Add(name, header.substr(header.find(':') + 2));
    }
    return response;
  }
  void Start(const HttpRequest&, Done, std::stop_token) override { BOOST_FAIL("not asked"); }

  Result<std::unique_ptr<HttpStream>> Open(const HttpRequest& request, const HttpStreamSettings&,
                                           std::stop_token) override {
    if (request.tally) ++request.tally->requests;
    ++opened;
    if (is_away) return RetryLater("away");
    const HostRequest asked = MastodonHost::Parse(request.url.substr(request.url.find("/api")));
    BOOST_REQUIRE(asked.path == "/api/v1/streaming/hashtag");
    const std::scoped_lock lock(host_.mutex);
    host_.streams.push_back({asked.query.at("tag"), ":)\n", false});
    return std::unique_ptr<HttpStream>(std::make_unique<Stream>(host_.streams.back()));
  }
  Result<std::unique_ptr<WebSocket>> OpenWebSocket(const HttpRequest&, const WebSocketSettings&,
                                                   std::stop_token) override {
    return Invalid("no WebSocket here");
  }
  void Tighten(const std::string&, const HttpHostRules&) override {}
  void Restore(const std::string&, const std::string&, std::uint32_t, milliseconds) override {}
  std::map<std::string, std::shared_ptr<const HttpTally>> Hosts() const override { return {}; }

  std::size_t opened = 0;
  bool is_away = false;

 private:
  class Stream final : public HttpStream {
   public:
    explicit Stream(MastodonHost::Stream& stream) : stream_(stream) {
      head_.status = 200;
      head_.headers.Add("content-type", "text/event-stream");
    }
    ~Stream() override { stream_.is_over = true; }
    const HttpResponse& head() const override { return head_; }
    Result<Got> Read(std::string& out, milliseconds, std::stop_token) override {
      if (!stream_.bytes.empty()) {
        out += std::exchange(stream_.bytes, {});
        return Got::kBytes;
      }
      if (stream_.is_over) return RetryLater("the connection was lost");
      return Got::kNothing;
    }

   private:
    MastodonHost::Stream& stream_;
    HttpResponse head_;
  };

  HostRequest Parsed(const HttpRequest& request) const {
    if (request.tally) ++request.tally->requests;
    HostRequest parsed = MastodonHost::Parse(request.url.substr(request.url.find("/api")));
    parsed.user_agent = "Latecomer";
    if (request.auth.kind == HttpAuth::Kind::kBearer) parsed.authorization = "Bearer " + token_;
    return parsed;
  }

  MastodonHost& host_;
  const std::string token_;
};

// What happens in the day, in the order of time.
class Day {
 public:
  Day(MastodonHost& host, RecordingContext& context, std::uint32_t seed)
      : host_(host), context_(context), random_(seed), begin_(context.now) {
    for (int i = 0; i < 6'000; ++i) Plan(&Day::PostOne);
    for (int i = 0; i < 300; ++i) Plan(&Day::EditOne);
    // Early: one that no stream tells of is found by a visit, and they become rare.
    for (int i = 0; i < 200; ++i) Plan(&Day::DeleteOne, 3);
    for (int i = 0; i < 1'000; ++i) Plan(&Day::Cut);
    std::stable_sort(plan_.begin(), plan_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  void Go() {
    for (; next_ < plan_.size() && plan_[next_].first <= context_.now; ++next_) {
      host_.now = plan_[next_].first;
      (this->*plan_[next_].second)();
    }
    host_.now = context_.now;
    if (context_.now >= begin_ + 86'400'000 + 3'600'000) context_.RequestStop();
  }

  std::vector<std::string> ids;
  std::set<std::string> deleted;
  std::size_t cuts = 0;

 private:
  std::size_t Any(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most - 1)(random_);
  }
  void Plan(void (Day::*what)(), std::size_t part = 1) {
    plan_.emplace_back(begin_ + 1'000 + static_cast<TimeMs>(Any(86'400'000 / part)), what);
  }
  void PostOne() {
    // A third are replies to one of the last; a few come late from elsewhere.
    const std::string parent = Any(3) == 0 && ids.size() > 20 ? ids[ids.size() - 1 - Any(20)] : "";
    const bool is_far = Any(10) == 0;
    const TimeMs age = is_far ? static_cast<TimeMs>(Any(60'000)) : 0;
    ids.push_back(host_.Post("post " + std::to_string(ids.size()), {"educhat"},
                             deleted.contains(parent) ? "" : parent, host_.now - age,
                             is_far ? "far.example" : ""));
  }
  void EditOne() {
    if (ids.empty()) return;
    const std::string& id = ids[Any(ids.size())];
    if (!deleted.contains(id)) host_.Edit(id, host_.At(id).text + " mended");
  }
  void DeleteOne() {
    if (ids.empty()) return;
    const std::string& id = ids[Any(ids.size())];
    if (!host_.At(id).uri.starts_with("http://") || !deleted.insert(id).second) return;
    host_.Delete(id);
  }
  // What is on its way may come, in part, or not at all.
  void Cut() {
    for (MastodonHost::Stream& stream : host_.streams) {
      if (stream.is_over) continue;
      if (!stream.bytes.empty()) stream.bytes.resize(Any(stream.bytes.size()));
      stream.is_over = true;
      ++cuts;
    }
  }

  MastodonHost& host_;
  RecordingContext& context_;
  std::mt19937 random_;
  const TimeMs begin_;
  std::vector<std::pair<TimeMs, void (Day::*)()>> plan_;
  std::size_t next_ = 0;
};

SourceSpec StreamSpec(const std::string& token_file) {
  return test::MastodonSpec({{"base", "http://social.example"}, {"token_file", token_file}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(source_mastodon_stream)

BOOST_AUTO_TEST_CASE(a_day_with_a_thousand_connections_loses_nothing_and_doubles_nothing) {
  MastodonFixture token;  // for its file
  token.UseToken();
  MastodonHost host("social.example");
  host.token = MastodonFixture::kToken;
  RecordingContext context(StreamSpec(token.context->spec().Option("token_file")));
  HostClient client(host, host.token);
  context.client = &client;
  Day day(host, context, 7);
  context.on_wait = [&] { day.Go(); };
  auto source = MakeMastodonSource(context.spec());
  BOOST_REQUIRE(source);
  BOOST_REQUIRE((*source)->Run(context));

  BOOST_TEST(day.cuts > 900U);
  BOOST_TEST(client.opened > 900U);
  std::map<std::string, std::pair<std::string, bool>> found;  // by id: the last text, deleted
  std::map<std::string, TimeMs> freshest;
  for (const auto& record : context.records) {
    auto& [text, is_deleted] = found[record.post.id];
    if (record.post.type == PostType::kTombstone) {
      is_deleted = true;
      continue;
    }
    const TimeMs stamp = record.post.updated.value_or(0);
    if (stamp < freshest[record.post.id]) continue;
    freshest[record.post.id] = stamp;
    text = record.post.content;
  }
  std::size_t lost = 0;
  std::size_t stale = 0;
  std::size_t buried = 0;
  for (const std::string& id : day.ids) {
    const test::HostStatus& status = host.At(id);
    const auto it = found.find(status.uri);
    if (it == found.end()) {
      // Deleted again before anybody could see it.
      if (!status.is_deleted) ++lost;
      continue;
    }
    if (!status.is_deleted && it->second.first != "<p>" + status.text + "</p>") ++stale;
    if (status.is_deleted != it->second.second) ++buried;
  }
  BOOST_TEST(lost == 0U);
  BOOST_TEST(stale == 0U);
  BOOST_TEST(buried == 0U);
  BOOST_TEST(context.Doubled() == 0U);
  BOOST_TEST(found.size() <= day.ids.size());
  BOOST_TEST(context.rejects.empty());
}

// Over sockets: a stream that breaks off within an event, then one that is refused with a page,
// then one that lives; posts meanwhile are read from the timeline.
BOOST_AUTO_TEST_CASE(streams_over_sockets) {
  MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
  fixture.UseToken();
  std::atomic<int> connections{0};
  fixture.servers[0]->instead = [&](const test::ServedRequest& request, test::Peer& peer) {
    if (!request.target.starts_with("/api/v1/streaming/hashtag?tag=educhat")) return false;
    const int number = ++connections;
    peer.Close();
    if (number == 2) {
      peer.Send(test::Reply(502, "<html>bad gateway</html>"));
      return true;
    }
    peer.Send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:)\n");
    std::string event;
    {
      const std::scoped_lock lock(fixture.host->mutex);
      fixture.host->streams.push_back({"educhat", "", false});
      fixture.host->Post("streamed " + std::to_string(number), {"educhat"});
      event = std::exchange(fixture.host->streams.back().bytes, {});
      fixture.host->streams.back().is_over = true;
      fixture.host->Post("unheard " + std::to_string(number), {"educhat"});
    }
    if (number == 1) {
      peer.Send(event.substr(0, event.size() / 2));
      return true;
    }
    for (std::size_t i = 0; i < event.size(); i += 100) peer.Send(event.substr(i, 100));
    peer.Send("event: delete\ndata: 1\n\nevent: filters_changed\ndata: \n\n:thump\n");
    peer.Send("event: update\ndata: {\"id\"\n\n");
    peer.AwaitClosed(20s);
    return true;
  };
  int waits = 0;
  fixture.on_wait = [&] {
    // The stream's bytes come in the time of the machine.
    std::this_thread::sleep_for(1ms);
    const bool is_done = connections >= 3 && !fixture.context->rejects.empty() &&
                         fixture.context->Timeline().size() >= 4;
    if (is_done || ++waits > 5'000) fixture.context->RequestStop();
  };
  BOOST_REQUIRE(fixture.Run());
  BOOST_TEST(waits < 5'000);
  std::vector<std::string> found = fixture.context->Timeline();
  std::sort(found.begin(), found.end());
  const std::vector<std::string> wanted = {"educhat streamed 1", "educhat streamed 3",
                                           "educhat unheard 1", "educhat unheard 3"};
  BOOST_TEST(found == wanted, boost::test_tools::per_element());
  BOOST_TEST(fixture.context->Doubled() == 0U);
  BOOST_REQUIRE_EQUAL(fixture.context->rejects.size(), 1U);
  BOOST_TEST(fixture.context->rejects[0].find("streaming/hashtag") != std::string::npos);
}

// No streams for this token, or none at all: the timeline is polled, and nobody is asked twice.
BOOST_AUTO_TEST_CASE(streams_that_are_refused) {
  for (const int status : {401, 403, 404}) {
    MastodonFixture fixture(MastodonHost::Kind::kMastodon, false);
    fixture.UseToken();
    std::atomic<int> asked{0};
    fixture.servers[0]->instead = [&](const test::ServedRequest& request, test::Peer& peer) {
      if (!request.target.starts_with("/api/v1/streaming")) return false;
      ++asked;
      peer.Send(test::Reply(status, R"({"error":"no"})", {"Content-Type: application/json"}));
      return true;
    };
    bool posted = false;
    fixture.on_wait = [&] {
      if (std::exchange(posted, true)) return;
      const std::scoped_lock lock(fixture.host->mutex);
      fixture.host->Post("news", {"educhat"});
    };
    BOOST_REQUIRE(fixture.Run(2h));
    BOOST_TEST(asked == 1);
    BOOST_TEST(fixture.context->Timeline().size() == 1U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
