#include "ingest/wordpress_lists.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/sha256.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr std::int64_t kPostsAPage = 50;
constexpr std::int64_t kTailPosts = 20;
constexpr std::int64_t kCommentsAPage = 100;
constexpr int kTailPagesMax = 50;
// What is written may appear a little late, where a database has replicas.
constexpr std::int64_t kLookBackMs = 3'600'000;
constexpr std::size_t kTermsMax = 1'000;
// Dates of a blog may be read in its own time zone.
constexpr std::int64_t kZoneMs = 86'400'000;

std::string_view NextWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

template <typename Number>
bool Read(std::string_view word, Number& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

// The hashtag and its aliases, folded.
std::vector<std::string> FormsOf(const FollowedHashtag& hashtag) {
  std::vector<std::string> forms = {hashtag.hashtag};
  for (const std::string& alias : hashtag.aliases) {
    if (std::find(forms.begin(), forms.end(), alias) == forms.end()) forms.push_back(alias);
  }
  return forms;
}

bool Names(const std::string& term, const std::vector<std::string>& forms) {
  const Result<std::string> folded = FoldHashtag(term);
  return folded && std::find(forms.begin(), forms.end(), *folded) != forms.end();
}

std::string Joined(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) {
    if (!text.empty()) text += ',';
    text += std::to_string(number);
  }
  return text;
}

}  // namespace

WpLists::WpLists(SourceContext& context, WpApi& api, WpVisits& visits,
                 std::map<std::int64_t, std::string>& terms, std::optional<TimeMs> since)
    : context_(context), api_(api), visits_(visits), terms_(terms), since_(since) {}

Status WpLists::Restore() {
  const auto cursor = context_.cursors().find("tail");
  if (cursor == context_.cursors().end()) return {};
  std::string_view text = cursor->second;
  if (NextWord(text) != "v1" || !Read(NextWord(text), tail_.read_until) ||
      !Read(NextWord(text), tail_.modified) || !Read(NextWord(text), tail_.date) ||
      !Read(NextWord(text), tail_.comment)) {
    return Corrupt("the cursor \"tail\" cannot be read");
  }
  return {};
}

// By slug, which WordPress makes of what it is given as it makes them of names, and by a search,
// since a tag's name and slug may have little in common.
Status WpLists::FindTerms() {
  terms_.clear();
  tags_.clear();
  categories_.clear();
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    const std::vector<std::string> forms = FormsOf(hashtag);
    for (const auto& [path, to] :
         {std::pair{"tags", &tags_}, std::pair{"categories", &categories_}}) {
      std::set<std::int64_t> found;
      for (const std::string& form : forms) {
        for (const char* by : {"slug", "search"}) {
          WpWalk<WpTerm> walk(api_, {path, {{by, form}, {"_fields", "id,name,slug"}}, 100, false},
                              [](std::string& body) { return ReadWpTerms(body); });
          while (!walk.ended() && found.size() < kTermsMax) {
            Result<std::vector<WpTerm>> page = walk.Next();
            if (!page) return page.error();
            for (const WpTerm& term : *page) {
              if (!Names(term.name, forms) && !Names(term.slug, forms)) continue;
              found.insert(term.number);
              terms_.emplace(term.number, hashtag.hashtag);
            }
          }
        }
      }
      (*to)[hashtag.hashtag].assign(found.begin(), found.end());
    }
  }
  return {};
}

std::size_t WpLists::CountTerms(const std::string& hashtag) const {
  const auto tags = tags_.find(hashtag);
  const auto categories = categories_.find(hashtag);
  return (tags == tags_.end() ? 0 : tags->second.size()) +
         (categories == categories_.end() ? 0 : categories->second.size());
}

bool WpLists::IsTooOld(const ArchivePost& post) const {
  const std::optional<TimeMs>& published = std::get<Post>(post.value).published;
  return since_ && published && *published < *since_;
}

// Tail
Result<bool> WpLists::ReadTail() {
  const TimeMs begin = context_.Now();
  Tail next = tail_;
  const Result<bool> modified = ReadPosts("modified", tail_.modified, &next.modified);
  if (!modified) return modified.error();
  // A post that was planned appears under its date, long after it was modified last.
  const Result<bool> dated = ReadPosts("date", tail_.date, &next.date);
  if (!dated) return dated.error();
  const Result<bool> comments = ReadComments(tail_.comment, &next.comment);
  if (!comments) return comments.error();
  next.read_until = begin;
  PostBatch batch(context_.spec().name);
  Status moved = batch.MoveCursor(
      "tail", "v1 " + std::to_string(next.read_until) + " " + std::to_string(next.modified) + " " +
                  std::to_string(next.date) + " " + std::to_string(next.comment));
  if (!moved) return moved.error();
  if (Status s = context_.Write(batch); !s) return s.error();
  const bool is_first = tail_.read_until == 0;
  tail_ = next;
  return is_first || (*modified && *dated && *comments);
}

Result<bool> WpLists::ReadPosts(const std::string& order, TimeMs known_until, TimeMs* newest) {
  WpWalk<WpPost> walk(
      api_,
      {"posts",
       {{"orderby", order},
        {"order", "desc"},
        {"_embed", "author,wp:term"},
        {"_fields", std::string(kWpPostFields)}},
       kTailPosts,
       false},
      [this](std::string& body) { return ReadWpPosts(body, api_.site(), context_.Now()); });
  PostBatch batch(context_.spec().name);
  TimeMs greatest = known_until;
  for (int pages = 0; !walk.ended(); ++pages) {
    if (pages == kTailPagesMax || context_.stopped()) return false;
    Result<std::vector<WpPost>> page = walk.Next();
    if (!page) return page.error();
    bool is_known = known_until == 0;  // the first time: what there is already is swept
    for (WpPost& post : *page) {
      const Post& value = std::get<Post>(post.post.value);
      TimeMs at = value.published.value_or(0);
      if (order == "modified") at = value.updated.value_or(at);
      greatest = std::max(greatest, at);
      is_known |= at < known_until - kLookBackMs;
      if (IsTooOld(post.post)) continue;
      if (Status s = visits_.SawPost(batch, "posts", std::move(post)); !s) return s.error();
    }
    if (Status s = context_.Write(batch); !s) return s.error();
    if (is_known) break;
  }
  // A clock that was wrong once must not hide what comes until then.
  *newest = std::min(greatest, context_.Now());
  return walk.broken().empty();
}

Result<bool> WpLists::ReadComments(std::int64_t known_until, std::int64_t* newest) {
  WpWalk<WpComment> walk(
      api_,
      {"comments",
       {{"orderby", "id"}, {"order", "desc"}, {"_fields", std::string(kWpCommentFields)}},
       kCommentsAPage,
       false},
      [this](std::string& body) { return ReadWpComments(body, api_.site(), context_.Now()); });
  PostBatch batch(context_.spec().name);
  for (int pages = 0; !walk.ended(); ++pages) {
    if (pages == kTailPagesMax || context_.stopped()) return false;
    Result<std::vector<WpComment>> page = walk.Next();
    // Some blogs give the comments of a post, but not of all posts.
    if (!page)
      return page.error().code == ErrorCode::kRetryLater ? page.error() : Result<bool>(true);
    bool is_known = known_until == 0;
    for (const WpComment& comment : *page) {
      *newest = std::max(*newest, comment.number);
      is_known |= comment.number <= known_until;
      if (Status s = visits_.SawComment(batch, comment); !s) return s.error();
    }
    if (Status s = context_.Write(batch); !s) return s.error();
    if (is_known) break;
  }
  return walk.broken().empty();
}

// Sweeps
std::vector<WpSweepStep> WpLists::StepsOf(const FollowedHashtag& hashtag) const {
  std::vector<WpSweepStep> steps;
  for (const auto& [name, from] :
       {std::pair{"tags", &tags_}, std::pair{"categories", &categories_}}) {
    const auto terms = from->find(hashtag.hashtag);
    if (terms == from->end() || terms->second.empty()) continue;
    steps.push_back({"posts", name, Joined(terms->second)});
  }
  for (const std::string& form : FormsOf(hashtag)) {
    for (const char* path : {"posts", "pages", "comments"}) {
      steps.push_back({path, "search", "#" + form});
    }
  }
  return steps;
}

WpLists::Progress WpLists::ReadProgress(const std::string& hashtag) const {
  Progress progress;
  const auto cursor = context_.cursors().find("sweep " + hashtag);
  if (cursor == context_.cursors().end()) return progress;
  std::string_view text = cursor->second;
  if (NextWord(text) != "v1") return progress;
  progress.set = NextWord(text);
  if (!Read(NextWord(text), progress.due) || !Read(NextWord(text), progress.step) ||
      !Read(NextWord(text), progress.offset) || !Read(NextWord(text), progress.last)) {
    return {};
  }
  return progress;
}

Status WpLists::SaveProgress(PostBatch& batch, const std::string& hashtag,
                             const Progress& progress) const {
  return batch.MoveCursor("sweep " + hashtag, "v1 " + progress.set + " " +
                                                  std::to_string(progress.due) + " " +
                                                  std::to_string(progress.step) + " " +
                                                  std::to_string(progress.offset) + " " +
                                                  std::to_string(progress.last));
}

namespace {

std::string SetOf(const std::vector<WpSweepStep>& steps) {
  std::string text;
  for (const WpSweepStep& step : steps)
    text += step.path + " " + step.name + " " + step.value + "\n";
  return Sha256Hex(text).substr(0, 16);
}

}  // namespace

bool WpLists::IsDue(const FollowedHashtag& hashtag, TimeMs now) const {
  const Progress progress = ReadProgress(hashtag.hashtag);
  return progress.due <= now || progress.set != SetOf(StepsOf(hashtag));
}

Status WpLists::SweepAll(PostBatch& batch) {
  for (const FollowedHashtag& hashtag : context_.spec().hashtags) {
    Progress progress;
    progress.set = SetOf(StepsOf(hashtag));
    if (Status s = SaveProgress(batch, hashtag.hashtag, progress); !s) return s;
  }
  return {};
}

Status WpLists::Sweep(const FollowedHashtag& hashtag, const std::function<Status()>& between,
                      std::string* why) {
  const std::vector<WpSweepStep> steps = StepsOf(hashtag);
  Progress progress = ReadProgress(hashtag.hashtag);
  if (progress.set != SetOf(steps) || progress.due != 0) {
    progress = {};
    progress.set = SetOf(steps);
  }
  while (progress.step < steps.size() && !context_.stopped()) {
    const WpSweepStep& step = steps[progress.step];
    if (Status swept = SweepStep(hashtag, step, progress, between); !swept) {
      const ErrorCode code = swept.error().code;
      if (code != ErrorCode::kNotFound && code != ErrorCode::kInvalid) return swept;
      // Searching is often switched off, and pages may be.
      *why = "the blog does not list its " + step.path + " by " + step.name;
    }
    if (context_.stopped()) return {};
    ++progress.step;
    progress.offset = progress.last = 0;
  }
  if (context_.stopped()) return {};
  progress.step = 0;
  progress.due = context_.Now() + std::chrono::milliseconds(kSweepEvery).count();
  PostBatch batch(context_.spec().name);
  if (Status s = SaveProgress(batch, hashtag.hashtag, progress); !s) return s;
  return context_.Write(batch);
}

Status WpLists::SweepStep(const FollowedHashtag& hashtag, const WpSweepStep& step,
                          Progress& progress, const std::function<Status()>& between) {
  WpList list;
  list.path = step.path;
  list.by_number = true;
  list.parameters = {{step.name, step.value}, {"orderby", "id"}, {"order", "asc"}};
  if (since_) list.parameters.emplace_back("after", FormatTime(*since_ - kZoneMs));
  if (step.path == "comments") {
    list.per_page = kCommentsAPage;
    list.parameters.emplace_back("_fields", kWpCommentFields);
    WpWalk<WpComment> walk(api_, std::move(list), [this](std::string& body) {
      return ReadWpComments(body, api_.site(), context_.Now());
    });
    return SweepPages<WpComment>(
        hashtag, walk, progress,
        [this](PostBatch& batch, WpComment& comment) { return visits_.SawComment(batch, comment); },
        between);
  }
  list.per_page = kPostsAPage;
  list.parameters.emplace_back("_embed", "author,wp:term");
  list.parameters.emplace_back("_fields", kWpPostFields);
  WpWalk<WpPost> walk(api_, std::move(list), [this](std::string& body) {
    return ReadWpPosts(body, api_.site(), context_.Now());
  });
  return SweepPages<WpPost>(
      hashtag, walk, progress,
      [this, &step](PostBatch& batch, WpPost& post) {
        return IsTooOld(post.post) ? Status() : visits_.SawPost(batch, step.path, std::move(post));
      },
      between);
}

template <typename Item>
Status WpLists::SweepPages(const FollowedHashtag& hashtag, WpWalk<Item>& walk, Progress& progress,
                           const std::function<Status(PostBatch&, Item&)>& take,
                           const std::function<Status()>& between) {
  walk.Resume(progress.offset, progress.last);
  while (!walk.ended() && !context_.stopped()) {
    Result<std::vector<Item>> page = walk.Next();
    if (!page) return page.error();
    PostBatch batch(context_.spec().name);
    for (Item& item : *page) {
      if (Status s = take(batch, item); !s) return s;
    }
    progress.offset = walk.offset();
    progress.last = walk.last();
    if (Status s = SaveProgress(batch, hashtag.hashtag, progress); !s) return s;
    if (Status s = context_.Write(batch); !s) return s;
    if (Status s = between(); !s) return s;
  }
  if (!walk.broken().empty()) return Invalid(walk.broken());
  if (walk.unreadable() > 0) return Invalid("some items could not be read");
  return {};
}

}  // namespace latecomer
