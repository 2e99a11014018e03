#include "replay/server.h"

#include <utility>

#include "replay/http_server.h"
#include "replay/service.h"

namespace latecomer {
namespace {

ServiceOptions ToServiceOptions(ReplayServerOptions& options) {
  ServiceOptions service;
  service.base_url = std::move(options.base_url);
  while (service.base_url.ends_with('/')) service.base_url.pop_back();
  service.hashtags = std::move(options.hashtags);
  service.version = std::move(options.version);
  return service;
}

HttpServerOptions ToHttpOptions(const ReplayServerOptions& options) {
  HttpServerOptions http;
  http.listen = options.listen;
  http.workers = options.workers;
  return http;
}

}  // namespace

struct ReplayServer::Impl {
  Impl(ReplayServerOptions options, TimelineReadStore& store)
      : service(store, ToServiceOptions(options)), http(ToHttpOptions(options), service) {}
  ReplayService service;
  HttpServer http;
};

ReplayServer::ReplayServer(ReplayServerOptions options, TimelineReadStore& store)
    : impl_(std::make_unique<Impl>(std::move(options), store)) {}
ReplayServer::~ReplayServer() = default;
Status ReplayServer::Start() { return impl_->http.Start(); }
std::uint16_t ReplayServer::port() const { return impl_->http.port(); }
void ReplayServer::Stop() { impl_->http.Stop(); }

}  // namespace latecomer
