#include "ingest/websocket_beast.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>
#include <utility>

#include "ingest/http_check.h"

namespace latecomer {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
namespace websocket = beast::websocket;
using boost::system::error_code;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Io = WebSocketConnection::Io;

// Handlers that are still run when the time is up: what is there already is taken.
constexpr int kHandlersPastTimeMax = 256;
constexpr std::uint16_t kNoCode = 1005;
constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kGoingAway = 1001;

// What Beast reads from and writes to: libcurl's connection, waited for by Asio.
class Transport {
 public:
  using executor_type = net::io_context::executor_type;

  Transport(net::io_context& context, std::unique_ptr<WebSocketConnection> connection)
      : context_(context),
        connection_(std::move(connection)),
        waiter_(context, connection_->fd()) {}
  // The descriptor is libcurl's to close.
  ~Transport() {
    if (waiter_.is_open()) waiter_.release();
  }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  executor_type get_executor() { return context_.get_executor(); }
  // Ends what waits; nothing can be read or written afterwards.
  void Close() {
    if (waiter_.is_open()) waiter_.release();
  }
  std::uint64_t bytes_received() const { return connection_->bytes_received(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    const auto some = beast::buffers_front(buffers);
    return Compose(
        [some](WebSocketConnection& connection, std::size_t& bytes) {
          return connection.Receive(some.data(), some.size(), bytes);
        },
        some.size(), net::posix::stream_descriptor::wait_read, std::forward<Token>(token));
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    // The first that is not empty: a header may come without a body.
    net::const_buffer some;
    for (const net::const_buffer buffer : beast::buffers_range_ref(buffers)) {
      some = buffer;
      if (some.size() > 0) break;
    }
    return Compose(
        [some](WebSocketConnection& connection, std::size_t& bytes) {
          return connection.Send(some.data(), some.size(), bytes);
        },
        some.size(), net::posix::stream_descriptor::wait_write, std::forward<Token>(token));
  }

 private:
  // Tries, and where it would block waits and tries again; as Asio wants it, the result never comes
  // before the call has returned.
  template <typename Try, typename Token>
  auto Compose(Try attempt, std::size_t wanted, net::posix::stream_descriptor::wait_type wait,
               Token&& token) {
    return net::async_compose<Token, void(error_code, std::size_t)>(
        [this, attempt, wanted, wait, begun = false, done = false, bytes = std::size_t{0},
         failed = error_code()](auto& self, error_code error = {}, std::size_t = 0) mutable {
          const bool first = !std::exchange(begun, true);
          if (done) return self.complete(failed, bytes);
          if (error) return self.complete(error, 0);
          const Io io = Attempt(attempt, wanted, bytes);
          if (io == Io::kWouldBlock) return waiter_.async_wait(wait, std::move(self));
          if (io == Io::kEnd) failed = net::error::eof;
          if (io == Io::kLost) failed = net::error::connection_reset;
          if (!first) return self.complete(failed, bytes);
          done = true;
          net::post(waiter_.get_executor(), std::move(self));
        },
        token, waiter_);
  }

  template <typename Try>
  Io Attempt(const Try& attempt, std::size_t wanted, std::size_t& bytes) {
    bytes = 0;
    if (!waiter_.is_open()) return Io::kLost;
    return wanted == 0 ? Io::kDone : attempt(*connection_, bytes);
  }

  net::io_context& context_;
  const std::unique_ptr<WebSocketConnection> connection_;
  net::posix::stream_descriptor waiter_;
};

// Beast finds these by their names: how a connection ends after the last frame, and at once.
template <typename Handler>
void async_teardown(beast::role_type, Transport& transport, Handler&& handler) {
  transport.Close();
  net::post(transport.get_executor(),
            beast::bind_front_handler(std::forward<Handler>(handler), error_code()));
}
void beast_close_socket(Transport& transport) { transport.Close(); }

class BeastWebSocket final : public WebSocket {
 public:
  BeastWebSocket(std::unique_ptr<WebSocketConnection> connection,
                 const WebSocketHandshake& handshake, const WebSocketSettings& settings)
      : name_(LoggableUrl(handshake.url.text)),
        settings_(settings),
        tallies_(handshake.tallies),
        socket_(context_, std::move(connection)) {
    socket_.read_message_max(settings.message_bytes_max);
    socket_.auto_fragment(false);
    head_.url = handshake.url.text;
  }
  ~BeastWebSocket() override;

  Status ShakeHands(const WebSocketHandshake& handshake, const std::stop_token& stop,
                    WebSocketAnswer& answer);

  const HttpResponse& head() const override { return head_; }
  Result<Got> Read(std::string& out, milliseconds wait_max, std::stop_token stop) override;
  Status Send(std::string_view text, std::stop_token stop) override;
  std::uint16_t close_code() const override { return close_code_; }

 private:
  template <typename Done>
  bool Pump(Done done, Clock::time_point until, const std::stop_token& stop);
  void StartRead();
  void OnRead(error_code error);
  Error Explain(error_code error) const;
  void Lose(Error error);
  void CountBytes();

  const std::string name_;
  const WebSocketSettings settings_;
  const std::vector<std::shared_ptr<HttpTally>> tallies_;
  std::uint64_t bytes_counted_ = 0;
  net::io_context context_{1};
  websocket::stream<Transport, false> socket_;
  HttpResponse head_;
  beast::flat_buffer incoming_;
  std::string outgoing_;  // while it is being sent
  bool has_message_ = false;
  bool is_text_ = false;
  bool ended_ = false;
  std::optional<Error> lost_;
  std::uint16_t close_code_ = 0;
};

BeastWebSocket::~BeastWebSocket() {
  if (!socket_.is_open() || lost_ || ended_) return;
  context_.restart();
  socket_.async_close(websocket::close_code::normal, [](error_code) {});
  context_.poll();
}

// Lets things happen until `done`, the time, or a stop; whether it is done.
template <typename Done>
bool BeastWebSocket::Pump(Done done, Clock::time_point until, const std::stop_token& stop) {
  context_.restart();
  const std::stop_callback wake(stop, [this] { context_.stop(); });
  int past_time = 0;
  while (!done()) {
    if (stop.stop_requested()) break;
    if (context_.poll_one() > 0) {
      if (Clock::now() >= until && ++past_time > kHandlersPastTimeMax) break;
      continue;
    }
    if (context_.run_one_until(until) == 0) break;
  }
  CountBytes();
  return done();
}

void BeastWebSocket::CountBytes() {
  const std::uint64_t all = socket_.next_layer().bytes_received();
  const std::uint64_t more = all - std::exchange(bytes_counted_, all);
  for (const std::shared_ptr<HttpTally>& tally : tallies_) tally->bytes += more;
}

std::string Base64(const std::string& plain) {
  std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');  // with the NUL that OpenSSL writes
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(plain.data()),
                                   static_cast<int>(plain.size()));
  encoded.resize(static_cast<std::size_t>(std::max(size, 0)));
  return encoded;
}

void Decorate(websocket::request_type& request, const WebSocketHandshake& handshake) {
  request.set(http::field::user_agent, handshake.user_agent);
  for (const HttpHeader& header : handshake.headers) request.insert(header.name, header.value);
  const HttpAuth& auth = handshake.auth;
  if (auth.kind == HttpAuth::Kind::kBearer) {
    request.set(http::field::authorization, "Bearer " + auth.secret.Reveal());
  }
  if (auth.kind == HttpAuth::Kind::kBasic) {
    const std::string plain = auth.user + ":" + auth.secret.Reveal();
    request.set(http::field::authorization, "Basic " + Base64(plain));
  }
}

std::string HostOf(const Url& url) {
  const bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  return usual ? url.host : url.Authority();
}

// Path and query.
std::string TargetOf(const Url& url) {
  const std::size_t begin = url.text.find('/', url.text.find("://") + 3);
  return begin == std::string::npos ? "/" : url.text.substr(begin);
}

Status BeastWebSocket::ShakeHands(const WebSocketHandshake& handshake, const std::stop_token& stop,
                                  WebSocketAnswer& answer) {
  const auto rest = std::chrono::duration_cast<milliseconds>(handshake.deadline - Clock::now());
  socket_.set_option(websocket::stream_base::timeout{std::max(rest, milliseconds(1)),
                                                     settings_.silence_max, true});
  socket_.set_option(websocket::stream_base::decorator(
      [&handshake](websocket::request_type& request) { Decorate(request, handshake); }));
  websocket::response_type response;
  std::optional<error_code> result;
  socket_.async_handshake(response, HostOf(handshake.url), TargetOf(handshake.url),
                          [&result](error_code error) { result = error; });
  if (!Pump([&result] { return result.has_value(); }, handshake.deadline + milliseconds(100),
            stop)) {
    // What is under way points to the variables of this call.
    lost_ =
        RetryLater(stop.stop_requested() ? "a request was stopped" : name_ + ": no answer in time");
    socket_.next_layer().Close();
    context_.restart();
    while (!result && context_.run_one() > 0) {
    }
    return *lost_;
  }
  if (*result && *result != websocket::condition::handshake_failed) {
    lost_ = *result == beast::error::timeout ? RetryLater(name_ + ": no answer in time")
                                             : Explain(*result);
    return *lost_;
  }
  head_.status = static_cast<int>(response.result_int());
  for (const auto& field : response) {
    std::string name(field.name_string());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    head_.headers.Add(std::move(name), std::string(field.value()));
  }
  head_.body = std::move(response.body());
  answer = {head_.status, head_.headers};
  if (!*result) {
    StartRead();
    return {};
  }
  const Status status = head_.status == 101 ? Status() : CheckStatus(head_);
  lost_ = status ? Invalid(name_ + " answered " + std::to_string(head_.status) +
                           " where a WebSocket was expected")
                 : status.error();
  return *lost_;
}

void BeastWebSocket::StartRead() {
  socket_.async_read(incoming_, [this](error_code error, std::size_t) { OnRead(error); });
}

void BeastWebSocket::OnRead(error_code error) {
  if (!error) {
    has_message_ = true;
    is_text_ = socket_.got_text();
    return;
  }
  if (error != websocket::error::closed) return Lose(Explain(error));
  const auto code = static_cast<std::uint16_t>(socket_.reason().code);
  close_code_ = code == 0 ? kNoCode : code;
  if (close_code_ == kNormal || close_code_ == kGoingAway || close_code_ == kNoCode) {
    ended_ = true;
  } else {
    Lose(RetryLater(name_ + ": the host has closed with code " + std::to_string(close_code_)));
  }
}

Error BeastWebSocket::Explain(error_code error) const {
  if (error == beast::error::timeout) return RetryLater(name_ + ": silent for too long");
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    return Invalid(name_ + ": a message of more than " +
                   std::to_string(settings_.message_bytes_max) + " bytes");
  }
  if (error == websocket::condition::protocol_violation) {
    return RetryLater(name_ + ": breaks the protocol of WebSocket (" + error.message() + ")");
  }
  return RetryLater(name_ + ": the connection was lost (" + error.message() + ")");
}

void BeastWebSocket::Lose(Error error) {
  if (!lost_) lost_ = std::move(error);
}

Result<WebSocket::Got> BeastWebSocket::Read(std::string& out, milliseconds wait_max,
                                            std::stop_token stop) {
  Pump([this] { return has_message_ || ended_ || lost_; }, Clock::now() + wait_max, stop);
  if (has_message_) {
    const auto bytes = incoming_.cdata();
    out.assign(static_cast<const char*>(bytes.data()), bytes.size());
    incoming_.clear();
    has_message_ = false;
    if (!lost_ && !ended_) StartRead();
    return is_text_ ? Got::kText : Got::kBinary;
  }
  if (lost_) return *lost_;
  return ended_ ? Got::kEnd : Got::kNothing;
}

Status BeastWebSocket::Send(std::string_view text, std::stop_token stop) {
  if (lost_) return *lost_;
  if (ended_) return RetryLater(name_ + ": the host has closed");
  outgoing_ = text;
  const auto sent = std::make_shared<std::optional<error_code>>();
  socket_.text(true);
  socket_.async_write(net::buffer(outgoing_),
                      [sent](error_code error, std::size_t) { *sent = error; });
  if (!Pump([&sent] { return sent->has_value(); }, Clock::now() + settings_.send_deadline, stop)) {
    Lose(RetryLater(stop.stop_requested() ? "a request was stopped"
                                          : name_ + ": does not take what is sent"));
    socket_.next_layer().Close();
    return *lost_;
  }
  if (!**sent) return {};
  // The reason stands in what is read, where it was read first.
  if (ended_) return RetryLater(name_ + ": the host has closed");
  Lose(Explain(**sent));
  return *lost_;
}

}  // namespace

Result<std::unique_ptr<WebSocket>> ShakeHands(std::unique_ptr<WebSocketConnection> connection,
                                              const WebSocketHandshake& handshake,
                                              const WebSocketSettings& settings,
                                              const std::stop_token& stop,
                                              WebSocketAnswer& answer) {
  auto socket = std::make_unique<BeastWebSocket>(std::move(connection), handshake, settings);
  if (Status shaken = socket->ShakeHands(handshake, stop, answer); !shaken) return shaken.error();
  return std::unique_ptr<WebSocket>(std::move(socket));
}

}  // namespace latecomer
