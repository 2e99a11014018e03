#include "ingest/engage_run.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include "ingest/engage_words.h"
#include "ingest/http_check.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr char kMessagesKey[] = "messages";
constexpr char kDayKey[] = "day";
constexpr milliseconds kPatience = 5min;
constexpr milliseconds kWindow = 30s;
constexpr std::int64_t kPollEveryMs = 60'000;  // of all feeds together
constexpr int kPagesMax = 10'000;
constexpr char kNotPromised[] = "Viva Engage does not promise that a feed lists every message";

}  // namespace

std::vector<std::string> EngageRun::Feeds(const EngageSettings& settings) {
  std::vector<std::string> feeds;
  for (const std::string& group : settings.groups) {
    feeds.push_back("/api/v1/messages/in_group/" + group + ".json");
  }
  if (feeds.empty()) feeds.emplace_back("/api/v1/messages.json");
  return feeds;
}

EngageRun::EngageRun(SourceContext& context, const EngageSettings& settings)
    : context_(context),
      settings_(settings),
      http_(context.http(), context),
      token_(settings.token_file),
      revisits_("thread", settings.revisits),
      coverage_(context.spec().name),
      budget_(settings.base.Authority(), kDayKey, settings.requests_a_day),
      batch_(context.spec().name) {
  HttpHostRules rules;
  rules.at_once_max = 1;
  rules.windows = {{kMessagesKey, 10, kWindow}};
  http_.client().Tighten(settings_.base.Authority(), rules);
}

Status EngageRun::Restore() {
  if (Status restored = revisits_.Restore(context_.cursors()); !restored) return restored;
  if (Status restored = coverage_.Restore(context_.cursors()); !restored) return restored;
  counted_ = context_.counters().requests;
  if (settings_.requests_a_day > 0) {
    Status told = budget_.Start(context_.http(), context_.cursors(), context_.Now());
    if (!told) return told;
  }
  if (const auto poll = context_.cursors().find("poll"); poll != context_.cursors().end()) {
    std::string_view text = poll->second;
    TimeMs asked = 0;
    if (NextWord(text) != "v1" || !ReadNumber(NextWord(text), asked)) {
      return Corrupt("the cursor \"poll\" cannot be read");
    }
    // It may have waited for a limit before it was sent.
    next_poll_ = asked + kPollEveryMs + std::chrono::milliseconds(kWindow).count();
  }
  for (const std::string& path : Feeds(settings_)) feeds_.try_emplace(path);
  for (const auto& [key, value] : context_.cursors()) {
    if (key.starts_with("topic ")) feeds_.try_emplace(TopicFeed(key.substr(6)));
  }
  for (auto& [path, feed] : feeds_) {
    const auto cursor = context_.cursors().find("feed " + path);
    if (cursor == context_.cursors().end()) continue;
    std::string_view text = cursor->second;
    if (NextWord(text) != "v1" || !ReadNumber(NextWord(text), feed.newest) ||
        !ReadNumber(NextWord(text), feed.oldest) || !ReadNumber(NextWord(text), feed.polled_at)) {
      return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
    }
  }
  return {};
}

Status EngageRun::Run() {
  if (Status restored = Restore(); !restored) return restored;
  while (!context_.stopped()) {
    bool is_done = true;
    TimeMs due = std::numeric_limits<TimeMs>::max();
    if (context_.Now() >= next_poll_) {
      if (Status polled = PollNext(); !polled) return polled;
    }
    due = std::min(due, next_poll_);
    std::size_t left = 0;
    for (auto& [path, feed] : feeds_) {
      is_done = is_done && feed.is_polled;
      if (feed.oldest <= 0 || context_.stopped()) continue;
      if (Status pulled = PullHistory(path, feed); !pulled) return pulled;
      if (feed.oldest > 0) ++left;
    }
    const std::optional<std::string> thread = revisits_.Due(context_.Now());
    if (thread && !context_.stopped()) {
      if (Status visited = Visit(*thread); !visited) return visited;
    }
    left += revisits_.CountDue(context_.Now());
    context_.counters().left = left;
    if (context_.stopped()) break;
    if (left > 0) continue;
    if (is_done && context_.spec().once) {
      if (Status flushed = coverage_.Flush(batch_); !flushed) return flushed;
      return Write();
    }
    if (const std::optional<TimeMs> visit = revisits_.NextDue()) due = std::min(due, *visit);
    const TimeMs wait = std::clamp(due - context_.Now(), TimeMs{0}, kPollEveryMs);
    if (wait > 0) context_.WaitFor(milliseconds(wait));
  }
  return {};
}

// The feed that has waited longest. That it is asked is durable before it is: a source that starts
// again and again polls no more often for that.
Status EngageRun::PollNext() {
  const auto next =
      std::min_element(feeds_.begin(), feeds_.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second.is_polled, a.second.polled_at) <
               std::pair(b.second.is_polled, b.second.polled_at);
      });
  Feed& feed = next->second;
  if (context_.spec().once && feed.is_polled) {
    next_poll_ = context_.Now() + kPollEveryMs;
    return {};
  }
  Status moved = batch_.MoveCursor("poll", "v1 " + std::to_string(context_.Now()));
  if (!moved) return moved;
  if (Status written = Write(); !written) return written;
  if (Status polled = Poll(next->first, feed); !polled) return polled;
  feed.is_polled = true;
  // Of a round the longest waiting goes first.
  if (std::all_of(feeds_.begin(), feeds_.end(),
                  [](const auto& entry) { return entry.second.is_polled; }) &&
      !context_.spec().once) {
    for (auto& [path, other] : feeds_) other.is_polled = false;
  }
  next_poll_ = context_.Now() + kPollEveryMs;
  return {};
}

Result<EngagePage> EngageRun::Page(const std::string& path, const Pairs& query) {
  Result<Secret> token = token_.Get();
  if (!token) return token.error();
  std::string base = settings_.base.text;
  if (base.ends_with('/')) base.pop_back();
  HttpRequest request;
  request.url = query.empty() ? base + path : WithQuery(base + path, query);
  request.auth = HttpAuth::Bearer(std::move(*token));
  request.limit_keys = {kMessagesKey, kDayKey};
  request.wait_max = kPatience;
  Result<HttpResponse> response = http_.Fetch(std::move(request));
  if (!response) return response.error();
  if (Status fine = CheckStatus(*response); !fine) return fine.error();
  if (Status json = ExpectJson(*response); !json) return RetryLater(json.error().message);
  Result<EngagePage> page = reader_.Read(response->body, context_.Now());
  if (!page) return RetryLater(LoggableUrl(response->url) + ": " + page.error().message);
  return page;
}

// What is newer than what is known, page by page from the newest back to it.
Status EngageRun::Poll(const std::string& path, Feed& feed) {
  const TimeMs began = context_.Now();
  const bool is_first = feed.oldest < 0;
  std::int64_t newest = feed.newest;
  Pairs query = {{"limit", "20"}};
  if (!is_first) query.emplace_back("newer_than", std::to_string(feed.newest));
  std::int64_t before = 0;
  for (int pages = 0; pages < kPagesMax && !context_.stopped(); ++pages) {
    Pairs asked = query;
    if (before > 0) asked.emplace_back("older_than", std::to_string(before));
    Result<EngagePage> page = Page(path, asked);
    if (!page) return page.error();
    newest = std::max(newest, page->newest);
    const bool is_over = page->oldest == 0 || page->oldest <= feed.newest || is_first ||
                         !page->older_available || (before > 0 && page->oldest >= before);
    if (is_first) feed.oldest = page->older_available ? page->oldest : 0;
    before = page->oldest;
    if (Status taken = Take(*page, "GET " + path); !taken) return taken;
    if (is_over) break;
    if (Status written = Write(); !written) return written;
  }
  if (context_.stopped()) return {};
  feed.newest = newest;
  const TimeMs from = is_first ? began : feed.polled_at;
  if (feed.polled_at == 0) feed.polled_at = began;
  if (Status said = Covered(from, began); !said) return said;
  feed.polled_at = began;
  context_.counters().read_until = began;
  if (Status saved = SaveFeed(path, feed); !saved) return saved;
  return Write();
}

Status EngageRun::PullHistory(const std::string& path, Feed& feed) {
  Result<EngagePage> page =
      Page(path, {{"limit", "20"}, {"older_than", std::to_string(feed.oldest)}});
  if (!page) return page.error();
  TimeMs oldest = context_.Now();
  for (std::size_t i = 0; i < page->listed; ++i) {
    oldest = std::min(oldest, page->messages[i].post.published.value_or(oldest));
  }
  const bool is_over = page->oldest == 0 || page->oldest >= feed.oldest || !page->older_available ||
                       (settings_.since && oldest < *settings_.since);
  if (Status taken = Take(*page, "GET " + path); !taken) return taken;
  feed.oldest = is_over ? 0 : page->oldest;
  if (is_over) {
    if (Status said = Covered(oldest, feed.polled_at); !said) return said;
  }
  if (Status saved = SaveFeed(path, feed); !saved) return saved;
  return Write();
}

// The whole thread: the API gives its newest messages first.
Status EngageRun::SaveFeed(const std::string& path, const Feed& feed) {
  return batch_.MoveCursor("feed " + path, "v1 " + std::to_string(feed.newest) + " " +
                                               std::to_string(feed.oldest) + " " +
                                               std::to_string(feed.polled_at));
}

Status EngageRun::Covered(TimeMs from, TimeMs to) {
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    Status said = coverage_.Missing(batch_, hashtag.hashtag, from, to, kNotPromised);
    if (!said) return said;
  }
  return {};
}

Status EngageRun::Write() {
  for (const auto& [thread, known] : learnt_) {
    if (Status learnt = revisits_.Learn(batch_, thread, known); !learnt) return learnt;
  }
  learnt_.clear();
  if (!batch_.IsEmpty()) {
    const std::uint64_t all = context_.counters().requests;
    Status counted = budget_.Count(batch_, all - std::exchange(counted_, all), context_.Now());
    if (!counted) return counted;
  }
  return context_.Write(batch_);
}

}  // namespace latecomer
