#include <algorithm>

#include "base/json_out.h"
#include "replay/api_params.h"
#include "replay/view_json.h"

namespace latecomer {
namespace {

constexpr char kByHashtag = 'h';
constexpr std::int64_t kBucketsDefault = 300;
constexpr std::int64_t kBucketsMax = 2000;

void AppendCounts(JsonObject& object, std::string_view name,
                  const std::vector<std::uint32_t>& counts) {
  object.Key(name);
  std::string& out = object.out();
  out += '[';
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonUint(out, counts[i]);
  }
  out += ']';
}

}  // namespace

Result<ApiResponse> ListHashtags(const ApiCall& call) {
  const Result<std::size_t> limit = ReadLimit(call.request);
  if (!limit) return limit.error();
  const Result<std::optional<PageCursor>> cursor = ReadPageCursor(call.request, kByHashtag);
  if (!cursor) return cursor.error();
  Result<std::vector<HashtagSummary>> all = call.context.store.Hashtags();
  if (!all) return all.error();
  std::sort(all->begin(), all->end(),
            [](const HashtagSummary& a, const HashtagSummary& b) { return a.hashtag < b.hashtag; });
  std::string items = "[";
  std::optional<PageCursor> next;
  std::size_t count = 0;
  std::string last;
  for (const HashtagSummary& summary : *all) {
    if (*cursor && summary.hashtag <= (*cursor)->id) continue;
    if (count == *limit) {
      next = PageCursor{kByHashtag, 0, 0, last};
      break;
    }
    const Result<std::string> json = call.context.views.ShortJson(summary);
    if (!json && json.error().code == ErrorCode::kNotFound) continue;  // it has just gone
    if (!json) return json.error();
    if (count++ > 0) items += ',';
    items += *json;
    last = summary.hashtag;
  }
  items += ']';
  ApiResponse response = PageResponse(call, "hashtags", items, next);
  response.headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

Result<ApiResponse> ShowHashtag(const ApiCall& call) {
  ApiResponse response;
  AppendHashtag(response.body, *call.view, HashtagDetail::kSessionsAndCoverage);
  return response;
}

Result<ApiResponse> ListSessions(const ApiCall& call) {
  ApiResponse response;
  JsonObject object(response.body);
  object.Key("sessions");
  AppendSessions(response.body, *call.view);
  object.Close();
  return response;
}

Result<ApiResponse> ShowSession(const ApiCall& call) {
  const Result<std::uint32_t> session = ResolveSession(*call.view, call.captures.front());
  if (!session) return session.error();
  ApiResponse response;
  AppendSession(response.body, *call.view, *session);
  return response;
}

Result<ApiResponse> ShowCoverage(const ApiCall& call) {
  ApiResponse response;
  JsonObject object(response.body);
  object.Key("coverage");
  AppendCoverage(response.body, *call.view);
  object.Close();
  return response;
}

Result<ApiResponse> ShowDensity(const ApiCall& call) {
  const Result<TimeRange> asked = ReadRange(call.request);
  if (!asked) return asked.error();
  const Result<std::int64_t> buckets =
      ReadInt(call.request, "buckets", 1, kBucketsMax, kBucketsDefault);
  if (!buckets) return buckets.error();
  const auto& rows = call.view->rows();
  const auto& entries = call.view->timeline().entries();
  TimeRange range = *asked;
  if (!call.request.Query("from")) range.from = entries.empty() ? 0 : entries[0].record.published;
  if (!call.request.Query("to")) {
    range.to = entries.empty() ? range.from : entries.back().record.published + 1;
  }
  range.to = std::max(range.to, range.from);
  const std::int64_t bucket_ms =
      std::max<std::int64_t>(1, (range.to - range.from + *buckets - 1) / *buckets);
  const auto size = static_cast<std::size_t>((range.to - range.from + bucket_ms - 1) / bucket_ms);
  std::vector<std::uint32_t> posts(size);
  std::vector<std::uint32_t> late(size);
  std::vector<std::uint32_t> reposts(size);
  for (std::size_t i = call.view->FirstAfter({range.from, "", 0});
       i < rows.size() && rows[i].at < range.to; ++i) {
    const auto bucket = static_cast<std::size_t>((rows[i].at - range.from) / bucket_ms);
    if (rows[i].kind == RowKind::kRepost) ++reposts[bucket];
    if (rows[i].kind != RowKind::kEntry) continue;
    ++posts[bucket];
    if (entries[rows[i].index].late_by_s) ++late[bucket];
  }
  ApiResponse response;
  JsonObject object(response.body);
  object.Time("from", range.from).Time("to", std::min(range.to, kTimeMsMax));
  object.Int("bucket_ms", bucket_ms);
  AppendCounts(object, "posts", posts);
  AppendCounts(object, "late", late);
  AppendCounts(object, "reposts", reposts);
  object.Close();
  return response;
}

}  // namespace latecomer
