#include "ingest/wordpress_visits.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "ingest/archive_output.h"
#include "ingest/blog.h"

namespace latecomer {
namespace {

constexpr int kFailuresMax = 3;
constexpr std::size_t kFreshMax = 500;

std::string ConversationOf(const std::string& route, std::int64_t number) {
  return (route.empty() ? "posts" : route) + "/" + std::to_string(number);
}

std::string_view NextWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

void AddNew(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& one : from) {
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
  }
}

bool HasAll(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

}  // namespace

std::int64_t WpVisits::NumberIn(std::string_view text) {
  std::int64_t number = 0;
  text = text.substr(text.rfind('/') + 1);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

WpVisits::WpVisits(SourceContext& context, WpApi& api, RevisitPolicy policy,
                   const std::map<std::int64_t, std::string>& terms)
    : context_(context), api_(api), terms_(terms), revisits_("thread", policy) {}

Status WpVisits::SawPost(PostBatch& batch, const std::string& route, WpPost post) {
  const std::string conversation = ConversationOf(route, post.number);
  const bool is_known = revisits_.Has(conversation);
  if (post.is_protected || (!post.status.empty() && post.status != "publish")) {
    if (!is_known) return {};
  }
  AddTerms(post);
  const std::vector<std::string> keys = KeysOf(post.post);
  if (!is_known && keys.empty()) return {};
  if (is_known) {
    const KnownPosts known = revisits_.Known(conversation);
    const auto before = known.find(kPostItself);
    if (before != known.end() && before->second == post.digest &&
        HasAll(ReadAbout(conversation).keys, keys)) {
      ++context_.counters().duplicates;
      return {};
    }
  }
  if (fresh_.size() < kFreshMax) fresh_.insert_or_assign(conversation, std::move(post));
  if (Result<bool> planned = revisits_.Expect(batch, conversation, context_.Now()); !planned) {
    return planned.error();
  }
  return {};
}

Status WpVisits::SawComment(PostBatch& batch, const WpComment& comment) {
  if (comment.post_number <= 0) return {};
  if (!comment.type.empty() && comment.type != "comment") return {};
  const std::string conversation = ConversationOf(comment.post_route, comment.post_number);
  if (revisits_.Has(conversation)) {
    const KnownPosts known = revisits_.Known(conversation);
    const auto before = known.find(std::to_string(comment.number));
    if (before != known.end() && before->second == comment.digest) return {};
  } else if (KeysOf(comment.post).empty()) {
    return {};
  }
  if (Result<bool> planned = revisits_.Expect(batch, conversation, context_.Now()); !planned) {
    return planned.error();
  }
  return {};
}

Status WpVisits::ExpectAll(PostBatch& batch) {
  const Cursors& cursors = context_.cursors();
  constexpr std::string_view kPrefix = "thread ";
  for (auto one = cursors.lower_bound(kPrefix);
       one != cursors.end() && one->first.starts_with(kPrefix); ++one) {
    Result<bool> planned =
        revisits_.Expect(batch, one->first.substr(kPrefix.size()), context_.Now());
    if (!planned) return planned.error();
  }
  return {};
}

Status WpVisits::VisitDue(std::size_t most) {
  for (std::size_t done = 0; done < most && !context_.stopped();) {
    const std::vector<std::string> due = revisits_.AllDue(context_.Now(), kTogetherMax);
    context_.counters().left = revisits_.CountDue(context_.Now()) / kTogetherMax * 2;
    if (due.empty()) break;
    const std::string route = due.front().substr(0, due.front().rfind('/'));
    std::vector<std::string> together;
    for (const std::string& one : due) {
      if (one.substr(0, one.rfind('/')) == route) together.push_back(one);
    }
    done += together.size();
    Status visited = VisitTogether(route, together);
    if (!visited && visited.error().code == ErrorCode::kRetryLater && !write_failed_ &&
        !context_.stopped() && ++failures_ < kFailuresMax) {
      // One conversation that its blog cannot show is no reason to see no other.
      PostBatch batch(context_.spec().name);
      for (const std::string& one : together) {
        if (Status s = revisits_.Postpone(batch, one, context_.Now()); !s) return s;
        Missing(ReadAbout(one).keys, "the blog could not show some conversations");
      }
      if (Status s = Commit(batch); !s) return s;
      continue;
    }
    if (!visited) return visited;
    failures_ = 0;
  }
  return {};
}

Status WpVisits::VisitTogether(const std::string& route, std::vector<std::string> conversations) {
  std::map<std::int64_t, WpPost> posts;
  if (Status s = FetchPosts(route, conversations, posts); !s) return s;
  std::vector<Visit> visits;
  for (const std::string& conversation : conversations) {
    const std::int64_t number = NumberIn(conversation);
    const auto found = posts.find(number);
    if (found == posts.end() || found->second.is_protected ||
        (!found->second.status.empty() && found->second.status != "publish")) {
      if (Status s = Lost(conversation); !s) return s;
      continue;
    }
    Visit& visit = visits.emplace_back();
    visit.conversation = conversation;
    visit.number = number;
    visit.post = std::move(found->second);
  }
  if (visits.empty()) return {};
  if (Status s = FetchComments(visits); !s) {
    if (s.error().code != ErrorCode::kNotFound) return s;
    // One of them has become unreadable in between.
    if (visits.size() > 1) {
      for (const Visit& visit : visits) {
        if (Status one = VisitTogether(route, {visit.conversation}); !one) return one;
      }
      return {};
    }
    visits.front().is_whole = false;
    Missing(KeysOf(visits.front().post.post), "the blog does not give comments");
  }
  PostBatch batch(context_.spec().name);
  for (Visit& visit : visits) {
    if (Status s = Write(batch, visit); !s) return s;
    fresh_.erase(visit.conversation);
  }
  return Commit(batch);
}

// A post that is shown, but in no list.
Status WpVisits::VisitOne(const std::string& conversation, WpPost post) {
  AddTerms(post);
  std::vector<Visit> visits(1);
  Visit& visit = visits.front();
  visit.conversation = conversation;
  visit.number = post.number;
  visit.post = std::move(post);
  if (Status s = FetchComments(visits); !s) {
    if (s.error().code != ErrorCode::kNotFound) return s;
    visit.is_whole = false;
    Missing(KeysOf(visit.post.post), "the blog does not give comments");
  }
  PostBatch batch(context_.spec().name);
  if (Status s = Write(batch, visit); !s) return s;
  return Commit(batch);
}

Status WpVisits::FetchPosts(const std::string& route, const std::vector<std::string>& conversations,
                            std::map<std::int64_t, WpPost>& posts) {
  std::string numbers;
  for (const std::string& conversation : conversations) {
    const auto fresh = fresh_.find(conversation);
    if (fresh != fresh_.end()) {
      posts.emplace(fresh->second.number, fresh->second);
      continue;
    }
    if (!numbers.empty()) numbers += ',';
    numbers += std::to_string(NumberIn(conversation));
  }
  if (numbers.empty()) return {};
  WpList list{route,
              {{"include", numbers},
               {"orderby", "id"},
               {"order", "asc"},
               {"_embed", "author,wp:term"},
               {"_fields", std::string(kWpPostFields)}},
              static_cast<std::int64_t>(kTogetherMax),
              true};
  WpWalk<WpPost> walk(api_, std::move(list), [this](std::string& body) {
    return ReadWpPosts(body, api_.site(), context_.Now());
  });
  while (!walk.ended() && !context_.stopped()) {
    Result<std::vector<WpPost>> page = walk.Next();
    // Types of posts that have no list of their own are asked for one by one.
    if (!page && page.error().code == ErrorCode::kRetryLater) return page.error();
    if (!page) break;
    for (WpPost& post : *page) {
      AddTerms(post);
      posts.insert_or_assign(post.number, std::move(post));
    }
  }
  return {};
}

Status WpVisits::FetchComments(std::vector<Visit>& visits) {
  std::map<std::int64_t, Visit*> by_number;
  std::string numbers;
  for (Visit& visit : visits) {
    by_number.emplace(visit.number, &visit);
    if (!numbers.empty()) numbers += ',';
    numbers += std::to_string(visit.number);
  }
  WpList list{"comments",
              {{"post", numbers},
               {"orderby", "id"},
               {"order", "asc"},
               {"_fields", std::string(kWpCommentFields)}},
              100,
              true};
  WpWalk<WpComment> walk(api_, std::move(list), [this](std::string& body) {
    return ReadWpComments(body, api_.site(), context_.Now());
  });
  std::size_t count = 0;
  while (!walk.ended()) {
    if (context_.stopped()) return RetryLater("stopped");
    Result<std::vector<WpComment>> page = walk.Next();
    if (!page) {
      return page.error().code == ErrorCode::kRetryLater ? page.error()
                                                         : NotFound(page.error().message);
    }
    count += page->size();
    for (WpComment& comment : *page) {
      const auto visit = by_number.find(comment.post_number);
      if (visit != by_number.end()) visit->second->comments.push_back(std::move(comment));
    }
    if (count <= kCommentsMax) continue;
    if (visits.size() > 1) return NotFound("too many comments to be read together");
    break;
  }
  if (walk.ended() && walk.broken().empty() && walk.unreadable() == 0) return {};
  for (Visit& visit : visits) {
    visit.is_whole = false;
    Missing(KeysOf(visit.post.post), "some comments could not be read");
  }
  return {};
}

Status WpVisits::Write(PostBatch& batch, Visit& visit) {
  const Post& post = std::get<Post>(visit.post.post.value);
  About about = ReadAbout(visit.conversation);
  const About before = about;
  const std::string id = post.id;
  const std::string url = post.url;
  std::vector<std::string> keys = about.keys;
  AddNew(keys, KeysOf(visit.post.post));
  for (const WpComment& comment : visit.comments) AddNew(keys, KeysOf(comment.post));
  // What was followed once may not be followed any more.
  std::erase_if(keys,
                [&](const std::string& key) { return context_.spec().KeysOf({key}).empty(); });
  KnownPosts known = revisits_.Known(visit.conversation);
  const bool is_known = HasAll(about.keys, keys);
  KnownPosts found;
  if (keys.empty()) {
    // It was taken back before it was read, or nobody asks for its hashtags any more.
    if (about.id.empty()) return revisits_.Drop(batch, visit.conversation);
    found = known;
  } else {
    found.emplace(kPostItself, visit.post.digest);
    const auto old = known.find(kPostItself);
    if (!is_known || old == known.end() || old->second != visit.post.digest) {
      WritePost(batch, keys, visit.post.post, false);
    } else {
      ++context_.counters().duplicates;
    }
    for (WpComment& comment : visit.comments) {
      const bool is_one = comment.type.empty() || comment.type == "comment";
      const bool is_shown = comment.status.empty() || comment.status == "approved";
      if (!is_one || !is_shown) continue;
      PlaceComment(comment, id, url);
      const std::string number = std::to_string(comment.number);
      found.emplace(number, comment.digest);
      const auto was = known.find(number);
      const bool is_edited = was != known.end() && was->second != comment.digest;
      if (is_known && was != known.end() && !is_edited) {
        ++context_.counters().duplicates;
        continue;
      }
      WritePost(batch, keys, comment.post, is_edited);
      if (Status s = WriteFull(batch); !s) return s;
    }
    about.keys = keys;
    about.id = id;
    about.published = post.published.value_or(0);
    about.withdrawn = 0;
    if (visit.is_whole) {
      if (Status s = CheckVanished(batch, visit, about, found); !s) return s;
    } else {
      found.merge(known);
    }
  }
  if (about.keys != before.keys || about.id != before.id || about.withdrawn != before.withdrawn) {
    if (Status s = SaveAbout(batch, visit.conversation, about); !s) return s;
  }
  return revisits_.Visited(batch, visit.conversation, found, context_.Now());
}

void WpVisits::WritePost(PostBatch& batch, const std::vector<std::string>& keys, ArchivePost& post,
                         bool is_edited) {
  Post& value = std::get<Post>(post.value);
  // WordPress does not say when a comment was edited, only that it has become another. Without a
  // time the older one could win.
  if (is_edited && !value.updated) value.updated = context_.Now();
  const std::vector<std::string> tagged = KeysOf(post);
  std::vector<std::string> others;
  for (const std::string& key : keys) {
    if (std::find(tagged.begin(), tagged.end(), key) == tagged.end()) others.push_back(key);
  }
  const std::string where = LoggableUrl(value.url.empty() ? value.id : value.url);
  value.via = Via::kTag;
  if (!tagged.empty() && !batch.AddOrReject(tagged, value, where)) return;
  value.via = Via::kThread;
  if (!others.empty()) batch.AddOrReject(others, value, where);
}

Status WpVisits::WriteFull(PostBatch& batch) { return batch.IsFull() ? Commit(batch) : Status(); }

Status WpVisits::Commit(PostBatch& batch) {
  Status written = context_.Write(batch);
  write_failed_ |= !written;
  return written;
}

void WpVisits::AddTerms(WpPost& post) const {
  for (const std::int64_t term : post.terms) {
    const auto named = terms_.find(term);
    if (named == terms_.end()) continue;
    AddHashtag(post.post, std::get<Post>(post.post.value), named->second);
  }
}

std::vector<std::string> WpVisits::KeysOf(const ArchivePost& post) const {
  return context_.spec().KeysOf(post.hashtags);
}

WpVisits::About WpVisits::ReadAbout(const std::string& conversation) const {
  About about;
  const auto cursor = context_.cursors().find("about " + conversation);
  if (cursor == context_.cursors().end()) return about;
  std::string_view text = cursor->second;
  if (NextWord(text) != "v1") return about;
  about.published = NumberIn(NextWord(text));
  about.withdrawn = NumberIn(NextWord(text));
  about.id = NextWord(text);
  while (!text.empty()) about.keys.emplace_back(NextWord(text));
  return about;
}

Status WpVisits::SaveAbout(PostBatch& batch, const std::string& conversation,
                           const About& about) const {
  std::string value = "v1 " + std::to_string(about.published) + " " +
                      std::to_string(about.withdrawn) + " " + about.id;
  for (const std::string& key : about.keys) value += " " + key;
  return batch.MoveCursor("about " + conversation, value);
}

void WpVisits::Missing(const std::vector<std::string>& keys, const std::string& why) {
  for (const std::string& key : keys) missing_.insert_or_assign(key, why);
}

}  // namespace latecomer
