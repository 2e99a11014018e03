// Calls of the AT protocol's HTTP API (https://atproto.com/specs/xrpc): what of an answer is an
// answer, and what is a server in trouble.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/http_source.h"
#include "ingest/json_tree.h"

namespace latecomer {

struct XrpcAnswer {
  int status = 0;
  // Of a refusal: the name that it gives for itself ("NotFound"), or "HTTP 404" where it gives
  // none.
  std::string error;
  JsonValue root;  // of a success; valid until the next call
  // What is left of the host's limit, as it says.
  std::optional<std::int64_t> limit_left;

  bool ok() const { return error.empty(); }
};

// For the source's thread.
class XrpcClient {
 public:
  explicit XrpcClient(SourceHttp& http);

  // A success, or a refusal (a status 4xx that will not change by asking again). kRetryLater: no
  // answer, a busy or broken server, or an answer that is no JSON (an error page with status 200,
  // half an answer); kInvalid: an address that must not be asked, an answer past its bound.
  Result<XrpcAnswer> Call(HttpRequest request);

  SourceHttp& http() { return http_; }

 private:
  SourceHttp& http_;
  std::string body_;
  JsonTree tree_;
};

// "BASE/xrpc/NSID"; `base` with or without its last slash.
std::string XrpcUrl(std::string_view base, std::string_view nsid);

}  // namespace latecomer
