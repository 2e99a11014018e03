#include "ingest/bluesky_finder.h"

#include <algorithm>
#include <charconv>

#include "ingest/bluesky_json.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr char kWhere[] = "app.bsky.feed.searchPosts";
constexpr char kNotAll[] = "the search gives more pages than are read";

// "v1 A B".
bool ReadTwo(std::string_view text, TimeMs& first, TimeMs& second) {
  if (!text.starts_with("v1 ")) return false;
  const char* end = text.data() + text.size();
  const auto one = std::from_chars(text.data() + 3, end, first);
  if (one.ec != std::errc() || one.ptr == end || *one.ptr != ' ') return false;
  const auto two = std::from_chars(one.ptr + 1, end, second);
  return two.ec == std::errc() && two.ptr == end;
}

std::string WriteTwo(TimeMs first, TimeMs second) {
  return "v1 " + std::to_string(first) + " " + std::to_string(second);
}

}  // namespace

std::vector<std::string> BlueskyFinder::QueriesOf(const FollowedHashtag& followed) {
  // Some hosts search for the very letters: as its organiser writes it, it is found most likely.
  std::string_view shown = followed.display;
  if (shown.starts_with('#')) shown.remove_prefix(1);
  const Result<std::string> folded = FoldHashtag(shown);
  const bool fits = folded && *folded == followed.hashtag;
  std::vector<std::string> queries{"#" + (fits ? std::string(shown) : followed.hashtag)};
  for (const std::string& alias : followed.aliases) queries.push_back("#" + alias);
  return queries;
}

BlueskyFinder::BlueskyFinder(SourceContext& context, BlueskyApi& api,
                             BlueskyConversations& conversations, std::optional<TimeMs> since)
    : context_(context),
      api_(api),
      conversations_(conversations),
      coverage_(context.spec().name),
      since_(since) {
  const std::vector<FollowedHashtag>& hashtags = context.spec().hashtags;
  for (std::size_t i = 0; i < hashtags.size(); ++i) {
    const std::vector<std::string> queries = QueriesOf(hashtags[i]);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      Name& name = names_.emplace_back();
      name.hashtag = i;
      name.query = queries[q];
      name.name = q == 0 ? hashtags[i].hashtag : hashtags[i].aliases[q - 1];
    }
  }
}

const std::string& BlueskyFinder::Key(const Name& name) const {
  return context_.spec().hashtags[name.hashtag].hashtag;
}

Status BlueskyFinder::SaveTail(PostBatch& batch, const Name& name) const {
  return batch.MoveCursor("tail " + name.name, WriteTwo(name.tail_until, name.tail_wide));
}

Status BlueskyFinder::SaveHistory(PostBatch& batch, const Name& name) const {
  return batch.MoveCursor("history " + name.name,
                          WriteTwo(name.history_done ? 0 : name.history_until, name.history_begun));
}

Status BlueskyFinder::Restore(PostBatch& batch) {
  if (Status restored = coverage_.Restore(context_.cursors()); !restored) return restored;
  const TimeMs now = context_.Now();
  const Cursors& cursors = context_.cursors();
  for (Name& name : names_) {
    const auto tail = cursors.find("tail " + name.name);
    const auto history = cursors.find("history " + name.name);
    if (tail == cursors.end() || history == cursors.end()) {
      // What is there now is history's, from this instant on it is the tail's.
      name.tail_until = name.tail_wide = name.history_until = name.history_begun = now;
      if (Status s = SaveTail(batch, name); !s) return s;
      if (Status s = SaveHistory(batch, name); !s) return s;
      continue;
    }
    if (!ReadTwo(tail->second, name.tail_until, name.tail_wide)) {
      return Corrupt("the cursor \"tail " + name.name + "\" cannot be read");
    }
    if (!ReadTwo(history->second, name.history_until, name.history_begun)) {
      return Corrupt("the cursor \"history " + name.name + "\" cannot be read");
    }
    name.history_done = name.history_until == 0;
  }
  return {};
}

Status BlueskyFinder::ReadPage(PostBatch& batch, BlueskySearchWalk& walk) {
  const Result<XrpcAnswer> answer = api_.SearchPosts(walk.next());
  if (!answer) return answer.error();
  const JsonValue posts = answer->root["posts"];
  if (!posts.is_array()) {
    return RetryLater(api_.host().host + " has answered a search without posts");
  }
  std::vector<BlueskySearchWalk::Hit> hits;
  BlueskyPost post;
  for (JsonValue item : posts) {
    const std::optional<BlueskyView> view = ReadBlueskyView(item);
    if (!view) {
      batch.AddReject({kWhere, "a result has no usable `uri`", 0, ""});
      continue;
    }
    hits.push_back({view->uri, BlueskySortTime(view->record.value, view->record.seen)});
    const Status made =
        MakeBlueskyPost(view->record, view->author, api_.host().host, context_.Now(), post);
    if (!made) {
      batch.AddReject({kWhere, "a result: " + made.error().message, 0, ""});
      continue;
    }
    const Result<bool> taken =
        conversations_.Take(batch, post, BlueskyConversations::How::kAlone, kWhere);
    if (!taken) return taken.error();
  }
  walk.Take(hits, answer->root["cursor"].text());
  return {};
}

Status BlueskyFinder::PollName(PostBatch& batch, Name& name, TimeMs now) {
  const bool wide = now - name.tail_wide >= kWideEvery.count();
  TimeMs since = name.tail_until - (wide ? kLookBackWide : kLookBack).count();
  if (since_) since = std::max(since, *since_);
  BlueskySearchWalk walk(name.query, since, std::nullopt);
  while (!walk.is_done()) {
    if (Status read = ReadPage(batch, walk); !read) return read;
    if (context_.stopped()) return {};
    if (!batch.IsFull() && !walk.is_done()) continue;
    if (!walk.is_done()) {
      if (Status written = conversations_.Write(batch); !written) return written;
    }
  }
  if (!walk.is_whole()) {
    if (Status s = coverage_.Missing(batch, Key(name), name.tail_until, now, kNotAll); !s) return s;
  }
  if (wide) name.tail_wide = now;
  name.tail_until = now;
  return SaveTail(batch, name);
}

Status BlueskyFinder::Poll(PostBatch& batch) {
  const TimeMs now = context_.Now();
  for (std::size_t i = 0; i < names_.size();) {
    const std::size_t hashtag = names_[i].hashtag;
    TimeMs from = 0;
    for (; i < names_.size() && names_[i].hashtag == hashtag; ++i) {
      from = std::max(from, names_[i].tail_until);
      if (Status polled = PollName(batch, names_[i], now); !polled) return polled;
      if (context_.stopped()) return {};
    }
    if (from < now) {
      if (Status s = coverage_.Whole(batch, Key(names_[i - 1]), from, now); !s) return s;
    }
    if (Status written = conversations_.Write(batch); !written) return written;
  }
  context_.counters().read_until = now;
  return {};
}

std::size_t BlueskyFinder::histories_left() const {
  return static_cast<std::size_t>(std::count_if(
      names_.begin(), names_.end(), [](const Name& name) { return !name.history_done; }));
}

Result<bool> BlueskyFinder::ReadHistory(PostBatch& batch) {
  for (std::size_t tried = 0; tried < names_.size(); ++tried) {
    Name& name = names_[next_history_++ % names_.size()];
    if (name.history_done && context_.Now() - name.history_begun >= kAgain.count()) {
      name.history_begun = name.history_until = context_.Now();
      name.history_done = false;
    }
    if (name.history_done) continue;
    if (!name.walk) name.walk.emplace(name.query, since_, name.history_until);
    if (Status read = ReadPage(batch, *name.walk); !read) return read.error();
    if (context_.stopped()) return true;
    if (name.walk->reached()) {
      name.history_until = std::min(name.history_until, *name.walk->reached() + 1);
    }
    if (name.walk->is_done()) {
      if (Status ended = EndHistory(batch, name); !ended) return ended.error();
    }
    if (Status saved = SaveHistory(batch, name); !saved) return saved.error();
    if (Status written = conversations_.Write(batch); !written) return written.error();
    return true;
  }
  return false;
}

Status BlueskyFinder::EndHistory(PostBatch& batch, Name& name) {
  const bool whole = name.walk->is_whole();
  const TimeMs down_to = name.history_until;
  name.history_done = true;
  name.walk.reset();
  TimeMs begun = name.history_begun;
  for (const Name& other : names_) {
    if (other.hashtag != name.hashtag) continue;
    if (!other.history_done) return {};
    begun = std::min(begun, other.history_begun);
  }
  const TimeMs from = since_.value_or(kBegin);
  if (whole) return coverage_.Whole(batch, Key(name), from, begun);
  return coverage_.Missing(batch, Key(name), from, std::max(from, down_to), kNotAll);
}

}  // namespace latecomer
