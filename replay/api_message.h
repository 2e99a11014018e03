// A request and its answer as plain values, so that handlers are functions and tests need no
// socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace latecomer {

enum class ApiMethod { kGet, kHead, kOptions, kOther };

struct ApiRequest {
  ApiMethod method = ApiMethod::kGet;
  std::string raw_path;           // as sent, without the query
  std::vector<std::string> path;  // decoded segments, without the empty first one
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in the order sent
  std::string if_none_match;
  std::string last_event_id;
  bool accepts_gzip = false;

  // The first value of a parameter; nothing where it is absent or empty.
  std::optional<std::string_view> Query(std::string_view name) const;
};

struct ApiResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  // Instead of `body`: bytes of the executable itself.
  std::optional<std::string_view> fixed_body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view route = "none";  // for metrics: a literal

  std::string_view Body() const { return fixed_body ? *fixed_body : std::string_view(body); }
};

// Reads a request target ("/v1/x?a=b"). kInvalid: no absolute path, bad percent-encoding, invalid
// UTF-8, too long, too many parts.
Result<ApiRequest> ParseApiTarget(std::string_view target);

inline constexpr std::size_t kTargetBytesMax = 8192;

// Appends `text` percent-encoded: unreserved characters (RFC 3986) stay.
void AppendPercentEncoded(std::string& out, std::string_view text);

// {"error":{"code","message"}} with the status that the code stands for.
ApiResponse ErrorResponse(const Error& error);
ApiResponse ErrorResponse(int status, std::string_view code, std::string_view message);

}  // namespace latecomer
