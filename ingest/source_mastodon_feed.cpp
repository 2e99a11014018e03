#include "ingest/source_mastodon_feed.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

struct SweepLevel {
  milliseconds every;
  milliseconds window;
};
constexpr SweepLevel kLevels[] = {{15min, 2h}, {6h, 48h}, {24h * 7, 24h * 60}};

constexpr milliseconds kPauseMax{300'000};
// While a stream brings what is new it is only watched.
constexpr milliseconds kStreamWatch{600'000};
// Posts are handed to streams by many workers: what is this old has come if it comes at all.
constexpr milliseconds kStreamSettle{300'000};
constexpr milliseconds kKeepEvery{60'000};
constexpr std::size_t kHolesMax = 64;
constexpr std::size_t kRejectedMax = 1'000;
// What is not urgent leaves room for what is.
constexpr double kOlderShare = 0.8;

std::string_view NextWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool ReadNumber(std::string_view word, TimeMs& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

std::string Dash(const std::string& id) { return id.empty() ? "-" : id; }

bool ReadId(std::string_view word, std::string& to) {
  to = word == "-" ? std::string_view() : word;
  return to.empty() ? word == "-" : IsMastodonId(to);
}

bool IsFull(const MastodonList& page) {
  return page.items >= static_cast<std::size_t>(MastodonApi::kPageLimit);
}

std::string KeyOf(const std::string& instance, const std::string& hashtag) {
  return "tag " + instance + " " + hashtag;
}

}  // namespace

MastodonFeed::MastodonFeed(SourceContext& context, MastodonApi& api, MastodonPosts& posts,
                           Settings settings)
    : context_(context),
      api_(api),
      posts_(posts),
      settings_(std::move(settings)),
      pause_(settings_.pause_min) {
  for (std::size_t i = 0; i < kSweeps; ++i) {
    sweep_due_[i] = context.Now() + kLevels[i].every.count();
  }
}

Status MastodonFeed::Restore(const Cursors& cursors) {
  const std::string key = KeyOf(api_.instance(), settings_.hashtag);
  const auto cursor = cursors.find(key);
  if (cursor == cursors.end()) return {};
  const auto corrupt = [&] { return Corrupt("the cursor \"" + key + "\" cannot be read"); };
  std::string_view text = cursor->second;
  TimeMs until = 0;
  TimeMs first = 0;
  if (NextWord(text) != "v1" || !ReadId(NextWord(text), tail_) ||
      !ReadNumber(NextWord(text), until) || !ReadNumber(NextWord(text), first)) {
    return corrupt();
  }
  first_ = first;
  read_until_ = until;
  for (TimeMs& due : sweep_due_) {
    if (!ReadNumber(NextWord(text), due)) return corrupt();
  }
  while (!text.empty()) {
    const std::string_view word = NextWord(text);
    const std::size_t colon = word.find(':');
    Hole hole;
    if (colon == std::string_view::npos || !ReadId(word.substr(0, colon), hole.top) ||
        !ReadId(word.substr(colon + 1), hole.bottom)) {
      return corrupt();
    }
    holes_.push_back(std::move(hole));
  }
  return {};
}

Status MastodonFeed::Save(PostBatch& batch) const {
  std::string value = "v1 " + Dash(tail_);
  for (const TimeMs time : {read_until_.value_or(0), first_.value_or(0)}) {
    value += " " + std::to_string(time);
  }
  for (const TimeMs due : sweep_due_) value += " " + std::to_string(due);
  for (const Hole& hole : holes_) value += " " + Dash(hole.top) + ":" + Dash(hole.bottom);
  return batch.MoveCursor(KeyOf(api_.instance(), settings_.hashtag), value);
}

Status MastodonFeed::Take(PostBatch& batch, MastodonList& page, const char* what) {
  for (const MastodonList::Fault& fault : page.faults) {
    if (rejected_.size() >= kRejectedMax) rejected_.clear();
    if (!rejected_.insert(fault.id + " " + fault.reason).second) continue;
    batch.AddReject({api_.instance() + ": " + what + ", item " + std::to_string(fault.number),
                     fault.reason, 0, ""});
  }
  for (MastodonStatus& status : page.statuses) {
    const std::optional<TimeMs> published = status.note().published;
    if (settings_.since && published && *published < *settings_.since) continue;
    if (published && (!oldest_ || *published < *oldest_)) oldest_ = published;
    if (Status taken = posts_.TakeTagged(batch, std::move(status)); !taken) return taken;
  }
  return {};
}

// Several holes are one if there are too many: what lies between them is then read twice.
void MastodonFeed::AddHole(Hole hole) {
  if (!hole.bottom.empty() && !MastodonIdLess(hole.bottom, hole.top)) return;
  holes_.push_back(std::move(hole));
  if (holes_.size() <= kHolesMax) return;
  Hole all = holes_.front();
  for (const Hole& other : holes_) {
    if (MastodonIdLess(all.top, other.top)) all.top = other.top;
    if (other.bottom.empty() || MastodonIdLess(other.bottom, all.bottom)) {
      all.bottom = all.bottom.empty() ? "" : other.bottom;
    }
  }
  holes_.assign(1, std::move(all));
}

void MastodonFeed::Planned(bool found_new) {
  pause_ = found_new ? settings_.pause_min : std::min(pause_ * 2, kPauseMax);
  const milliseconds pause = streaming_ ? kStreamWatch : std::max(pause_, settings_.pause_min);
  newer_due_ = context_.Now() + (caught_up_ ? pause.count() : 0);
}

// The newest page, and a hole where it does not reach what was read before.
Status MastodonFeed::ReadNewest(PostBatch& batch, TimeMs begin) {
  Result<MastodonList> page = api_.TagPage(settings_.hashtag, "", "", 1.0);
  if (!page) return page.error();
  if (Status taken = Take(batch, *page, "timelines/tag"); !taken) return taken;
  const bool is_new =
      !page->newest_id.empty() && (tail_.empty() || MastodonIdLess(tail_, page->newest_id));
  if (is_new) {
    if (tail_.empty() || MastodonIdLess(tail_, page->oldest_id)) {
      AddHole({page->oldest_id, tail_});
    }
    tail_ = page->newest_id;
  }
  caught_up_ = true;
  if (!first_) first_ = begin;
  const bool has_gap = std::any_of(holes_.begin(), holes_.end(),
                                   [](const Hole& hole) { return !hole.bottom.empty(); });
  if (!has_gap) read_until_ = begin;
  Planned(is_new);
  return Save(batch);
}

Status MastodonFeed::ReadNewer(PostBatch& batch) {
  const TimeMs begin = context_.Now();
  if (tail_.empty() || !settings_.knows_min_id) return ReadNewest(batch, begin);
  Result<MastodonList> page = api_.TagPage(settings_.hashtag, tail_, "", 1.0);
  if (!page) return page.error();
  if (Status taken = Take(batch, *page, "timelines/tag"); !taken) return taken;
  const bool advances = !page->newest_id.empty() && MastodonIdLess(tail_, page->newest_id);
  if (page->items > 0 && (!advances || !MastodonIdLess(tail_, page->oldest_id))) {
    // Not above `min_id`: the server does not know it.
    settings_.knows_min_id = false;
    if (advances) AddHole({page->oldest_id, tail_});
  }
  if (advances) tail_ = page->newest_id;
  caught_up_ = !advances || (settings_.short_page_ends && !IsFull(*page));
  if (caught_up_) read_until_ = begin;
  Planned(advances);
  return Save(batch);
}

Status MastodonFeed::ReadOlder(PostBatch& batch) {
  if (holes_.empty()) return {};
  Hole& hole = holes_.back();
  Result<MastodonList> page = api_.TagPage(settings_.hashtag, "", hole.top, kOlderShare);
  if (!page) return page.error();
  if (Status taken = Take(batch, *page, "timelines/tag"); !taken) return taken;
  const bool advances = !page->oldest_id.empty() && MastodonIdLess(page->oldest_id, hole.top);
  const bool reached =
      advances && !hole.bottom.empty() && !MastodonIdLess(hole.bottom, page->oldest_id);
  const bool too_old = settings_.since && page->newest && *page->newest < *settings_.since;
  if (!advances && page->items > 0) past_cut_ = true;
  if (!advances || reached || too_old) {
    past_read_ = past_read_ || hole.bottom.empty();
    holes_.pop_back();
  } else {
    hole.top = page->oldest_id;
  }
  return Save(batch);
}

TimeMs MastodonFeed::again_due() const {
  if (tail_.empty()) return std::numeric_limits<TimeMs>::max();
  if (sweep_) return 0;
  return *std::min_element(sweep_due_.begin(), sweep_due_.end());
}

Status MastodonFeed::ReadAgain(PostBatch& batch) {
  const TimeMs now = context_.Now();
  if (!sweep_) {
    // The longest that is due does for the shorter ones too.
    for (std::size_t i = 0; i < kSweeps; ++i) {
      if (sweep_due_[i] <= now) sweep_ = i;
    }
    if (!sweep_) return {};
    sweep_top_.clear();
  }
  Result<MastodonList> page = api_.TagPage(settings_.hashtag, "", sweep_top_, kOlderShare);
  if (!page) return page.error();
  const TimeMs horizon = now - kLevels[*sweep_].window.count();
  // Not all servers give ids by the age of posts: a few that are older say little.
  const auto young = std::count_if(
      page->statuses.begin(), page->statuses.end(),
      [&](const MastodonStatus& status) { return status.note().published >= horizon; });
  const bool goes_on = static_cast<std::size_t>(young) * 2 >= page->statuses.size();
  if (Status taken = Take(batch, *page, "timelines/tag"); !taken) return taken;
  const bool advances = !page->oldest_id.empty() &&
                        (sweep_top_.empty() || MastodonIdLess(page->oldest_id, sweep_top_));
  const bool is_last = page->items < 2 || (settings_.short_page_ends && !IsFull(*page));
  if (advances && goes_on && !is_last) {
    sweep_top_ = page->oldest_id;
    return {};
  }
  for (std::size_t i = 0; i <= *sweep_; ++i) sweep_due_[i] = now + kLevels[i].every.count();
  sweep_.reset();
  return Save(batch);
}

void MastodonFeed::StreamBegan() {
  streaming_ = true;
  caught_up_ = false;
  streamed_.clear();
  mark_.clear();
  newer_due_ = context_.Now();
}

void MastodonFeed::Streamed(const std::string& id) {
  if (streamed_.empty() || MastodonIdLess(streamed_, id)) streamed_ = id;
}

void MastodonFeed::StreamAlive() {
  if (!streaming_ || !caught_up_) return;
  const TimeMs now = context_.Now();
  read_until_ = now;
  if (mark_.empty()) {
    mark_ = streamed_;
    mark_time_ = now;
  } else if (now - mark_time_ >= kStreamSettle.count()) {
    if (MastodonIdLess(tail_, mark_)) tail_ = mark_;
    mark_ = streamed_;
    mark_time_ = now;
  }
}

Status MastodonFeed::KeepStreamed(PostBatch& batch) {
  const TimeMs now = context_.Now();
  if (!streaming_ || !caught_up_ || now - kept_at_ < kKeepEvery.count()) return {};
  kept_at_ = now;
  return Save(batch);
}

void MastodonFeed::StreamLost() {
  if (!streaming_) return;
  streaming_ = false;
  pause_ = settings_.pause_min;
  newer_due_ = std::min(newer_due_, context_.Now() + pause_.count());
}

}  // namespace latecomer
