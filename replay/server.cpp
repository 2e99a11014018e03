#include "replay/server.h"

#include <prometheus/metric_family.h>

#include <utility>

#include "replay/http_server.h"
#include "replay/service.h"

namespace latecomer {
namespace {

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

ServiceOptions ToServiceOptions(ReplayServerOptions& options) {
  ServiceOptions service;
  service.base_url = WithoutSlash(std::move(options.base_url));
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
void ReplayServer::Reload(std::string base_url, std::vector<HashtagSettings> hashtags) {
  impl_->service.Reload(WithoutSlash(std::move(base_url)), std::move(hashtags));
}
std::vector<prometheus::MetricFamily> ReplayServer::Metrics() const {
  return impl_->service.metrics().Collect();
}
void ReplayServer::Stop() { impl_->http.Stop(); }

}  // namespace latecomer
