#include "app/replay_part.h"

#include <sys/resource.h>

#include "app/metric_families.h"
#include "app/setup.h"
#include "base/log.h"
#include "base/version.h"

namespace latecomer {
namespace {

ReplayServerOptions ServerOptions(const Settings& settings) {
  ReplayServerOptions options;
  options.listen = settings.replay.listen;
  options.base_url = settings.replay.base_url;
  options.hashtags = settings.hashtags;
  options.version = VersionText();
  return options;
}

// Each viewer is a connection: as many files as the system lets us have.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

ReplayPart::ReplayPart(PartContext context) : context_(std::move(context)) {}
ReplayPart::~ReplayPart() = default;

Status ReplayPart::Start() {
  const Settings& settings = *context_.settings;
  Result<std::unique_ptr<TimelineReadStore>> store =
      OpenReadStore(settings, "latecomer " + context_.instance + "-replay");
  if (!store) return store.error();
  RaiseFileLimit();
  auto server = std::make_unique<ReplayServer>(ServerOptions(settings), **store);
  if (Status started = server->Start(); !started) return started;
  store_ = std::move(*store);
  server_ = std::move(server);
  started_ = true;
  const std::string& listen = settings.replay.listen;
  const std::string host = listen.substr(0, listen.rfind(':'));
  spdlog::info("replaying at {}", server_->port() == 0 ? listen
                                                       : "http://" + host + ":" +
                                                             std::to_string(server_->port()) + "/");
  return {};
}

void ReplayPart::Reload(const SharedSettings& settings) {
  context_.settings = settings;
  if (started_) server_->Reload(settings->replay.base_url, settings->hashtags);
}

Status ReplayPart::Probe() {
  const Result<std::string> epoch = store_->Epoch();
  return epoch ? Status() : epoch.error();
}

void ReplayPart::Report(HealthReport& report) const { static_cast<void>(report); }

void ReplayPart::Collect(MetricFamilies& out) const {
  if (started_) out.Merge(server_->Metrics());
}

}  // namespace latecomer
