#include "replay/api_message.h"

#include <algorithm>

#include "base/json_out.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kPartsMax = 32;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> PercentDecoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Invalid("The URL has a `%` without two hex digits after it.");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!IsValidUtf8(out)) return Invalid("The URL is no valid UTF-8.");
  return out;
}

// Calls `part` with each piece of `text` between separators.
template <typename Part>
Status ForEachPart(std::string_view text, char separator, const Part& part) {
  for (std::size_t count = 0;; ++count) {
    if (count == kPartsMax) return Invalid("The URL has too many parts.");
    const std::size_t end = text.find(separator);
    if (Status read = part(text.substr(0, end)); !read) return read;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string_view> ApiRequest::Query(std::string_view name) const {
  const auto it = std::find_if(query.begin(), query.end(),
                               [name](const auto& parameter) { return parameter.first == name; });
  if (it == query.end() || it->second.empty()) return std::nullopt;
  return it->second;
}

Result<ApiRequest> ParseApiTarget(std::string_view target) {
  if (target.size() > kTargetBytesMax) return Invalid("The URL is too long.");
  if (!target.starts_with('/')) return Invalid("The request names no absolute path.");
  ApiRequest request;
  const std::size_t mark = target.find('?');
  request.raw_path = target.substr(0, mark);
  Status read = ForEachPart(std::string_view(request.raw_path).substr(1), '/',
                            [&request](std::string_view part) -> Status {
                              Result<std::string> segment = PercentDecoded(part, false);
                              if (!segment) return segment.error();
                              request.path.push_back(*std::move(segment));
                              return {};
                            });
  if (!read) return read.error();
  if (request.path.size() > 1 && request.path.back().empty()) request.path.pop_back();
  if (mark == std::string_view::npos) return request;
  read = ForEachPart(target.substr(mark + 1), '&', [&request](std::string_view part) -> Status {
    if (part.empty()) return {};
    const std::size_t equals = part.find('=');
    Result<std::string> name = PercentDecoded(part.substr(0, equals), true);
    if (!name) return name.error();
    Result<std::string> value = PercentDecoded(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), true);
    if (!value) return value.error();
    request.query.emplace_back(*std::move(name), *std::move(value));
    return {};
  });
  if (!read) return read.error();
  return request;
}

void AppendPercentEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
}

ApiResponse ErrorResponse(int status, std::string_view code, std::string_view message) {
  ApiResponse response;
  response.status = status;
  response.headers.emplace_back("Cache-Control", "no-store");
  JsonObject object(response.body);
  object.Key("error");
  JsonObject(response.body).String("code", code).String("message", message).Close();
  object.Close();
  return response;
}

ApiResponse ErrorResponse(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return ErrorResponse(400, "invalid", error.message);
    case ErrorCode::kNotFound:
      return ErrorResponse(404, "not_found", error.message);
    case ErrorCode::kRetryLater:
    case ErrorCode::kConflict:
    case ErrorCode::kFatal:
    case ErrorCode::kCorrupt:
      break;
  }
  // What is wrong with the store stands in the log: it is not the reader's to see.
  ApiResponse response = ErrorResponse(503, "unavailable", "The store cannot be read just now.");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace latecomer
