#include "replay/views.h"

#include <algorithm>
#include <utility>

#include "model/hashtag.h"
#include "model/html.h"
#include "replay/entry_view.h"
#include "replay/question.h"
#include "replay/view_json.h"

namespace latecomer {
namespace {

constexpr std::size_t kContentsAtOnce = 256;
// A big hashtag that is moving is rebuilt for at most a fifth of one core's time.
constexpr int kRestPerBuild = 4;
constexpr std::chrono::seconds kDisplaysKept{60};
constexpr std::size_t kShortsMax = 10'000;  // of about 1 KB

}  // namespace

Views::Views(TimelineReadStore& store, ViewsOptions options)

    : store_(store),
      options_(std::move(options)),
      hashtags_(std::make_shared<const std::vector<HashtagSettings>>(options_.hashtags)) {}

void Views::Reload(std::vector<HashtagSettings> hashtags) {
  auto fresh = std::make_shared<const std::vector<HashtagSettings>>(std::move(hashtags));
  {
    const std::lock_guard lock(hashtags_mutex_);
    hashtags_ = std::move(fresh);
  }
  ++reloads_;
  const std::lock_guard lock(shorts_mutex_);
  shorts_.clear();
}

Views::Hashtags Views::CurrentHashtags() const {
  const std::lock_guard lock(hashtags_mutex_);
  return hashtags_;
}

Result<std::string> Views::KeyOf(std::string_view hashtag) const {
  Result<std::string> folded = FoldHashtag(hashtag);
  if (!folded) return folded;
  const Hashtags hashtags = CurrentHashtags();
  for (const HashtagSettings& settings : *hashtags) {
    const auto& aliases = settings.aliases;
    if (std::find(aliases.begin(), aliases.end(), *folded) != aliases.end()) {
      return settings.hashtag;
    }
  }
  return folded;
}

HashtagSettings Views::SettingsOf(const std::string& hashtag) const {
  const Hashtags hashtags = CurrentHashtags();
  for (const HashtagSettings& settings : *hashtags) {
    if (settings.hashtag == hashtag) return settings;
  }
  HashtagSettings defaults;
  defaults.hashtag = hashtag;
  return defaults;
}

Result<Views::View> Views::Get(const std::string& hashtag) {
  std::unique_lock lock(mutex_);
  // Slots never move, and one that is busy is never erased by others.
  Slot* slot = &slots_[hashtag];
  while (slot->busy && slot->view == nullptr) {
    done_.wait(lock);
    slot = &slots_[hashtag];
  }
  const Clock::time_point now = Clock::now();
  slot->used = now;
  const std::uint64_t reloads = reloads_;
  const bool anew = slot->view != nullptr && slot->reloads != reloads;
  if (slot->view != nullptr && (slot->busy || (now < slot->next_check && !anew))) {
    return slot->view;
  }

  slot->busy = true;
  const View old = slot->view;
  lock.unlock();
  Result<View> fresh = Refresh(hashtag, old, anew);
  const Clock::time_point done = Clock::now();
  lock.lock();
  slot->busy = false;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(done - now);
  slot->next_check = done + std::max(options_.poll, took * kRestPerBuild);
  if (fresh) {
    slot->view = *fresh;
    slot->reloads = reloads;
    Evict(hashtag);
  } else if (old == nullptr || fresh.error().code == ErrorCode::kNotFound) {
    slots_.erase(hashtag);
  } else {
    fresh = old;
  }
  done_.notify_all();
  return fresh;
}

Result<std::string> Views::ShortJson(const HashtagSummary& summary) {
  {
    const std::lock_guard lock(shorts_mutex_);
    const auto known = shorts_.find(summary.hashtag);
    if (known != shorts_.end() && known->second.first == summary.seq) return known->second.second;
  }
  const Result<View> view = Get(summary.hashtag);
  if (!view) return view.error();
  std::string json;
  AppendHashtag(json, **view, HashtagDetail::kShort);
  const std::lock_guard lock(shorts_mutex_);
  if (shorts_.size() >= kShortsMax) shorts_.clear();
  shorts_[summary.hashtag] = {(*view)->seq(), json};
  return json;
}

Result<Views::View> Views::Refresh(const std::string& hashtag, const View& old, bool anew) {
  const Result<std::int64_t> seq = store_.LastSeq(hashtag);
  if (!seq) return seq.error();
  if (old != nullptr && old->seq() == *seq && !anew) return old;
  const Clock::time_point begin = Clock::now();
  Result<View> view = Build(hashtag, *seq, old);
  if (view) {
    options_.on_build_seconds(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return view;
}

Result<Views::View> Views::Build(const std::string& hashtag, std::int64_t seq, const View& old) {
  HashtagViewParts parts;
  parts.seq = seq;
  parts.settings = SettingsOf(hashtag);
  Result<std::string> epoch = store_.Epoch();
  if (!epoch) return epoch.error();
  parts.epoch = *std::move(epoch);
  Result<TimelineSnapshot> snapshot = store_.Snapshot(hashtag);
  if (!snapshot) return snapshot.error();
  parts.snapshot = *std::move(snapshot);
  Result<std::vector<RemovedRow>> removed = store_.RemovedSince(hashtag, -1);
  if (!removed) return removed.error();
  parts.removed = *std::move(removed);
  parts.display = parts.settings.display.empty() ? DisplayOf(hashtag) : parts.settings.display;
  auto view = std::make_shared<HashtagView>(std::move(parts));
  if (Status found = FindQuestions(*view, old); !found) return found.error();
  return View(std::move(view));
}

Status Views::FindQuestions(HashtagView& view, const View& old) {
  std::vector<std::uint32_t> unknown;
  for (const std::uint32_t entry : view.UnansweredFirstEntries()) {
    if (old != nullptr) {
      const auto known = old->asked().find(view.timeline().entries()[entry].record.n);
      if (known != old->asked().end() && known->second.first == view.EntrySeq(entry)) {
        view.SetAsked(entry, known->second.second);
        continue;
      }
    }
    unknown.push_back(entry);
  }
  for (std::size_t i = 0; i < unknown.size(); i += kContentsAtOnce) {
    const std::span<const std::uint32_t> some =
        std::span(unknown).subspan(i, std::min(kContentsAtOnce, unknown.size() - i));
    const Result<std::vector<EntryContent>> contents = ReadContents(store_, view, some);
    if (!contents) return contents.error();
    for (std::size_t k = 0; k < some.size(); ++k) {
      const EntryContent& content = (*contents)[k];
      view.SetAsked(some[k], !content.gone && AsksSomething(TextFromHtml(content.post.content)));
    }
  }
  return {};
}

std::string Views::DisplayOf(const std::string& hashtag) {
  const std::lock_guard lock(displays_mutex_);
  if (Clock::now() >= displays_until_ || !displays_.contains(hashtag)) {
    // Without an answer the key itself is shown, until the next build.
    const Result<std::vector<HashtagSummary>> all = store_.Hashtags();
    if (!all) return hashtag;
    displays_.clear();
    for (const HashtagSummary& summary : *all) displays_[summary.hashtag] = summary.display;
    displays_until_ = Clock::now() + kDisplaysKept;
  }
  const auto found = displays_.find(hashtag);
  return found == displays_.end() || found->second.empty() ? hashtag : found->second;
}

// Forgets the views that were not asked for the longest, until the rest is within bounds.
void Views::Evict(const std::string& keep) {
  for (;;) {
    std::size_t entries = 0;
    auto oldest = slots_.end();
    for (auto it = slots_.begin(); it != slots_.end(); ++it) {
      if (it->second.view != nullptr) entries += it->second.view->timeline().entries().size();
      if (it->first == keep || it->second.busy || it->second.view == nullptr) continue;
      if (oldest == slots_.end() || it->second.used < oldest->second.used) oldest = it;
    }
    const bool within = slots_.size() <= options_.views_max && entries <= options_.entries_max;
    if (within || oldest == slots_.end()) return;
    slots_.erase(oldest);
  }
}

}  // namespace latecomer
