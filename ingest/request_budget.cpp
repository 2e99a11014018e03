#include "ingest/request_budget.h"

#include <algorithm>
#include <charconv>

#include "ingest/http_client.h"

namespace latecomer {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kHours = 24;
constexpr std::int64_t kSaveEveryMs = 60'000;

template <typename Number>
bool TakeNumber(std::string_view& text, char before, Number& to) {
  if (text.empty() || text.front() != before) return false;
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Status RequestBudget::Start(HttpClient& client, const Cursors& cursors, TimeMs now) {
  hours_.clear();
  if (const auto cursor = cursors.find(Key()); cursor != cursors.end()) {
    std::string_view text = cursor->second;
    bool fine = text.starts_with("v1");
    if (fine) text.remove_prefix(2);
    while (fine && !text.empty()) {
      std::int64_t hour = 0;
      std::uint32_t count = 0;
      fine = TakeNumber(text, ' ', hour) && TakeNumber(text, ':', count);
      if (fine) hours_[hour] = count;
    }
    if (!fine) return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
  }
  if (per_day_ == 0) return {};
  HttpHostRules rules;
  rules.windows.push_back({limit_key_, per_day_, std::chrono::hours(kHours)});
  client.Tighten(host_, rules);
  for (const auto& [hour, count] : hours_) {
    // As if all were sent at the end of their hour.
    const TimeMs at = std::min((hour + 1) * kHourMs, now);
    if (now - at >= kHours * kHourMs || at < 0) continue;
    client.Restore(host_, limit_key_, std::min(count, per_day_),
                   std::chrono::milliseconds(now - at));
  }
  return {};
}

Status RequestBudget::Count(PostBatch& batch, std::uint64_t requests, TimeMs now) {
  not_saved_ += requests;
  if (not_saved_ == 0 || (batch.IsEmpty() && now - saved_at_ < kSaveEveryMs)) return {};
  const std::int64_t hour = now / kHourMs;
  std::uint32_t& count = hours_[hour];
  count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count + not_saved_, 1'000'000'000));
  not_saved_ = 0;
  saved_at_ = now;
  hours_.erase(hours_.begin(), hours_.upper_bound(hour - kHours - 1));
  std::string value = "v1";
  for (const auto& [at, sent] : hours_) {
    value += ' ';
    value += std::to_string(at);
    value += ':';
    value += std::to_string(sent);
  }
  return batch.MoveCursor(Key(), value);
}

bool RequestBudget::IsSpent(TimeMs now) const {
  if (per_day_ == 0) return false;
  std::uint64_t sent = not_saved_;
  for (const auto& [hour, count] : hours_) {
    if (hour >= now / kHourMs - kHours) sent += count;
  }
  return sent >= per_day_;
}

}  // namespace latecomer
