#include "replay/http_connection.h"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "replay/http_head.h"
#include "replay/sse_stream.h"

namespace latecomer {
namespace {

namespace http = boost::beast::http;

constexpr std::uint32_t kHeadBytesMax = 16U << 10U;
constexpr std::uint64_t kBodyBytesMax = 64U << 10U;
constexpr std::size_t kLingerBytesMax = 256U << 10U;
constexpr int kLingerSeconds = 2;

template <typename Name>
std::string Field(const http::fields& fields, Name name) {
  const auto value = fields[name];
  return {value.data(), value.size()};
}

Result<ApiRequest> ToApiRequest(const http::request_header<>& head) {
  if (head.version() == 11 && head.find(http::field::host) == head.end()) {
    return Invalid("The request names no host.");
  }
  const auto target = head.target();
  Result<ApiRequest> request = ParseApiTarget({target.data(), target.size()});
  if (!request) return request;
  switch (head.method()) {
    case http::verb::get:
      request->method = ApiMethod::kGet;
      break;
    case http::verb::head:
      request->method = ApiMethod::kHead;
      break;
    case http::verb::options:
      request->method = ApiMethod::kOptions;
      break;
    default:
      request->method = ApiMethod::kOther;
  }
  request->if_none_match = Field(head, http::field::if_none_match);
  request->last_event_id = Field(head, "Last-Event-ID");
  request->accepts_gzip =
      Field(head, http::field::accept_encoding).find("gzip") != std::string::npos;
  return request;
}

ApiResponse BadHead(const boost::beast::error_code& error) {
  if (error == http::error::header_limit) {
    return ErrorResponse(431, "too_large", "The request's head is too large.");
  }
  if (error == http::error::body_limit) {
    return ErrorResponse(413, "too_large", "The request's body is too large.");
  }
  return ErrorResponse(400, "invalid", "This is no HTTP/1.1 request.");
}

}  // namespace

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(StreamSocket socket, HttpShared& shared)
      : socket_(std::move(socket)), shared_(shared), timer_(shared.io) {
    shared_.connections.insert(this);
    shared_.CountChanged();
  }
  ~HttpConnection() {
    shared_.connections.erase(this);
    shared_.CountChanged();
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Read();
  void Close();
  void Refuse(const ApiResponse& response) { Answer(response, false, false); }
  bool reading() const { return reading_; }

 private:
  void OnRead(const boost::beast::error_code& error);
  void Dispatch(ApiRequest request);
  void OpenStream(ApiRequest request);
  void OnStreamOpen(Result<StreamStart> start);
  void Answer(ApiResponse response, bool keep_alive, bool head_only);
  void OnWritten(const boost::beast::error_code& error, bool keep_alive);
  void Linger();
  void SetTimer(int seconds);

  StreamSocket socket_;
  HttpShared& shared_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_{kHeadBytesMax + kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  ApiResponse response_;  // while it is written
  std::string head_;
  std::array<boost::asio::const_buffer, 2> parts_;
  bool reading_ = false;
  std::size_t lingered_bytes_ = 0;
};

void HttpConnection::SetTimer(int seconds) {
  timer_.expires_after(std::chrono::seconds(seconds));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || self == nullptr) return;
    // A wait that had ended just when the timer was set anew is none of the new one's.
    if (self->timer_.expiry() <= std::chrono::steady_clock::now()) self->Close();
  });
}

void HttpConnection::Close() {
  boost::system::error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

void HttpConnection::Read() {
  if (shared_.stopping) {
    Close();
    return;
  }
  parser_.emplace();
  parser_->header_limit(kHeadBytesMax);
  parser_->body_limit(kBodyBytesMax);
  reading_ = true;
  SetTimer(shared_.options.request_seconds_max);
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](const boost::beast::error_code& error, std::size_t) {
                     self->OnRead(error);
                   });
}

void HttpConnection::OnRead(const boost::beast::error_code& error) {
  reading_ = false;
  if (error == http::error::end_of_stream || error == boost::asio::error::operation_aborted) {
    Close();
    return;
  }
  if (error) {
    const bool ours = error.category() == http::make_error_code(http::error::bad_method).category();
    if (ours && error != http::error::partial_message) {
      Refuse(BadHead(error));
    } else {
      Close();
    }
    return;
  }
  timer_.cancel();
  Result<ApiRequest> request = ToApiRequest(parser_->get());
  if (!request) {
    Refuse(ErrorResponse(request.error()));
    return;
  }
  Dispatch(*std::move(request));
}

void HttpConnection::Dispatch(ApiRequest request) {
  const bool stream = ReplayService::IsStream(request);
  if (stream && request.method == ApiMethod::kGet) {
    OpenStream(std::move(request));
    return;
  }
  const bool keep_alive = parser_->get().keep_alive();
  boost::asio::post(shared_.workers, [self = shared_from_this(), keep_alive,
                                      request = std::move(request)]() mutable {
    ApiResponse response = self->shared_.service.Handle(request);
    const bool head_only = request.method == ApiMethod::kHead;
    boost::asio::io_context& io = self->shared_.io;
    // Moved on, so that no worker is the last to hold the connection.
    boost::asio::post(io, [self = std::move(self), keep_alive, head_only,
                           response = std::move(response)]() mutable {
      self->Answer(std::move(response), keep_alive, head_only);
    });
  });
}

void HttpConnection::OpenStream(ApiRequest request) {
  if (shared_.hub.size() >= shared_.options.streams_max) {
    ApiResponse response =
        ErrorResponse(503, "unavailable", "As many replays as this server bears are running.");
    response.headers.emplace_back("Retry-After", "30");
    Answer(std::move(response), parser_->get().keep_alive(), false);
    return;
  }
  boost::asio::post(
      shared_.workers, [self = shared_from_this(), request = std::move(request)]() mutable {
        Result<StreamStart> start = self->shared_.service.OpenStream(request);
        boost::asio::io_context& io = self->shared_.io;
        boost::asio::post(io, [self = std::move(self), start = std::move(start)]() mutable {
          self->OnStreamOpen(std::move(start));
        });
      });
}

void HttpConnection::OnStreamOpen(Result<StreamStart> start) {
  if (!start) {
    ApiResponse response = ErrorResponse(start.error());
    response.route = kStreamRoute;
    Answer(std::move(response), parser_->get().keep_alive(), false);
    return;
  }
  if (shared_.stopping || !socket_.is_open()) {
    Close();
    return;
  }
  shared_.service.metrics().CountRequest(kStreamRoute, 200);
  auto stream = std::make_shared<SseStream>(std::move(socket_), shared_.hub, *start, StreamHead(),
                                            shared_.options.write_seconds_max,
                                            [&shared = shared_] { shared.CountChanged(); });
  stream->Start();
}

void HttpConnection::Answer(ApiResponse response, bool keep_alive, bool head_only) {
  keep_alive = keep_alive && !shared_.stopping;
  response_ = std::move(response);
  shared_.service.metrics().CountRequest(response_.route, response_.status);
  head_ = ResponseHead(response_, keep_alive);
  const bool bodiless = head_only || response_.status == 204 || response_.status == 304;
  const std::string_view body = bodiless ? std::string_view() : response_.Body();
  parts_ = {boost::asio::buffer(head_), boost::asio::buffer(body.data(), body.size())};
  SetTimer(shared_.options.write_seconds_max);
  boost::asio::async_write(
      socket_, parts_,
      [self = shared_from_this(), keep_alive](const boost::beast::error_code& error, std::size_t) {
        self->OnWritten(error, keep_alive);
      });
}

void HttpConnection::OnWritten(const boost::beast::error_code& error, bool keep_alive) {
  timer_.cancel();
  response_ = {};
  if (error) {
    Close();
  } else if (keep_alive) {
    Read();
  } else {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
    SetTimer(kLingerSeconds);
    Linger();
  }
}

// Closing while the other side still sends would take the answer from it (RFC 9112, 9.6).
void HttpConnection::Linger() {
  buffer_.clear();
  socket_.async_read_some(
      buffer_.prepare(4096),
      [self = shared_from_this()](const boost::beast::error_code& error, std::size_t bytes) {
        self->lingered_bytes_ += bytes;
        if (error || self->lingered_bytes_ > kLingerBytesMax || self->shared_.stopping) {
          self->Close();
        } else {
          self->Linger();
        }
      });
}

void ServeConnection(StreamSocket socket, HttpShared& shared) {
  const bool full = shared.Count() >= shared.options.connections_max;
  const auto connection = std::make_shared<HttpConnection>(std::move(socket), shared);
  if (full) {
    ApiResponse response =
        ErrorResponse(503, "unavailable", "As many connections as this server bears are open.");
    response.headers.emplace_back("Retry-After", "10");
    connection->Refuse(response);
  } else {
    connection->Read();
  }
}

void CloseIdle(HttpShared& shared) {
  for (HttpConnection* connection : shared.connections) {
    if (connection->reading()) connection->Close();
  }
}

void CloseAll(HttpShared& shared) {
  for (HttpConnection* connection : shared.connections) connection->Close();
}

}  // namespace latecomer
