#include "ingest/http_client.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "base/version.h"
#include "ingest/http_engine.h"
#include "ingest/http_pipe.h"
#include "ingest/websocket_beast.h"
#include "ingest/websocket_connection.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kUserAgentPartMax = 200;

// An answer on its way from the client's thread to one that waits.
class Awaited {
 public:
  void Set(Result<HttpResponse> result) {
    {
      const std::scoped_lock lock(mutex_);
      result_.emplace(std::move(result));
    }
    changed_.notify_one();
  }
  Result<HttpResponse> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return result_.has_value(); });
    return std::move(*result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<HttpResponse>> result_;
};

class EngineStream final : public HttpStream {
 public:
  EngineStream(HttpEngine& engine, std::uint64_t id, std::shared_ptr<HttpPipe> pipe,
               HttpResponse head)
      : engine_(engine), id_(id), pipe_(std::move(pipe)), head_(std::move(head)) {}
  ~EngineStream() override { engine_.Cancel(id_); }

  const HttpResponse& head() const override { return head_; }

  Result<Got> Read(std::string& out, milliseconds wait_max, std::stop_token stop) override {
    bool resume = false;
    Result<Got> got = pipe_->Read(out, wait_max, std::move(stop), resume);
    if (resume) engine_.Resume(id_);
    return got;
  }

 private:
  HttpEngine& engine_;
  const std::uint64_t id_;
  const std::shared_ptr<HttpPipe> pipe_;  // the client's thread may still be filling it
  const HttpResponse head_;
};

// The host's leave is asked of the engine, and what came of it told there; what is between is done
// in the caller's thread.
Result<std::unique_ptr<WebSocket>> OpenWebSocketPolitely(HttpEngine& engine, HttpRequest request,
                                                         const WebSocketSettings& settings,
                                                         const std::stop_token& stop) {
  const Result<Url> url = ParseWebSocketUrl(request.url);
  if (!url) return url.error();
  request.url = url->text;
  request.method = HttpMethod::kGet;
  const auto awaited = std::make_shared<Awaited>();
  const std::uint64_t id = engine.SubmitLeave(
      request, [awaited](Result<HttpResponse> leave) { awaited->Set(std::move(leave)); }, stop);
  if (Result<HttpResponse> leave = awaited->Take(); !leave) return leave.error();

  WebSocketHandshake handshake;
  handshake.url = *url;
  handshake.user_agent = engine.transfer_settings().user_agent;
  handshake.headers = request.headers;
  handshake.auth = request.auth;
  handshake.deadline = std::chrono::steady_clock::now() + request.deadline;
  handshake.tallies = {engine.TallyOf(url->Authority())};
  if (request.tally) handshake.tallies.push_back(request.tally);

  auto connection =
      std::make_unique<WebSocketConnection>(engine.transfer_settings(), request, *url);
  WebSocketAnswer answer;
  Status connected = connection->Connect(handshake.deadline, stop);
  Result<std::unique_ptr<WebSocket>> socket =
      connected ? ShakeHands(std::move(connection), handshake, settings, stop, answer)
                : Result<std::unique_ptr<WebSocket>>(connected.error());
  if (connected) {
    for (const std::shared_ptr<HttpTally>& tally : handshake.tallies) ++tally->connections;
  }
  const bool is_hosts_fault = answer.status == 0 && !socket && !stop.stop_requested() &&
                              socket.error().code == ErrorCode::kRetryLater;
  if (answer.status == 0 && !is_hosts_fault) answer.status = -1;
  const milliseconds wait = engine.Report(id, answer.status, answer.headers);
  if (socket || socket.error().code != ErrorCode::kRetryLater) return socket;
  Error error = socket.error();
  error.retry_after = wait;
  return error;
}

class EngineClient final : public HttpClient {
 public:
  explicit EngineClient(HttpEngineSettings settings) : engine_(std::move(settings)) {}

  Result<HttpResponse> Fetch(const HttpRequest& request, std::stop_token stop) override {
    // Shared with the callback, which may still be in Set when Take has returned.
    const auto awaited = std::make_shared<Awaited>();
    Start(
        request, [awaited](Result<HttpResponse> result) { awaited->Set(std::move(result)); },
        std::move(stop));
    return awaited->Take();
  }

  void Start(const HttpRequest& request, Done done, std::stop_token stop) override {
    engine_.Submit(request, nullptr, milliseconds(0), std::move(done), std::move(stop));
  }

  Result<std::unique_ptr<HttpStream>> Open(const HttpRequest& request,
                                           const HttpStreamSettings& settings,
                                           std::stop_token stop) override {
    const auto awaited = std::make_shared<Awaited>();
    auto pipe = std::make_shared<HttpPipe>(settings.buffer_bytes_max);
    const std::uint64_t id = engine_.Submit(
        request, pipe, settings.silence_max,
        [awaited](Result<HttpResponse> result) { awaited->Set(std::move(result)); },
        std::move(stop));
    Result<HttpResponse> head = awaited->Take();
    if (!head) return head.error();
    return std::unique_ptr<HttpStream>(
        std::make_unique<EngineStream>(engine_, id, std::move(pipe), std::move(*head)));
  }

  Result<std::unique_ptr<WebSocket>> OpenWebSocket(const HttpRequest& request,
                                                   const WebSocketSettings& settings,
                                                   std::stop_token stop) override {
    return OpenWebSocketPolitely(engine_, request, settings, stop);
  }

  void Tighten(const std::string& host, const HttpHostRules& rules) override {
    engine_.Tighten(host, rules);
  }
  void Restore(const std::string& host, const std::string& limit_key, std::uint32_t requests,
               milliseconds age) override {
    engine_.Restore(host, limit_key, requests, age);
  }
  std::map<std::string, std::shared_ptr<const HttpTally>> Hosts() const override {
    return engine_.Hosts();
  }

 private:
  HttpEngine engine_;
};

bool IsFitForUserAgent(const std::string& text) {
  return text.size() <= kUserAgentPartMax && text.find_first_not_of(" \t") != std::string::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// "Latecomer/0.1.0 (+https://replay.example/about)"
Result<std::string> UserAgentOf(const HttpClientSettings& settings) {
  if (!IsFitForUserAgent(settings.contact)) {
    return Invalid(
        "the HTTP client needs a contact for those whose hosts it asks: a URL or an address of "
        "mail, in ASCII, of at most 200 bytes");
  }
  std::string version(settings.version.empty() ? VersionText() : settings.version);
  version = version.substr(0, version.find(' '));
  if (!IsFitForUserAgent(settings.product) || !IsFitForUserAgent(version)) {
    return Invalid("the HTTP client needs the name of a product and its version");
  }
  return settings.product + "/" + version + " (+" + settings.contact + ")";
}

TimeMs SteadyNow() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Result<std::unique_ptr<HttpClient>> MakeHttpClient(const HttpClientSettings& settings) {
  const Result<std::string> user_agent = UserAgentOf(settings);
  if (!user_agent) return user_agent.error();
  Result<AddressPolicy> addresses = AddressPolicy::Make(settings.allowed_private);
  if (!addresses) return addresses.error();
  if (!settings.proxy.empty()) {
    const Result<Url> proxy = ParseUrl(settings.proxy);
    if (!proxy) return Invalid("the proxy is " + proxy.error().message);
  }
  if (!settings.ca_file.empty() && ::access(settings.ca_file.c_str(), R_OK) != 0) {
    return Invalid("cannot read the certificates in " + settings.ca_file + ": " +
                   std::generic_category().message(errno));
  }
  HttpEngineSettings engine;
  engine.transfer.user_agent = *user_agent;
  engine.transfer.ca_file = settings.ca_file;
  engine.transfer.proxy = settings.proxy;
  engine.transfer.addresses = std::move(*addresses);
  engine.transfer.connect_timeout = settings.connect_timeout;
  engine.transfer.slow_time = settings.slow_time;
  engine.transfer.slow_bytes = settings.slow_bytes;
  engine.rules = settings.rules;
  engine.waiting_max = settings.waiting_max;
  engine.clock = settings.clock ? settings.clock : SteadyNow;
  engine.clock_is_real = !settings.clock;
  return std::unique_ptr<HttpClient>(std::make_unique<EngineClient>(std::move(engine)));
}

}  // namespace latecomer
