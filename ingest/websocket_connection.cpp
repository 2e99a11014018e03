#include "ingest/websocket_connection.h"

#include <pthread.h>
#include <signal.h>  // NOLINT: pthread_sigmask is POSIX's

#include <algorithm>
#include <ctime>
#include <new>
#include <optional>
#include <utility>

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr int kPollMsMax = 500;

// TLS that writes to a connection which is gone raises SIGPIPE, which would end the process: it is
// kept from this thread, and taken away if it has come meanwhile.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec at_once{0, 0};
    if (!was_pending_) sigtimedwait(&sigpipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

WebSocketConnection::Io IoOf(CURLcode code) {
  if (code == CURLE_OK) return WebSocketConnection::Io::kDone;
  return code == CURLE_AGAIN ? WebSocketConnection::Io::kWouldBlock
                             : WebSocketConnection::Io::kLost;
}

}  // namespace

WebSocketConnection::WebSocketConnection(const HttpTransferSettings& settings,
                                         const HttpRequest& request, Url url)
    : request_(request), name_("GET " + LoggableUrl(url.text)), multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  HttpTransfer::Plan plan;
  plan.request = &request_;
  plan.url = std::move(url);
  plan.deadline = request.deadline;
  plan.connect_only = true;
  transfer_ = std::make_unique<HttpTransfer>(settings, std::move(plan), nullptr);
}

WebSocketConnection::~WebSocketConnection() {
  const WithoutSigpipe quiet;
  curl_multi_remove_handle(multi_.get(), transfer_->handle());
  transfer_.reset();
  multi_.reset();
}

Status WebSocketConnection::Connect(std::chrono::steady_clock::time_point deadline,
                                    const std::stop_token& stop) {
  const WithoutSigpipe quiet;
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
  curl_multi_add_handle(multi_.get(), transfer_->handle());
  for (;;) {
    if (stop.stop_requested()) return RetryLater("a request was stopped");
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      const std::optional<HttpTransfer::Failure> failure =
          transfer_->FailureOf(message->data.result);
      if (failure) return failure->error;
      curl_socket_t socket = CURL_SOCKET_BAD;
      curl_easy_getinfo(transfer_->handle(), CURLINFO_ACTIVESOCKET, &socket);
      if (socket == CURL_SOCKET_BAD) return RetryLater(name_ + ": the connection is lost");
      fd_ = socket;
      return {};
    }
    const auto rest =
        std::chrono::duration_cast<milliseconds>(deadline - HttpTransfer::Clock::now());
    if (rest <= milliseconds(0)) return RetryLater(name_ + ": no connection in time");
    const auto wait = std::min<std::int64_t>(rest.count() + 1, kPollMsMax);
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait), nullptr);
  }
}

WebSocketConnection::Io WebSocketConnection::Receive(void* data, std::size_t size,
                                                     std::size_t& bytes) {
  const WithoutSigpipe quiet;
  const Io io = IoOf(curl_easy_recv(transfer_->handle(), data, size, &bytes));
  if (io != Io::kDone) return io;
  bytes_received_ += bytes;
  return bytes == 0 ? Io::kEnd : Io::kDone;
}

WebSocketConnection::Io WebSocketConnection::Send(const void* data, std::size_t size,
                                                  std::size_t& bytes) {
  const WithoutSigpipe quiet;
  const Io io = IoOf(curl_easy_send(transfer_->handle(), data, size, &bytes));
  return io == Io::kDone && bytes == 0 ? Io::kWouldBlock : io;
}

}  // namespace latecomer
