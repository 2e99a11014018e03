#include <array>
#include <span>

#include "replay/api.h"

namespace latecomer {
namespace {

using Handler = Result<ApiResponse> (*)(const ApiCall& call);

// `{}` stands for any one segment.
struct ApiRoute {
  std::string_view pattern;
  Handler handler;
};

// clang-format off
constexpr ApiRoute kRoutes[] = {
    {"/v1/hashtags", ListHashtags},
    {"/v1/search", SearchAll},
    {"/v1/replay", ShowStreamHead},
    {"/v1/openapi.json", ShowOpenApi},
    {"/healthz", ShowHealth},
    {"/readyz", ShowReadiness},
};
// clang-format on

// Routes of one hashtag: its view is found, and If-None-Match answered, before the handler runs.
constexpr ApiRoute kHashtagRoutes[] = {
    {"/v1/hashtags/{}", ShowHashtag},
    {"/v1/hashtags/{}/sessions", ListSessions},
    {"/v1/hashtags/{}/sessions/{}", ShowSession},
    {"/v1/hashtags/{}/density", ShowDensity},
    {"/v1/hashtags/{}/entries", ListEntries},
    {"/v1/hashtags/{}/entries/{}", ShowEntry},
    {"/v1/hashtags/{}/conversations", ListConversations},
    {"/v1/hashtags/{}/conversation", ShowConversation},
    {"/v1/hashtags/{}/search", SearchHashtag},
    {"/v1/hashtags/{}/coverage", ShowCoverage},
};

bool Matches(std::string_view pattern, std::span<const std::string> path,
             std::vector<std::string>& captures) {
  captures.clear();
  for (const std::string& segment : path) {
    if (pattern.empty()) return false;
    pattern.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    if (wanted == "{}") {
      captures.push_back(segment);
    } else if (wanted != segment) {
      return false;
    }
    pattern.remove_prefix(wanted.size());
  }
  return pattern.empty();
}

const ApiRoute* FindRoute(std::span<const ApiRoute> routes, std::span<const std::string> path,
                          std::vector<std::string>& captures) {
  for (const ApiRoute& route : routes) {
    if (Matches(route.pattern, path, captures)) return &route;
  }
  return nullptr;
}

ApiResponse FromResult(Result<ApiResponse> result) {
  return result ? *std::move(result) : ErrorResponse(result.error());
}

// RFC 9110, 13.1.2: a list of tags, compared weakly.
bool TagMatches(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

ApiResponse HandleHashtag(const ApiContext& context, const ApiRequest& request, Handler handler,
                          std::vector<std::string> captures) {
  const Result<std::string> key = context.views.KeyOf(captures.front());
  if (!key) return ErrorResponse(key.error());
  const Result<Views::View> view = context.views.Get(*key);
  if (!view) return ErrorResponse(view.error());
  captures.erase(captures.begin());
  const std::string tag = '"' + (*view)->version() + '"';
  ApiResponse response;
  if (TagMatches(request.if_none_match, tag)) {
    response.status = 304;
  } else {
    response = FromResult(handler({context, request, view->get(), std::move(captures)}));
  }
  if (response.status == 200 || response.status == 304) {
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("Cache-Control", "no-cache");
  }
  return response;
}

ApiResponse HandleOptions() {
  ApiResponse response;
  response.status = 204;
  response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  response.headers.emplace_back("Access-Control-Allow-Headers", "If-None-Match, Last-Event-ID");
  response.headers.emplace_back("Access-Control-Max-Age", "86400");
  return response;
}

}  // namespace

ApiResponse HandleApi(const ApiContext& context, const ApiRequest& request) {
  std::vector<std::string> captures;
  const ApiRoute* plain = FindRoute(kRoutes, request.path, captures);
  const ApiRoute* of_hashtag =
      plain == nullptr ? FindRoute(kHashtagRoutes, request.path, captures) : nullptr;
  ApiResponse response;
  if (plain == nullptr && of_hashtag == nullptr) {
    return ErrorResponse(404, "not_found", "There is nothing under this path.");
  }
  if (request.method == ApiMethod::kOptions) {
    response = HandleOptions();
  } else if (request.method == ApiMethod::kOther) {
    response = ErrorResponse(405, "method_not_allowed", "Only GET, HEAD and OPTIONS are answered.");
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
  } else if (plain != nullptr) {
    response = FromResult(plain->handler({context, request, nullptr, {}}));
  } else {
    response = HandleHashtag(context, request, of_hashtag->handler, std::move(captures));
  }
  response.route = (plain != nullptr ? plain : of_hashtag)->pattern;
  return response;
}

}  // namespace latecomer
