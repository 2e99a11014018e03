#include <algorithm>
#include <charconv>

#include "base/json_out.h"
#include "replay/api_params.h"
#include "replay/entry_view.h"

namespace latecomer {
namespace {

constexpr char kAscending = 'a';
constexpr char kDescending = 'd';

struct EntryFilter {
  std::uint32_t session = kNone;
  std::uint32_t conversation = kNone;
  std::string_view author;
  bool late = false;
  TimeRange range;

  bool Admits(const TimelineEntry& entry) const {
    return (session == kNone || entry.session == session) &&
           (conversation == kNone || entry.conversation == conversation) &&
           (author.empty() || (!entry.record.deleted && entry.record.author == author)) &&
           (!late || entry.late_by_s.has_value());
  }
};

Result<EntryFilter> ReadFilter(const ApiCall& call) {
  EntryFilter filter;
  const Result<std::uint32_t> session = ReadSession(call);
  if (!session) return session.error();
  filter.session = *session;
  if (const auto id = call.request.Query("conversation")) {
    filter.conversation = call.view->timeline().FindConversation(*id);
    if (filter.conversation == kNone) return NotFound("There is no conversation with this id.");
  }
  filter.author = call.request.Query("author").value_or("");
  const Result<bool> late = ReadFlag(call.request, "late");
  if (!late) return late.error();
  filter.late = *late;
  const Result<TimeRange> range = ReadRange(call.request);
  if (!range) return range.error();
  filter.range = *range;
  return filter;
}

Result<bool> ReadDescending(const ApiRequest& request) {
  const std::string_view order = request.Query("order").value_or("asc");
  if (order != "asc" && order != "desc") {
    return Invalid("The parameter `order` is neither `asc` nor `desc`.");
  }
  return order == "desc";
}

// The first entry at or after a place (after it, if `after`), in timeline order.
std::size_t LowerBound(const Timeline& timeline, TimeMs at, std::string_view id, bool after) {
  const auto& entries = timeline.entries();
  const auto it =
      std::partition_point(entries.begin(), entries.end(), [&](const TimelineEntry& entry) {
        if (entry.record.published != at) return entry.record.published < at;
        return after ? entry.record.id <= id : entry.record.id < id;
      });
  return static_cast<std::size_t>(it - entries.begin());
}

// The entries that the filter admits after the cursor, at most `count`.
std::vector<std::uint32_t> Select(const Timeline& timeline, const EntryFilter& filter,
                                  bool descending, const std::optional<PageCursor>& cursor,
                                  std::size_t count) {
  std::size_t begin = LowerBound(timeline, filter.range.from, "", false);
  std::size_t end = std::max(begin, LowerBound(timeline, filter.range.to, "", false));
  if (cursor && descending) {
    end = std::min(end, LowerBound(timeline, cursor->key, cursor->id, false));
  } else if (cursor) {
    begin = std::max(begin, LowerBound(timeline, cursor->key, cursor->id, true));
  }
  std::vector<std::uint32_t> found;
  for (std::size_t k = begin; k < end && found.size() < count; ++k) {
    const std::size_t i = descending ? end - 1 - (k - begin) : k;
    if (filter.Admits(timeline.entries()[i])) found.push_back(static_cast<std::uint32_t>(i));
  }
  return found;
}

}  // namespace

Result<ApiResponse> ListEntries(const ApiCall& call) {
  const Result<EntryFilter> filter = ReadFilter(call);
  if (!filter) return filter.error();
  const Result<bool> descending = ReadDescending(call.request);
  if (!descending) return descending.error();
  const Result<std::size_t> limit = ReadLimit(call.request);
  if (!limit) return limit.error();
  const char order = *descending ? kDescending : kAscending;
  const Result<std::optional<PageCursor>> cursor = ReadPageCursor(call.request, order);
  if (!cursor) return cursor.error();

  const Timeline& timeline = call.view->timeline();
  std::vector<std::uint32_t> found = Select(timeline, *filter, *descending, *cursor, *limit + 1);
  std::optional<PageCursor> next;
  if (found.size() > *limit) {
    found.pop_back();
    const EntryRecord& last = timeline.entries()[found.back()].record;
    next = PageCursor{order, last.published, 0, last.id};
  }
  const Result<std::vector<std::string>> rendered =
      RenderEntries(call.context.store, *call.view, found);
  if (!rendered) return rendered.error();
  std::string items;
  AppendArray(items, *rendered);
  return PageResponse(call, "entries", items, next);
}

Result<ApiResponse> ShowEntry(const ApiCall& call) {
  const std::string& text = call.captures.front();
  std::int64_t n = 0;
  const auto [ptr, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || ptr != text.data() + text.size()) {
    return Invalid("An entry's number is a decimal number.");
  }
  const std::uint32_t entry = call.view->FindNumber(n);
  if (entry == kNone) return NotFound("There is no entry with this number.");
  const auto& entries = call.view->timeline().entries();
  const auto& placeholders = call.view->timeline().placeholders();
  std::vector<std::uint32_t> shown;
  std::uint32_t node = entry;
  // A placeholder's own parent may be an entry.
  while (node != kNone && shown.size() <= kPageMax) {
    if (node < entries.size()) {
      shown.push_back(node);
      node = entries[node].parent_node;
    } else {
      node = placeholders[node - entries.size()].parent_node;
    }
  }
  std::reverse(shown.begin(), shown.end());
  Result<std::vector<std::string>> rendered = RenderEntries(call.context.store, *call.view, shown);
  if (!rendered) return rendered.error();
  std::string own = std::move(rendered->back());
  rendered->pop_back();
  std::string ancestors;
  AppendArray(ancestors, *rendered);
  ApiResponse response;
  response.body = WithMember(std::move(own), "ancestors", ancestors);
  return response;
}

}  // namespace latecomer
