#include "ingest/http_check.h"

#include <algorithm>

#include "ingest/url.h"

namespace latecomer {
namespace {

constexpr std::size_t kTypeBytesMax = 60;
constexpr std::size_t kStartBytes = 64;

std::string Answered(const HttpResponse& response) {
  return LoggableUrl(response.url) + " answered " + std::to_string(response.status);
}

// The type as a message may show it: the other side wrote it.
std::string TypeOf(const HttpResponse& response) {
  std::string type = response.ContentType().substr(0, kTypeBytesMax);
  std::erase_if(type, [](char c) { return c <= 0x20 || c >= 0x7f; });
  return type.empty() ? "no type" : type;
}

// How the body begins, without white space and a byte order mark, in lower case.
std::string Beginning(const std::string& body) {
  std::size_t begin = body.starts_with("\xef\xbb\xbf") ? 3 : 0;
  begin = body.find_first_not_of(" \t\r\n", begin);
  if (begin == std::string::npos) return "";
  std::string start = body.substr(begin, kStartBytes);
  for (char& c : start) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return start;
}

Error NotExpected(const HttpResponse& response, std::string_view what) {
  return Invalid(Answered(response) + " with " + TypeOf(response) + " of " +
                 std::to_string(response.body.size()) + " bytes where " + std::string(what) +
                 " was expected");
}

bool IsHtmlType(std::string_view type) {
  return type == "text/html" || type == "application/xhtml+xml";
}

}  // namespace

Status CheckStatus(const HttpResponse& response) {
  const int status = response.status;
  if (response.IsOk() || response.IsNotModified()) return {};
  if (status == 404) return NotFound(Answered(response) + ": not found");
  if (status == 410) return NotFound(Answered(response) + ": gone");
  if (status == 401 || status == 403 || status == 407) {
    return Fatal(Answered(response) + ": no permission");
  }
  if (status == 408 || status == 425 || status == 429 || status >= 500) {
    return RetryLater(Answered(response));
  }
  return Invalid(Answered(response));
}

Status ExpectJson(const HttpResponse& response) {
  const std::string start = Beginning(response.body);
  if (IsHtmlType(response.ContentType()) || (!start.starts_with('{') && !start.starts_with('['))) {
    return NotExpected(response, "JSON");
  }
  return {};
}

Status ExpectXml(const HttpResponse& response) {
  const std::string start = Beginning(response.body);
  if (!start.starts_with('<') || start.starts_with("<!doctype html") ||
      start.starts_with("<html")) {
    return NotExpected(response, "XML");
  }
  return {};
}

Status ExpectType(const HttpResponse& response, std::string_view type) {
  if (response.ContentType() != type) return NotExpected(response, type);
  return {};
}

}  // namespace latecomer
