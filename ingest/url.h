// Addresses of the web, read by the parser of libcurl itself: what is checked is what is connected
// to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace latecomer {

inline constexpr std::size_t kUrlBytesMax = 8192;

// An http or https URL, normalised: host in lower case and in ASCII (IDNA), numeric addresses in
// their usual form (IPv6 in brackets), the port as a number, no fragment.
struct Url {
  std::string text;    // all of it, as it is sent
  std::string scheme;  // "http" or "https"
  std::string host;
  std::uint16_t port = 0;
  std::string path;  // with the leading slash, without the query
  bool operator==(const Url&) const = default;

  // "host:port": whom politeness, limits and metrics are about.
  std::string Authority() const { return host + ":" + std::to_string(port); }
  bool HasOriginOf(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

// kInvalid: no http(s) URL, longer than kUrlBytesMax, with blanks or controls, or with a user name
// (credentials are never part of a URL).
Result<Url> ParseUrl(std::string_view text);
// What `reference` (absolute or relative, RFC 3986 section 5; blanks are escaped) means on a page
// at `base`.
Result<Url> ResolveUrl(const Url& base, std::string_view reference);

// Everything but RFC 3986's unreserved characters as %XX.
std::string PercentEncode(std::string_view text);
// `url` with the pairs, encoded, at the end of its query. What has a fragment is no URL to ask.
std::string WithQuery(std::string url,
                      const std::vector<std::pair<std::string, std::string>>& pairs);

// What a log or a message may show of a URL, or of what should have been one: no query, fragment or
// user name, printable ASCII only, 200 bytes at most.
std::string LoggableUrl(std::string_view text);

}  // namespace latecomer
