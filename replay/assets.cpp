#include "replay/assets.h"

#include <algorithm>

#include "replay/embedded.h"

namespace latecomer {
namespace {

constexpr std::string_view kNoPage =
    "This Latecomer was built without its page (LATECOMER_WEB=OFF).\n"
    "The API answers under /v1/hashtags.\n";

// The page's own addresses are all in the query, so that it works under any path. `/t/TAG` is the
// short form of one, for print and speech.
bool IsShortLink(const ApiRequest& request) {
  return request.path.size() == 2 && request.path[0] == "t";
}

ApiResponse ShortLinkResponse(const ApiRequest& request) {
  ApiResponse response;
  response.status = 307;
  response.content_type = "text/plain; charset=utf-8";
  std::string location = "../?tag=";
  AppendPercentEncoded(location, request.path[1]);
  for (const auto& [name, value] : request.query) {
    location += '&';
    AppendPercentEncoded(location, name);
    location += '=';
    AppendPercentEncoded(location, value);
  }
  response.headers.emplace_back("Location", std::move(location));
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

ApiResponse FileResponse(const ApiRequest& request, const Asset& asset) {
  ApiResponse response;
  response.content_type = asset.content_type;
  response.headers.emplace_back("ETag", asset.etag);
  response.headers.emplace_back(
      "Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (!asset.gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (request.if_none_match.find(asset.etag) != std::string::npos) {
    response.status = 304;
    return response;
  }
  const bool zipped = request.accepts_gzip && !asset.gzip.empty();
  if (zipped) response.headers.emplace_back("Content-Encoding", "gzip");
  response.fixed_body = zipped ? asset.gzip : asset.bytes;
  return response;
}

}  // namespace

const Asset* FindAsset(std::string_view path) {
  const std::span<const Asset> files = EmbeddedFiles();
  const auto it = std::find_if(files.begin(), files.end(),
                               [path](const Asset& asset) { return asset.path == path; });
  return it == files.end() ? nullptr : &*it;
}

bool HasPage() { return FindAsset("/index.html") != nullptr; }

ApiResponse HandlePage(const ApiRequest& request) {
  const bool home = request.path.size() == 1 && request.path.front().empty();
  const bool link = IsShortLink(request);
  const Asset* asset = FindAsset(home ? std::string_view("/index.html") : request.raw_path);
  if (asset == nullptr && !home && !link) {
    return ErrorResponse(404, "not_found", "There is nothing under this path.");
  }
  ApiResponse response;
  if (request.method == ApiMethod::kOther) {
    response = ErrorResponse(405, "method_not_allowed", "Only GET, HEAD and OPTIONS are answered.");
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
  } else if (link) {
    response = ShortLinkResponse(request);
  } else if (asset != nullptr) {
    response = FileResponse(request, *asset);
  } else {
    response.content_type = "text/plain; charset=utf-8";
    response.body = kNoPage;
    response.headers.emplace_back("Cache-Control", "no-cache");
  }
  response.route = "page";
  return response;
}

}  // namespace latecomer
