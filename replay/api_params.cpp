#include "replay/api_params.h"

#include <charconv>
#include <cmath>

#include "base/json_out.h"

namespace latecomer {
namespace {

Error BadParameter(std::string_view name, std::string_view wanted) {
  std::string message = "The parameter `";
  message += name;
  message += "` is no ";
  message += wanted;
  message += '.';
  return Invalid(std::move(message));
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [ptr, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<std::int64_t> ReadInt(const ApiRequest& request, std::string_view name, std::int64_t min,
                             std::int64_t max, std::int64_t standard) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text) return standard;
  const std::optional<std::int64_t> value = ParseNumber<std::int64_t>(*text);
  if (!value || *value < min || *value > max) {
    return BadParameter(name,
                        "whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return *value;
}

Result<std::size_t> ReadLimit(const ApiRequest& request) {
  const Result<std::int64_t> limit = ReadInt(request, "limit", 1, kPageMax, kPageDefault);
  if (!limit) return limit.error();
  return static_cast<std::size_t>(*limit);
}

Result<double> ReadDouble(const ApiRequest& request, std::string_view name, double min, double max,
                          double standard) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text) return standard;
  const std::optional<double> value = ParseNumber<double>(*text);
  if (!value || !std::isfinite(*value) || *value < min || *value > max) {
    char range[64];
    std::snprintf(range, sizeof range, "number from %g to %g", min, max);
    return BadParameter(name, range);
  }
  return *value;
}

Result<bool> ReadFlag(const ApiRequest& request, std::string_view name) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return BadParameter(name, "`true` or `false`");
}

Result<std::optional<TimeMs>> ReadTime(const ApiRequest& request, std::string_view name) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text) return std::optional<TimeMs>();
  std::string copy(*text);
  // A `+` of an offset that was not percent-encoded has become a blank.
  if (copy.size() > 6 && copy[copy.size() - 6] == ' ') copy[copy.size() - 6] = '+';
  const std::optional<TimeMs> time = ParseTime(copy);
  if (!time) return BadParameter(name, "time of RFC 3339");
  return time;
}

Result<std::optional<PageCursor>> ReadPageCursor(const ApiRequest& request, char order) {
  const std::optional<std::string_view> text = request.Query("cursor");
  if (!text) return std::optional<PageCursor>();
  Result<PageCursor> cursor = DecodePageCursor(*text, order);
  if (!cursor) return cursor.error();
  return std::optional<PageCursor>(*std::move(cursor));
}

Result<TimeRange> ReadRange(const ApiRequest& request) {
  TimeRange range;
  const Result<std::optional<TimeMs>> from = ReadTime(request, "from");
  if (!from) return from.error();
  const Result<std::optional<TimeMs>> to = ReadTime(request, "to");
  if (!to) return to.error();
  if (*from) range.from = **from;
  if (*to) range.to = **to;
  if (range.from > range.to) return Invalid("The parameter `from` is after `to`.");
  return range;
}

Result<std::uint32_t> ResolveSession(const HashtagView& view, std::string_view text) {
  const std::optional<TimeMs> id = ParseTime(text);
  if (!id) return Invalid("A session's id is a time of RFC 3339.");
  const std::uint32_t session = view.timeline().FindSession(*id, view.gap_ms());
  if (session == kNone) return NotFound("There is no session at that time.");
  return session;
}

Result<std::uint32_t> ReadSession(const ApiCall& call) {
  const std::optional<std::string_view> text = call.request.Query("session");
  if (!text) return kNone;
  return ResolveSession(*call.view, *text);
}

ApiResponse PageResponse(const ApiCall& call, std::string_view name, std::string_view items,
                         const std::optional<PageCursor>& next) {
  ApiResponse response;
  JsonObject object(response.body);
  object.Raw(name, items);
  if (!next) {
    object.Null("next").Close();
    return response;
  }
  const std::string cursor = EncodePageCursor(*next);
  object.String("next", cursor).Close();
  std::string link = "<" + call.context.base_url + call.request.raw_path + "?";
  for (const auto& [key, value] : call.request.query) {
    if (key == "cursor") continue;
    AppendPercentEncoded(link, key);
    link += '=';
    AppendPercentEncoded(link, value);
    link += '&';
  }
  link += "cursor=" + cursor + ">; rel=\"next\"";
  response.headers.emplace_back("Link", std::move(link));
  return response;
}

}  // namespace latecomer
