// Reading query parameters, and writing pages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "replay/api.h"
#include "replay/cursor.h"

namespace latecomer {

inline constexpr std::size_t kPageDefault = 50;
inline constexpr std::size_t kPageMax = 200;

// Each gives kInvalid, naming the parameter, for a value that cannot be read.
Result<std::size_t> ReadLimit(const ApiRequest& request);
Result<std::int64_t> ReadInt(const ApiRequest& request, std::string_view name, std::int64_t min,
                             std::int64_t max, std::int64_t standard);
Result<double> ReadDouble(const ApiRequest& request, std::string_view name, double min, double max,
                          double standard);
Result<bool> ReadFlag(const ApiRequest& request, std::string_view name);
Result<std::optional<TimeMs>> ReadTime(const ApiRequest& request, std::string_view name);
Result<std::optional<PageCursor>> ReadPageCursor(const ApiRequest& request, char order);
// [from, to): of the parameters, by default all times.
struct TimeRange {
  TimeMs from = kTimeMsMin;
  TimeMs to = kTimeMsMax + 1;
};
Result<TimeRange> ReadRange(const ApiRequest& request);
// The session that a text (a time) stands for, as the contract resolves it. kNotFound.
Result<std::uint32_t> ResolveSession(const HashtagView& view, std::string_view text);
// The parameter `session`; kNone where it is absent.
Result<std::uint32_t> ReadSession(const ApiCall& call);

// {"NAME":items,"next":cursor} and the Link header. `items` is a JSON array.
ApiResponse PageResponse(const ApiCall& call, std::string_view name, std::string_view items,
                         const std::optional<PageCursor>& next);

}  // namespace latecomer
