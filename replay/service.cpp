#include "replay/service.h"

#include "replay/api_params.h"
#include "replay/assets.h"

namespace latecomer {
namespace {

ViewsOptions MakeViewsOptions(std::vector<HashtagSettings> hashtags, ReplayMetrics& metrics) {
  ViewsOptions options;
  options.hashtags = std::move(hashtags);
  options.on_build_seconds = [&metrics](double seconds) { metrics.ObserveViewBuild(seconds); };
  return options;
}

bool IsApi(const ApiRequest& request) {
  const std::string& first = request.path.front();
  return first == "v1" || first == "healthz" || first == "readyz";
}

ApiResponse MetricsResponse(const ReplayMetrics& metrics) {
  ApiResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics.Text();
  response.headers.emplace_back("Cache-Control", "no-store");
  response.route = "/metrics";
  return response;
}

// Where a viewer who asks for no time starts: the first session, else the first entry, else now.
TimeMs FirstTime(const Timeline& timeline) {
  if (!timeline.sessions().empty()) return timeline.sessions().front().record.id;
  if (!timeline.entries().empty()) return timeline.entries().front().record.published;
  return kTimeMsMax;
}

}  // namespace

ReplayService::ReplayService(TimelineReadStore& store, ServiceOptions options)
    : store_(store),
      metrics_(options.version),
      views_(store, MakeViewsOptions(std::move(options.hashtags), metrics_)),
      base_url_(std::move(options.base_url)) {}

bool ReplayService::IsStream(const ApiRequest& request) {
  return request.path.size() == 2 && request.path[0] == "v1" && request.path[1] == "replay";
}

ApiResponse ReplayService::Handle(const ApiRequest& request) {
  if (request.path.size() == 1 && request.path.front() == "metrics" &&
      request.method != ApiMethod::kOther) {
    return MetricsResponse(metrics_);
  }
  if (!IsApi(request)) return HandlePage(request);
  ApiContext context{store_, views_, {}};
  {
    const std::lock_guard lock(mutex_);
    context.base_url = base_url_;
  }
  return HandleApi(context, request);
}

void ReplayService::Reload(std::string base_url, std::vector<HashtagSettings> hashtags) {
  {
    const std::lock_guard lock(mutex_);
    base_url_ = std::move(base_url);
  }
  views_.Reload(std::move(hashtags));
}

Result<StreamStart> ReplayService::OpenStream(const ApiRequest& request) {
  StreamStart start;
  const auto hashtag = request.Query("hashtag");
  if (!hashtag) return Invalid("The parameter `hashtag` is missing.");
  Result<std::string> key = views_.KeyOf(*hashtag);
  if (!key) return key.error();
  start.hashtag = *std::move(key);
  const Result<double> speed = ReadDouble(request, "speed", kSpeedMin, kSpeedMax, kSpeedDefault);
  if (!speed) return speed.error();
  const Result<double> skip = ReadDouble(request, "skip", 0, kSkipMaxS, kSkipDefaultS);
  if (!skip) return skip.error();
  start.pace = {*speed, *skip};
  const Result<std::optional<TimeMs>> from = ReadTime(request, "from");
  if (!from) return from.error();
  // The header comes from a browser that goes on after a broken connection, so it is the newer one.
  const std::string_view cursor =
      request.last_event_id.empty() ? request.Query("cursor").value_or("") : request.last_event_id;
  if (!cursor.empty()) {
    Result<FeedCursor> decoded = DecodeFeedCursor(cursor);
    if (!decoded) return decoded.error();
    start.cursor = *std::move(decoded);
  }
  Result<Views::View> view = views_.Get(start.hashtag);
  if (!view) return view.error();
  start.view = *std::move(view);
  start.from = from->value_or(FirstTime(start.view->timeline()));
  return start;
}

}  // namespace latecomer
