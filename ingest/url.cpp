#include "ingest/url.h"

#include <curl/curl.h>
#include <unicode/bytestream.h>
#include <unicode/idna.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace latecomer {
namespace {

constexpr std::size_t kLoggableBytesMax = 200;
constexpr char kHex[] = "0123456789ABCDEF";

struct CurlUrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlFree>;

struct CurlTextFree {
  void operator()(char* text) const { curl_free(text); }
};

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void AppendEscaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

Error NoUrl(std::string_view text, std::string_view why) {
  return Invalid("no URL that can be asked: " + LoggableUrl(text) + " (" + std::string(why) + ")");
}

// "" where the part is missing or cannot be had.
std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, CurlTextFree> owner(text);
  return text;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// A name in ASCII (UTS #46, non-transitional, as browsers have it); libcurl's own way depends on
// the locale. "" if it is no name.
std::string ToAscii(const std::string& name) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(
      icu::IDNA::createUTS46Instance(UIDNA_NONTRANSITIONAL_TO_ASCII, error));
  if (U_FAILURE(error)) return "";
  std::string ascii;
  icu::StringByteSink<std::string> sink(&ascii);
  icu::IDNAInfo info;
  idna->nameToASCII_UTF8(name, sink, info, error);
  return U_FAILURE(error) || info.hasErrors() ? "" : ascii;
}

// The host as it is looked up; "" if it is none.
std::string HostOf(std::string host) {
  if (!IsAscii(host)) host = ToAscii(host);
  if (!IsAscii(host)) return "";
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!host.empty() && host.back() == '.') host.pop_back();
  const bool has_empty_label =
      host.starts_with('.') || host.ends_with('.') || host.find("..") != std::string::npos;
  return has_empty_label ? "" : host;
}

Result<Url> Read(CURLU* url, std::string_view text) {
  Url result;
  result.scheme = Part(url, CURLUPART_SCHEME);
  if (result.scheme != "http" && result.scheme != "https") {
    return NoUrl(text, "neither http nor https");
  }
  if (!Part(url, CURLUPART_USER).empty() || !Part(url, CURLUPART_PASSWORD).empty()) {
    return NoUrl(text, "it has a user name");
  }
  const std::string as_written = Part(url, CURLUPART_HOST);
  result.host = HostOf(as_written);
  if (result.host.empty()) return NoUrl(text, "its host is no name");
  const std::string port = Part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (error != std::errc() || end != port.data() + port.size() || result.port == 0) {
    return NoUrl(text, "its port is none");
  }
  result.path = Part(url, CURLUPART_PATH);
  curl_url_set(url, CURLUPART_FRAGMENT, nullptr, 0);
  curl_url_set(url, CURLUPART_HOST, result.host.c_str(), 0);
  result.text = Part(url, CURLUPART_URL);
  if (result.text.empty() || result.text.size() > kUrlBytesMax) return NoUrl(text, "too long");
  // In another form the host may read as something else: as an address, say ("0x7f.1.").
  if (result.host != as_written) return ParseUrl(result.text);
  return result;
}

Result<Url> Set(CURLU* url, std::string_view text, unsigned flags) {
  if (text.size() > kUrlBytesMax) return NoUrl(text, "too long");
  const bool bad = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (bad) return NoUrl(text, "control characters");
  const CURLUcode code = curl_url_set(url, CURLUPART_URL, std::string(text).c_str(), flags);
  if (code != CURLUE_OK) return NoUrl(text, curl_url_strerror(code));
  return Read(url, text);
}

}  // namespace

Result<Url> ParseUrl(std::string_view text) {
  const CurlUrl url(curl_url());
  return Set(url.get(), text, CURLU_DISALLOW_USER);
}

Result<Url> ResolveUrl(const Url& base, std::string_view reference) {
  const CurlUrl url(curl_url());
  Result<Url> from = Set(url.get(), base.text, CURLU_DISALLOW_USER);
  if (!from) return from;
  return Set(url.get(), reference, CURLU_DISALLOW_USER | CURLU_ALLOW_SPACE | CURLU_URLENCODE);
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
    } else {
      AppendEscaped(out, c);
    }
  }
  return out;
}

std::string WithQuery(std::string url,
                      const std::vector<std::pair<std::string, std::string>>& pairs) {
  char before = url.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : pairs) {
    url += before;
    url += PercentEncode(name) + "=" + PercentEncode(value);
    before = '&';
  }
  return url;
}

std::string LoggableUrl(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  // After the scheme, if there is one, and however many slashes, as lenient readers have it.
  const std::size_t colon = text.find(':');
  std::size_t host = colon < text.find('/') ? colon + 1 : 0;
  while (host < text.size() && text[host] == '/') ++host;
  const std::size_t at = text.substr(0, text.find('/', host)).rfind('@');
  std::string shown(text);
  if (at != std::string_view::npos && at >= host) {  // a user name, and a password perhaps
    shown.erase(host, at + 1 - host);
  }
  std::string out;
  for (const char c : shown) {
    if (out.size() >= kLoggableBytesMax) break;
    if (c > 0x20 && c < 0x7f) {
      out += c;
    } else {
      AppendEscaped(out, c);
    }
  }
  if (out.size() > kLoggableBytesMax - 3) out.replace(kLoggableBytesMax - 3, out.npos, "...");
  return out;
}

}  // namespace latecomer
