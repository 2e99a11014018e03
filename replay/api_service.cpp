#include "replay/api.h"
#include "replay/assets.h"

namespace latecomer {

Result<ApiResponse> ShowStreamHead(const ApiCall& call) {
  static_cast<void>(call);
  ApiResponse response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<ApiResponse> ShowOpenApi(const ApiCall& call) {
  static_cast<void>(call);
  ApiResponse response;
  response.fixed_body = OpenApiDocument();
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

Result<ApiResponse> ShowHealth(const ApiCall& call) {
  static_cast<void>(call);
  ApiResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "ok\n";
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<ApiResponse> ShowReadiness(const ApiCall& call) {
  const Result<std::string> epoch = call.context.store.Epoch();
  if (!epoch) return RetryLater(epoch.error().message);
  return ShowHealth(call);
}

}  // namespace latecomer
