// The heads of HTTP/1.1 answers as text, with the headers that every answer carries.
#pragma once

#include <string>
#include <string_view>

#include "replay/api_message.h"

namespace latecomer {

inline constexpr std::string_view kStreamRoute = "/v1/replay";

std::string ResponseHead(const ApiResponse& response, bool keep_alive);
// Of an endless text/event-stream. The first bytes of its body are a comment, so that proxies pass
// the head on.
std::string StreamHead();

}  // namespace latecomer
