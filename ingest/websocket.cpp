#include "ingest/websocket.h"

#include <strings.h>

namespace latecomer {

Result<Url> ParseWebSocketUrl(std::string_view text) {
  for (const auto& [scheme, asked] :
       {std::pair<std::string_view, std::string_view>("ws:", "http:"), {"wss:", "https:"}}) {
    if (text.size() > scheme.size() &&
        strncasecmp(text.data(), scheme.data(), scheme.size()) == 0) {
      return ParseUrl(std::string(asked) + std::string(text.substr(scheme.size())));
    }
  }
  return ParseUrl(text);
}

}  // namespace latecomer
