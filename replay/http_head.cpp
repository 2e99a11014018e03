#include "replay/http_head.h"

#include <array>
#include <ctime>
#include <utility>

namespace latecomer {
namespace {

// The page loads nothing from elsewhere and stands in no foreign frame; what it shows is not for
// search engines (people's posts, years later).
constexpr std::pair<std::string_view, std::string_view> kForAll[] = {
    {"Content-Security-Policy",
     "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
     "form-action 'self'; frame-ancestors 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Robots-Tag", "noindex"},
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Expose-Headers", "ETag, Link, Retry-After"},
};

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 307:
      return "Temporary Redirect";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void AppendCommon(std::string& out) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> date{};
  const std::size_t size =
      std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  AppendHeader(out, "Date", {date.data(), size});
  for (const auto& [name, value] : kForAll) AppendHeader(out, name, value);
}

}  // namespace

std::string ResponseHead(const ApiResponse& response, bool keep_alive) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  out += Reason(response.status);
  out += "\r\n";
  AppendCommon(out);
  if (response.status != 204 && response.status != 304) {
    AppendHeader(out, "Content-Type", response.content_type);
    AppendHeader(out, "Content-Length", std::to_string(response.Body().size()));
  }
  for (const auto& [name, value] : response.headers) AppendHeader(out, name, value);
  AppendHeader(out, "Connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

std::string StreamHead() {
  std::string out = "HTTP/1.1 200 OK\r\n";
  AppendCommon(out);
  AppendHeader(out, "Content-Type", "text/event-stream");
  AppendHeader(out, "Cache-Control", "no-store");
  AppendHeader(out, "X-Accel-Buffering", "no");  // nginx would hold events back
  AppendHeader(out, "Connection", "close");      // the body ends with it
  out += "\r\n: replay\n\n";
  return out;
}

}  // namespace latecomer
