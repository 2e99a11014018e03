#include "ingest/xrpc_client.h"

#include <charconv>

#include "ingest/bluesky_json.h"
#include "ingest/http_check.h"
#include "ingest/url.h"

namespace latecomer {

XrpcClient::XrpcClient(SourceHttp& http)
    : http_(http), tree_(BlueskySkippedKeys(), kBlueskyDepthMax) {}

Result<XrpcAnswer> XrpcClient::Call(HttpRequest request) {
  request.headers.push_back({"Accept", "application/json"});
  Result<HttpResponse> response = http_.Fetch(std::move(request));
  if (!response) return response.error();
  const std::string where = LoggableUrl(response->url);
  XrpcAnswer answer;
  answer.status = response->status;
  const std::string& left = response->headers.Get("ratelimit-remaining");
  std::int64_t number = 0;
  const char* end = left.data() + left.size();
  if (std::from_chars(left.data(), end, number).ptr == end && !left.empty()) {
    answer.limit_left = number;
  }
  if (response->IsOk()) {
    if (Status json = ExpectJson(*response); !json) return RetryLater(json.error().message);
    body_ = std::move(response->body);
    if (Status parsed = tree_.Parse(body_.data(), body_.size()); !parsed) {
      return RetryLater(where + " has answered with JSON that cannot be read");
    }
    answer.root = tree_.root();
    if (!answer.root.is_object()) {
      return RetryLater(where + " has answered with JSON that is no object");
    }
    return answer;
  }
  body_ = std::move(response->body);
  if (tree_.Parse(body_.data(), body_.size())) answer.error = XrpcErrorName(tree_.root());
  if (answer.error.empty()) answer.error = "HTTP " + std::to_string(answer.status);
  return answer;
}

std::string XrpcUrl(std::string_view base, std::string_view nsid) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base).append("/xrpc/").append(nsid);
}

}  // namespace latecomer
