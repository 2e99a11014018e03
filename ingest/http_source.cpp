#include "ingest/http_source.h"

#include <algorithm>
#include <string>
#include <utility>

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAgainFirst{500};

// Counts what is read.
class CountedStream final : public HttpStream {
 public:
  CountedStream(std::unique_ptr<HttpStream> stream, SourceContext& context)
      : stream_(std::move(stream)), context_(context) {}

  const HttpResponse& head() const override { return stream_->head(); }
  Result<Got> Read(std::string& out, milliseconds wait_max, std::stop_token stop) override {
    const std::size_t before = out.size();
    if (!stop.stop_possible()) stop = context_.stop();
    Result<Got> got = stream_->Read(out, wait_max, std::move(stop));
    context_.counters().bytes += out.size() - before;
    return got;
  }

 private:
  const std::unique_ptr<HttpStream> stream_;
  SourceContext& context_;
};

class CountedWebSocket final : public WebSocket {
 public:
  CountedWebSocket(std::unique_ptr<WebSocket> socket, SourceContext& context)
      : socket_(std::move(socket)), context_(context) {}

  const HttpResponse& head() const override { return socket_->head(); }
  Result<Got> Read(std::string& out, milliseconds wait_max, std::stop_token stop) override {
    if (!stop.stop_possible()) stop = context_.stop();
    Result<Got> got = socket_->Read(out, wait_max, std::move(stop));
    if (got && (*got == Got::kText || *got == Got::kBinary)) {
      context_.counters().bytes += out.size();
    }
    return got;
  }
  Status Send(std::string_view text, std::stop_token stop) override {
    if (!stop.stop_possible()) stop = context_.stop();
    return socket_->Send(text, std::move(stop));
  }
  std::uint16_t close_code() const override { return socket_->close_code(); }

 private:
  const std::unique_ptr<WebSocket> socket_;
  SourceContext& context_;
};

}  // namespace

SourceHttp::SourceHttp(HttpClient& client, SourceContext& context)
    : client_(client), context_(context) {}

// The client is asked not to wait: what it would wait for, it tells.
template <typename Ask>
auto SourceHttp::Patiently(HttpRequest& request, Ask ask) -> decltype(ask()) {
  const milliseconds wait_max = std::exchange(request.wait_max, milliseconds(0));
  int attempts = request.method == HttpMethod::kPost ? 1 : std::exchange(request.attempts, 1);
  SourceCounters& counters = context_.counters();
  milliseconds waited{0};
  milliseconds again = kAgainFirst;
  for (;;) {
    request.tally = std::make_shared<HttpTally>();
    auto result = ask();
    const std::uint64_t requests = request.tally->requests;
    const bool sent = requests > 0;
    counters.requests += requests;
    if (result || result.error().code != ErrorCode::kRetryLater || context_.stopped())
      return result;
    if (sent && --attempts <= 0) return result;
    milliseconds wait = result.error().retry_after;
    if (sent) wait = std::max(wait, std::exchange(again, again * 2));
    if (wait <= milliseconds(0) || waited + wait > wait_max) return result;
    ++counters.waits;
    counters.wait_ms += static_cast<std::uint64_t>(wait.count());
    waited += wait;
    if (!context_.WaitFor(wait)) return result;
  }
}

Result<HttpResponse> SourceHttp::Fetch(HttpRequest request) {
  return Patiently(request, [&] {
    Result<HttpResponse> response = client_.Fetch(request, context_.stop());
    context_.counters().bytes += request.tally->bytes;
    return response;
  });
}

Result<std::unique_ptr<HttpStream>> SourceHttp::Open(HttpRequest request,
                                                     const HttpStreamSettings& settings) {
  auto stream =
      Patiently(request, [&] { return client_.Open(request, settings, context_.stop()); });
  if (!stream) return stream;
  return std::unique_ptr<HttpStream>(std::make_unique<CountedStream>(std::move(*stream), context_));
}

Result<std::unique_ptr<WebSocket>> SourceHttp::OpenWebSocket(HttpRequest request,
                                                             const WebSocketSettings& settings) {
  auto socket =
      Patiently(request, [&] { return client_.OpenWebSocket(request, settings, context_.stop()); });
  if (!socket) return socket;
  return std::unique_ptr<WebSocket>(
      std::make_unique<CountedWebSocket>(std::move(*socket), context_));
}

}  // namespace latecomer
