#include "app/admin_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"

namespace latecomer {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

constexpr std::chrono::seconds kIdleMax{30};
constexpr std::uint32_t kHeadBytesMax = 8U << 10U;
constexpr int kConnectionsMax = 64;

// One connection: requests read and answered one after another. Keeps itself alive.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, const AdminHandler& handler, int& open)
      : stream_(std::move(socket)), handler_(handler), open_(open) {
    ++open_;
  }
  ~Connection() { --open_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Read() {
    parser_.emplace();
    parser_->header_limit(kHeadBytesMax);
    parser_->body_limit(0);
    stream_.expires_after(kIdleMax);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->Answer();
                     });
  }

 private:
  void Answer() {
    const auto& request = parser_->get();
    const bool is_head = request.method() == http::verb::head;
    AdminAnswer answer;
    if (!is_head && request.method() != http::verb::get) {
      answer = {405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
    } else {
      const std::string target(request.target());
      answer = handler_(target.substr(0, target.find('?')));
    }
    response_ = {};
    response_.version(request.version());
    response_.keep_alive(request.keep_alive());
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, answer.content_type);
    response_.set(http::field::cache_control, "no-store");
    if (answer.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    if (is_head) response_.body().clear();  // its length stays
    stream_.expires_after(kIdleMax);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (!error && self->response_.keep_alive()) return self->Read();
                        self->stream_.socket().shutdown(Tcp::socket::shutdown_both, error);
                      });
  }

  beast::tcp_stream stream_;
  const AdminHandler& handler_;
  int& open_;
  beast::flat_buffer buffer_{kHeadBytesMax};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

struct AdminServer::Impl {
  explicit Impl(AdminHandler answer) : handler(std::move(answer)) {}

  void Accept() {
    acceptor.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error && open < kConnectionsMax) {
        std::make_shared<Connection>(std::move(socket), handler, open)->Read();
      }
      if (!error) return Accept();
      // Say, too many open files.
      retry.expires_after(std::chrono::milliseconds(100));
      retry.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) Accept();
      });
    });
  }

  AdminHandler handler;
  int open = 0;  // connections
  asio::io_context io{1};
  Tcp::acceptor acceptor{io};
  asio::steady_timer retry{io};
  std::thread thread;
};

AdminServer::AdminServer(AdminHandler handler)
    : impl_(std::make_unique<Impl>(std::move(handler))) {}

AdminServer::~AdminServer() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
}

Status AdminServer::Start(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  Tcp::resolver resolver(impl_->io);
  const auto found =
      resolver.resolve(host, address.substr(colon + 1), Tcp::resolver::passive, error);
  if (error || found.empty()) {
    return Invalid("the admin address " + address + " names no host: " + error.message());
  }
  const Tcp::endpoint endpoint = found.begin()->endpoint();
  Tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    return Conflict("cannot listen on the admin address " + address + ": " + error.message());
  }
  impl_->Accept();
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
  return {};
}

std::string AdminServer::address() const {
  boost::system::error_code error;
  const Tcp::endpoint endpoint = impl_->acceptor.local_endpoint(error);
  if (error) return {};
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

}  // namespace latecomer
