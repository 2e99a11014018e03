#include "replay/http_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "replay/http_connection.h"
#include "replay/listen_address.h"

namespace latecomer {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Unix = asio::local::stream_protocol;

constexpr std::chrono::milliseconds kAcceptRetry{100};  // after, say, too many open files
constexpr std::chrono::milliseconds kStopGrace{700};
constexpr std::chrono::milliseconds kStopStep{10};

Error CannotListen(const std::string& listen, const std::string& why) {
  return Fatal("Cannot listen on " + listen + ": " + why + ".");
}

// A socket that a server which is no more has left behind is removed; one in use is not.
Status RemoveStaleSocket(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return CannotListen(path, "there is a file that is no socket");
  asio::io_context io;
  Unix::socket probe(io);
  boost::system::error_code error;
  probe.connect(Unix::endpoint(path), error);
  if (!error) return CannotListen(path, "another server does");
  unlink(path.c_str());
  return {};
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpServerOptions server_options, ReplayService& service)
      : options(std::move(server_options)),
        workers(std::in_place, options.workers == 0 ? 1 : options.workers),
        shared(options, service, io, *workers) {}

  Status Listen();
  Status ListenTcp(const ListenAddress& address);
  Status ListenUnix(const std::string& path);
  void AcceptTcp();
  void AcceptUnix();
  template <typename Accept>
  void AcceptLater(Accept accept);
  void BeginStop();
  void AwaitEnd();

  HttpServerOptions options;
  asio::io_context io{1};
  std::optional<asio::thread_pool> workers;
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  HttpShared shared;
  Tcp::acceptor tcp{io};
  Unix::acceptor unix_acceptor{io};
  asio::steady_timer accept_timer{io};
  asio::steady_timer stop_timer{io};
  std::chrono::steady_clock::time_point stop_by;
  std::string unix_path;
  std::uint16_t port = 0;
  std::thread thread;
};

HttpServer::HttpServer(HttpServerOptions options, ReplayService& service)
    : impl_(std::make_unique<Impl>(std::move(options), service)) {}

HttpServer::~HttpServer() { Stop(); }

std::uint16_t HttpServer::port() const { return impl_->port; }

Status HttpServer::Start() {
  if (Status listening = impl_->Listen(); !listening) return listening;
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
  return {};
}

void HttpServer::Stop() {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->io, [impl = impl_.get()] { impl->BeginStop(); });
  impl_->thread.join();
  // What is left of jobs and operations holds connections, which end before what they share.
  impl_->workers->stop();
  impl_->workers.reset();
  impl_->io.restart();
  impl_->io.poll();
  if (!impl_->unix_path.empty()) unlink(impl_->unix_path.c_str());
}

Status HttpServer::Impl::Listen() {
  const Result<ListenAddress> address = ParseListenAddress(options.listen);
  if (!address) return address.error();
  return address->unix_path.empty() ? ListenTcp(*address) : ListenUnix(address->unix_path);
}

Status HttpServer::Impl::ListenTcp(const ListenAddress& address) {
  boost::system::error_code error;
  Tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), Tcp::resolver::passive, error);
  if (error || found.empty()) return CannotListen(options.listen, error.message());
  const Tcp::endpoint endpoint = found.begin()->endpoint();
  tcp.open(endpoint.protocol(), error);
  if (!error) tcp.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) tcp.bind(endpoint, error);
  if (!error) tcp.listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(options.listen, error.message());
  port = tcp.local_endpoint().port();
  AcceptTcp();
  return {};
}

Status HttpServer::Impl::ListenUnix(const std::string& path) {
  if (Status removed = RemoveStaleSocket(path); !removed) return removed;
  boost::system::error_code error;
  unix_acceptor.open(Unix(), error);
  if (!error) unix_acceptor.bind(Unix::endpoint(path), error);
  if (!error) unix_acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(path, error.message());
  unix_path = path;
  AcceptUnix();
  return {};
}

void HttpServer::Impl::AcceptTcp() {
  tcp.async_accept([this](boost::system::error_code error, Tcp::socket socket) {
    if (!tcp.is_open()) return;
    if (error) {
      AcceptLater([this] { AcceptTcp(); });
      return;
    }
    socket.set_option(Tcp::no_delay(true), error);
    ServeConnection(StreamSocket(std::move(socket)), shared);
    AcceptTcp();
  });
}

void HttpServer::Impl::AcceptUnix() {
  unix_acceptor.async_accept([this](const boost::system::error_code& error, Unix::socket socket) {
    if (!unix_acceptor.is_open()) return;
    if (error) {
      AcceptLater([this] { AcceptUnix(); });
      return;
    }
    ServeConnection(StreamSocket(std::move(socket)), shared);
    AcceptUnix();
  });
}

template <typename Accept>
void HttpServer::Impl::AcceptLater(Accept accept) {
  accept_timer.expires_after(kAcceptRetry);
  accept_timer.async_wait([accept](const boost::system::error_code& cancelled) {
    if (!cancelled) accept();
  });
}

void HttpServer::Impl::BeginStop() {
  boost::system::error_code ignored;
  shared.stopping = true;
  tcp.close(ignored);
  unix_acceptor.close(ignored);
  accept_timer.cancel();
  shared.hub.CloseAll();
  CloseIdle(shared);
  stop_by = std::chrono::steady_clock::now() + kStopGrace;
  AwaitEnd();
}

// Until all is answered, or the grace is over: what is still being answered then is cut off.
void HttpServer::Impl::AwaitEnd() {
  if (shared.Count() == 0 || std::chrono::steady_clock::now() >= stop_by) {
    CloseAll(shared);
    io.stop();
    return;
  }
  stop_timer.expires_after(kStopStep);
  stop_timer.async_wait([this](const boost::system::error_code&) { AwaitEnd(); });
}

}  // namespace latecomer
