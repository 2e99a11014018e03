#include "ingest/nostr_pager.h"

#include <algorithm>

namespace latecomer {
namespace {

// A relay that gives fewer at once than this is not thought of.
constexpr std::size_t kPageLeast = 20;
constexpr std::size_t kGapsMax = 1'000;

}  // namespace

NostrPager::NostrPager(std::optional<std::int64_t> since, std::int64_t until)
    : since_(since), until_(until), done_(since && *since > until) {}

NostrFilter NostrPager::Next(NostrFilter base) const {
  base.until = until_;
  base.since = whole_second_ ? until_ : since_;
  base.limit = whole_second_ ? kSecondLimit : kLimit;
  return base;
}

void NostrPager::Took(std::vector<NostrEvent>& events) {
  const std::size_t came = events.size();
  most_ = std::max(most_, whole_second_ ? std::size_t{0} : came);
  const std::int64_t least = whole_second_ ? until_ : since_.value_or(INT64_MIN);
  std::erase_if(events, [&](const NostrEvent& event) {
    return event.created_at > until_ || event.created_at < least;
  });
  if (events.empty()) {
    is_stuck_ = came > 0;
    if (whole_second_ && !is_stuck_) return TookSecond(0);
    done_ = true;
    return;
  }
  std::int64_t oldest = until_;
  std::set<std::string> of_oldest;
  for (const NostrEvent& event : events) {
    if (event.created_at < oldest) of_oldest.clear();
    oldest = std::min(oldest, event.created_at);
    if (event.created_at == oldest) of_oldest.insert(event.id);
  }
  // One that comes twice in a page is new once.
  std::set<std::string> met;
  std::erase_if(events, [&](const NostrEvent& event) {
    return (event.created_at == until_ && seen_.contains(event.id)) || !met.insert(event.id).second;
  });
  if (whole_second_) return TookSecond(came);
  if (oldest < until_) {
    until_ = oldest;
    seen_ = std::move(of_oldest);
    return;
  }
  const bool repeats = events.empty();
  seen_.insert(of_oldest.begin(), of_oldest.end());
  // It has given more at once before: there is nothing older.
  if (repeats && came < most_) {
    done_ = true;
    return;
  }
  whole_second_ = true;
}

// The second has been asked for by itself: on with what is before it.
void NostrPager::TookSecond(std::size_t came) {
  whole_second_ = false;
  // As many as fit on a page: perhaps no more fitted.
  const bool capped = came >= kPageLeast && (came <= most_ || came >= kSecondLimit);
  if (capped && gaps_.size() < kGapsMax) gaps_.push_back(until_);
  seen_.clear();
  --until_;
  done_ = since_ && until_ < *since_;
}

}  // namespace latecomer
