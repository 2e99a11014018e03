// Whether an answer is what was asked for. Messages never show a body.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/http_message.h"

namespace latecomer {

// Success for 2xx and 304; else an error that names status and URL (without its query):
//   kNotFound    404, 410 ("gone")
//   kFatal       401, 403, 407: no permission
//   kRetryLater  408, 425, 429, 5xx
//   kInvalid     what remains
Status CheckStatus(const HttpResponse& response);

// kInvalid where the body is not what its reader takes: an error page of HTML with status 200, an
// empty body. Hosts that send the right thing under a wrong name are forgiven, unless they call it
// HTML.
Status ExpectJson(const HttpResponse& response);
Status ExpectXml(const HttpResponse& response);
// The stream is of that type ("text/event-stream").
Status ExpectType(const HttpResponse& response, std::string_view type);

}  // namespace latecomer
