#include "ingest/feed_items.h"

#include <algorithm>
#include <charconv>

#include "ingest/mastodon_owner.h"
#include "model/html.h"

namespace latecomer {
namespace {

constexpr int kFailuresMax = 3;
// Comments are edited and approved without their feed's date being moved.
constexpr std::int64_t kFullEveryMs = 86'400'000;

std::string_view NextWord(std::string_view& text, char end_mark = ' ') {
  const std::size_t end = std::min(text.find(end_mark), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

template <typename Number>
bool ReadNumber(std::string_view word, Number& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

void AddNew(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& one : from) {
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
  }
}

// The text alone: what is around it may be made anew each time.
std::uint32_t DigestOf(const ArchivePost& post) {
  const Post& value = std::get<Post>(post.value);
  std::string text = std::to_string(value.updated.value_or(0)) + "\n" + value.url + "\n" +
                     value.attributed_to.id + "\n" + TextFromHtml(value.content);
  for (const std::string& hashtag : post.hashtags) text += "\n" + hashtag;
  return KnownDigest(text);
}

// Whose id it is: the host of an address, the authority of a tag: URI (RFC 4151).
std::string OriginOf(const std::string& id) {
  std::string host = HostOfUrl(id);
  if (id.starts_with("tag:")) host = id.substr(4, id.find_first_of(",:", 4) - 4);
  if (host.starts_with("www.")) host.erase(0, 4);
  return host;
}

}  // namespace

FeedItems::FeedItems(SourceContext& context, SourceHttp& http, RevisitPolicy policy,
                     std::optional<TimeMs> since)
    : context_(context), http_(http), since_(since), revisits_("thread", policy) {}

std::optional<FeedItems::Known> FeedItems::Read(const std::string& name) const {
  const auto unsaved = unsaved_.find(name);
  if (unsaved != unsaved_.end()) return unsaved->second;
  const auto cursor = context_.cursors().find("item " + name);
  if (cursor == context_.cursors().end()) return std::nullopt;
  std::string_view text = cursor->second;
  Known item;
  if (NextWord(text) != "v1" || !ReadNumber(NextWord(text), item.digest) ||
      !ReadNumber(NextWord(text), item.published) || !ReadNumber(NextWord(text), item.count)) {
    return std::nullopt;
  }
  item.replies = NextWord(text);
  if (item.replies == "-") item.replies.clear();
  item.id = NextWord(text);
  while (!text.empty()) item.keys.emplace_back(NextWord(text));
  return item;
}

Status FeedItems::Save(PostBatch& batch, const std::string& name, const Known& item) const {
  std::string value = "v1 " + std::to_string(item.digest) + " " + std::to_string(item.published) +
                      " " + std::to_string(item.count) + " " +
                      (item.replies.empty() ? "-" : item.replies) + " " + item.id;
  for (const std::string& key : item.keys) value += " " + key;
  return batch.MoveCursor("item " + name, value);
}

Status FeedItems::Take(PostBatch& batch, FeedItem& item, bool is_wordpress) {
  Post& post = std::get<Post>(item.post.value);
  if (post.type == PostType::kTombstone) return TakeTombstone(batch, post);
  const std::string name = ShortId(post.id);
  std::optional<Known> before = Read(name);
  std::vector<std::string> keys = before ? before->keys : std::vector<std::string>();
  AddNew(keys, context_.spec().KeysOf(item.post.hashtags));
  // A feed of all comments of a blog holds those on items that belong.
  if (const std::string_view commented = PostOfCommentId(post.id); !commented.empty()) {
    post.context = commented;
    if (post.in_reply_to.empty()) post.in_reply_to = commented;
    if (const std::optional<Known> parent = Read(ShortId(commented))) {
      AddNew(keys, parent->keys);
      const bool is_here = revisits_.Known(ShortId(commented)).contains(name);
      if (is_here && !before) return {};
    }
  }
  std::erase_if(keys,
                [&](const std::string& key) { return context_.spec().KeysOf({key}).empty(); });
  if (keys.empty()) return {};
  if (!before && since_ && post.published && *post.published < *since_) return {};
  Known known;
  known.digest = DigestOf(item.post);
  known.id = post.id;
  known.keys = keys;
  // An item without a date keeps the time at which it was seen first.
  if (before && !item.is_dated) post.published = before->published;
  known.published = post.published.value_or(0);
  known.count = item.replies.count.value_or(before ? before->count : -1);
  known.replies = !item.replies.atom.empty() ? item.replies.atom : item.replies.rss;
  if (is_wordpress && item.replies.atom.empty() && !item.replies.rss.empty()) {
    const std::string threaded = WithThreads(item.replies.rss);
    if (!threaded.empty()) known.replies = threaded;
  }
  if (before && known.replies.empty()) known.replies = before->replies;
  // What was found not to work is not tried again.
  if (before && WithoutThreads(known.replies) == before->replies) known.replies = before->replies;
  const bool is_same = before && before->digest == known.digest && before->keys == known.keys;
  if (is_same) {
    ++context_.counters().duplicates;
  } else {
    if (before && before->digest != known.digest && before->digest != 0 && !post.updated) {
      post.updated = context_.Now();
    }
    WritePost(batch, keys, item.post);
  }
  if (!is_same || before->count != known.count || before->replies != known.replies) {
    if (Status s = Save(batch, name, known); !s) return s;
    unsaved_.insert_or_assign(name, known);
  }
  if (known.replies.empty()) return {};
  if (revisits_.Has(name) && before && before->count == known.count && before->keys == known.keys) {
    return {};
  }
  Result<bool> planned = revisits_.Expect(batch, name, context_.Now());
  return planned ? Status() : planned.error();
}

// RFC 6721. Only of what was written, and by its origin: any feed can name any id.
Status FeedItems::TakeTombstone(PostBatch& batch, const Post& post) {
  const std::optional<Known> item = Read(ShortId(post.id));
  const std::string origin = OriginOf(post.id);
  std::string feed = post.source.instance;
  if (feed.starts_with("www.")) feed.erase(0, 4);
  if (!item || item->keys.empty() || origin.empty() || origin != feed) return {};
  Post gone = post;
  if (item->published != 0) gone.published = item->published;
  if (!gone.deleted) gone.deleted = context_.Now();
  batch.AddOrReject(item->keys, gone, LoggableUrl(gone.id));
  unsaved_.erase(ShortId(post.id));
  if (Status s = batch.DeleteCursor("item " + ShortId(post.id)); !s) return s;
  return revisits_.Drop(batch, ShortId(post.id));
}

Status FeedItems::Commit(PostBatch& batch) {
  Status written = context_.Write(batch);
  write_failed_ |= !written;
  return written;
}

void FeedItems::WritePost(PostBatch& batch, const std::vector<std::string>& keys,
                          const ArchivePost& post) {
  Post value = std::get<Post>(post.value);
  const std::vector<std::string> carried = context_.spec().KeysOf(post.hashtags);
  std::vector<std::string> tagged;
  std::vector<std::string> others;
  for (const std::string& key : keys) {
    const bool is_tagged = std::find(carried.begin(), carried.end(), key) != carried.end();
    (is_tagged ? tagged : others).push_back(key);
  }
  const std::string where = LoggableUrl(value.url.empty() ? value.id : value.url);
  value.via = Via::kTag;
  if (!tagged.empty() && !batch.AddOrReject(tagged, value, where)) return;
  value.via = Via::kThread;
  if (!others.empty()) batch.AddOrReject(others, value, where);
}

// Comments
Status FeedItems::ExpectAll(PostBatch& batch) {
  constexpr std::string_view kPrefix = "thread ";
  const Cursors& cursors = context_.cursors();
  for (auto one = cursors.lower_bound(kPrefix);
       one != cursors.end() && one->first.starts_with(kPrefix); ++one) {
    Result<bool> planned =
        revisits_.Expect(batch, one->first.substr(kPrefix.size()), context_.Now());
    if (!planned) return planned.error();
  }
  return {};
}

Status FeedItems::VisitDue(std::size_t most) {
  unsaved_.clear();
  for (std::size_t done = 0; done < most && !context_.stopped(); ++done) {
    context_.counters().left = revisits_.CountDue(context_.Now());
    const std::optional<std::string> due = revisits_.Due(context_.Now());
    if (!due) break;
    const Status visited = Visit(*due);
    if (visited) {
      failures_ = 0;
      continue;
    }
    const ErrorCode code = visited.error().code;
    const bool is_away = code == ErrorCode::kRetryLater;
    const bool concerns_it = code == ErrorCode::kNotFound || code == ErrorCode::kInvalid ||
                             code == ErrorCode::kFatal || is_away;
    if (!concerns_it || write_failed_ || context_.stopped() ||
        (is_away && ++failures_ >= kFailuresMax)) {
      return visited;
    }
    PostBatch batch(context_.spec().name);
    if (Status s = revisits_.Postpone(batch, *due, context_.Now()); !s) return s;
    if (Status s = Commit(batch); !s) return s;
    if (const std::optional<Known> item = Read(*due)) {
      for (const std::string& key : item->keys) {
        missing_.insert_or_assign(key, "comments of some items cannot be read");
      }
    }
  }
  return {};
}

Result<FeedAnswer> FeedItems::FetchReplies(const std::string& name, Known& item, bool* is_full) {
  FeedValidators validators;
  TimeMs full_at = 0;
  const auto cursor = context_.cursors().find("replies " + name);
  if (cursor != context_.cursors().end()) {
    std::string_view text = cursor->second;
    if (NextWord(text, '\n') == "v1" && ReadNumber(NextWord(text, '\n'), full_at)) {
      validators.etag = NextWord(text, '\n');
      validators.last_modified = NextWord(text, '\n');
    }
  }
  *is_full = context_.spec().once || context_.Now() - full_at >= kFullEveryMs;
  if (*is_full) validators = {};
  Result<FeedAnswer> answer = FetchFeed(http_, item.replies, validators, context_.Now());
  const bool is_none = !answer && (answer.error().code == ErrorCode::kNotFound ||
                                   answer.error().code == ErrorCode::kInvalid);
  const std::string plain = WithoutThreads(item.replies);
  if ((!is_none && !(answer && !answer->offered.empty())) || plain.empty()) return answer;
  Result<FeedAnswer> other = FetchFeed(http_, plain, {}, context_.Now());
  if (other && other->offered.empty()) {
    item.replies = plain;
    *is_full = true;
    return other;
  }
  return answer;
}

Status FeedItems::Visit(const std::string& name) {
  PostBatch batch(context_.spec().name);
  std::optional<Known> item = Read(name);
  if (!item || item->replies.empty()) {
    if (Status s = revisits_.Drop(batch, name); !s) return s;
    return Commit(batch);
  }
  const Known before = *item;
  bool is_full = false;
  Result<FeedAnswer> answer = FetchReplies(name, *item, &is_full);
  if (!answer) return answer.error();
  if (!answer->offered.empty()) return Invalid("its comments are a page, and no feed");
  if (answer->is_same) {
    const KnownPosts known = revisits_.Known(name);
    if (Status s = revisits_.Visited(batch, name, known, context_.Now()); !s) return s;
    return Commit(batch);
  }
  if (Status s = TakeReplies(batch, name, *item, answer->document); !s) return s;
  if (item->keys != before.keys || item->replies != before.replies ||
      item->digest != before.digest) {
    if (Status s = Save(batch, name, *item); !s) return s;
  }
  if (is_full) {
    Status moved = batch.MoveCursor("replies " + name, "v1\n" + std::to_string(context_.Now()) +
                                                           "\n" + answer->validators.etag + "\n" +
                                                           answer->validators.last_modified);
    if (!moved) return moved;
  }
  return Commit(batch);
}

Status FeedItems::TakeReplies(PostBatch& batch, const std::string& name, Known& item,
                              FeedDocument& document) {
  for (const Reject& reject : document.rejects) batch.AddReject(reject);
  std::vector<std::string> keys = item.keys;
  for (const FeedItem& reply : document.items) {
    AddNew(keys, context_.spec().KeysOf(reply.post.hashtags));
  }
  std::erase_if(keys,
                [&](const std::string& key) { return context_.spec().KeysOf({key}).empty(); });
  const bool is_known = keys.size() <= item.keys.size();
  const KnownPosts known = revisits_.Known(name);
  KnownPosts found = known;
  bool meets = known.empty();
  std::int64_t count = 0;
  for (FeedItem& reply : document.items) {
    Post& post = std::get<Post>(reply.post.value);
    if (post.type == PostType::kTombstone) {
      const std::string origin = OriginOf(post.id);
      if (!known.contains(ShortId(post.id)) || origin.empty() || origin != OriginOf(item.id)) {
        continue;
      }
      post.context = item.id;
      if (!post.deleted) post.deleted = context_.Now();
      batch.AddOrReject(item.keys, post, LoggableUrl(post.id));
      found.erase(ShortId(post.id));
      continue;
    }
    if (post.id == item.id || keys.empty()) continue;
    ++count;
    post.context = item.id;
    if (post.in_reply_to.empty()) post.in_reply_to = item.id;
    const std::uint32_t digest = DigestOf(reply.post);
    const auto was = known.find(ShortId(post.id));
    meets |= was != known.end();
    found.insert_or_assign(ShortId(post.id), digest);
    if (is_known && was != known.end() && was->second == digest) {
      ++context_.counters().duplicates;
      continue;
    }
    if (was != known.end() && was->second != digest && !post.updated) {
      post.updated = context_.Now();
    }
    WritePost(batch, keys, reply.post);
  }
  // The feed of comments holds the newest ones: what fell out between two visits is not to be had.
  if ((!meets && count > 0) || item.count > static_cast<std::int64_t>(found.size())) {
    for (const std::string& key : item.keys) {
      missing_.insert_or_assign(key, "feeds of comments hold only the newest");
    }
  }
  if (!document.broken.empty()) {
    for (const std::string& key : item.keys) {
      missing_.insert_or_assign(key, "comments of some items cannot be read");
    }
  }
  // The item itself is written anew under a hashtag that only a comment brought.
  if (!is_known) item.digest = 0;
  item.keys = keys;
  return revisits_.Visited(batch, name, found, context_.Now());
}

}  // namespace latecomer
