// Whatever a page, a feed or a redirect says where to go: what is accepted is http(s), has a host
// in ASCII, reads the same a second time, and shows nothing secret in a log.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/url.h"
#include "ingest/websocket.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(const latecomer::Result<latecomer::Url>& url) {
  if (!url) return;
  Require(url->scheme == "http" || url->scheme == "https");
  Require(!url->host.empty() && url->port != 0);
  for (const char c : url->text) Require(static_cast<unsigned char>(c) > 0x20 && c != 0x7f);
  for (const char c : url->host) Require(c > 0x20 && c < 0x7f && c != '@' && c != '/');
  const auto again = latecomer::ParseUrl(url->text);
  Require(static_cast<bool>(again));
  Require(again->host == url->host && again->port == url->port && again->scheme == url->scheme);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const latecomer::Url kBase = *latecomer::ParseUrl("https://h.example:8443/a/b?c=d");
  Check(latecomer::ParseUrl(text));
  Check(latecomer::ResolveUrl(kBase, text));
  Check(latecomer::ParseWebSocketUrl(text));
  const std::string shown = latecomer::LoggableUrl(text);
  Require(shown.size() <= 200);
  for (const char c : shown) Require(c > 0x20 && c < 0x7f && c != '?' && c != '#');
  return 0;
}
