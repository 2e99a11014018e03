#include "tests/ingest/fake_blog.h"

#include <algorithm>

#include "base/json_out.h"
#include "ingest/blog.h"
#include "tests/ingest/fake_blog_text.h"

namespace latecomer::test {
namespace {

std::set<std::int64_t> Numbers(const std::string& list) {
  std::set<std::int64_t> numbers;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    numbers.insert(std::stoll(list.substr(at, end - at)));
    at = end + 1;
  }
  return numbers;
}

std::string Failure(const std::string& code, int status) {
  return "{\"code\":\"" + code +
         "\",\"message\":\"no\",\"data\":{\"status\":" + std::to_string(status) + "}}";
}

}  // namespace

std::int64_t FakeBlog::AddTag(const std::string& name) {
  const std::lock_guard lock(mutex_);
  tags_[++last_] = {last_, name, LowerOf(name)};
  return last_;
}

std::int64_t FakeBlog::AddPost(const std::string& title, const std::string& content,
                               std::vector<std::int64_t> tags) {
  const std::lock_guard lock(mutex_);
  Post& post = posts_[++last_];
  post.number = last_;
  post.title = title;
  post.content = content;
  post.tags = std::move(tags);
  post.date = post.modified = now / 1000 * 1000;
  return last_;
}

std::int64_t FakeBlog::AddComment(std::int64_t post, const std::string& text, std::int64_t parent) {
  const std::lock_guard lock(mutex_);
  Comment& comment = comments_[++last_];
  comment.number = last_;
  comment.post = post;
  comment.parent = parent;
  comment.text = text;
  comment.author = "Ben";
  comment.date = now / 1000 * 1000;
  return last_;
}

void FakeBlog::ChangePost(std::int64_t number, const std::function<void(Post&)>& change) {
  const std::lock_guard lock(mutex_);
  Post& post = posts_.at(number);
  post.modified = now / 1000 * 1000;
  change(post);
}

void FakeBlog::ChangeComment(std::int64_t number, const std::function<void(Comment&)>& change) {
  const std::lock_guard lock(mutex_);
  change(comments_.at(number));
}

void FakeBlog::TrashPost(std::int64_t number) {
  ChangePost(number, [](Post& post) { post.status = "trash"; });
}

void FakeBlog::TrashComment(std::int64_t number) {
  ChangeComment(number, [](Comment& comment) { comment.status = "trash"; });
}

void FakeBlog::DeletePost(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  posts_.erase(number);
  std::erase_if(comments_, [number](const auto& one) { return one.second.post == number; });
}

void FakeBlog::DeleteComment(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  comments_.erase(number);
}

std::string FakeBlog::Guid(std::int64_t post) const {
  return (guid_base.empty() ? base : guid_base) + "/?p=" + std::to_string(post);
}

std::string FakeBlog::Link(std::int64_t post) const {
  return base + "/2023/post-" + std::to_string(post) + "/";
}

bool FakeBlog::Carries(const Post& post, const std::string& tag) const {
  for (const std::int64_t number : post.tags) {
    const auto found = tags_.find(number);
    if (found != tags_.end() && LowerOf(found->second.name) == tag) return true;
  }
  return Contains(post.content, "#" + tag);
}

std::map<std::string, std::string> FakeBlog::Expected(const std::string& tag) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> expected;
  for (const auto& [number, post] : posts_) {
    bool belongs = Carries(post, tag);
    for (const auto& [other, comment] : comments_) {
      const bool is_shown = comment.post == number && comment.status == "approved";
      belongs |= is_shown && Contains(comment.text, "#" + tag);
    }
    if (!belongs || post.status != "publish" || post.is_protected) continue;
    expected[Guid(number)] =
        std::string(Carries(post, tag) ? "tag " : "thread ") + post.title + "\n" + post.content;
    for (const auto& [other, comment] : comments_) {
      if (comment.post != number || comment.status != "approved") continue;
      const std::string parent =
          Guid(number) + (comment.parent > 0 ? "#comment-" + std::to_string(comment.parent) : "");
      expected[Guid(number) + "#comment-" + std::to_string(other)] =
          std::string(Contains(comment.text, "#" + tag) ? "tag " : "thread ") + comment.text +
          " in reply to " + parent;
    }
  }
  return expected;
}

void FakeBlog::Serve(const ServedRequest& request, Peer& peer) {
  ++served;
  if (before && before(request, peer)) return;
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string path = request.target.substr(0, mark);
  Query query;
  for (std::size_t at = mark + 1; at < request.target.size();) {
    const std::size_t end = std::min(request.target.find('&', at), request.target.size());
    const std::size_t equals = std::min(request.target.find('=', at), end);
    query.emplace(
        PercentDecode(request.target.substr(at, equals - at)),
        equals < end ? PercentDecode(request.target.substr(equals + 1, end - equals - 1)) : "");
    at = end + 1;
  }
  const std::lock_guard lock(mutex_);
  int status = 200;
  std::vector<std::string> headers;
  if (query.contains("feed")) {
    const std::string body = Feed(query, &status);
    headers = {"Content-Type: application/atom+xml; charset=UTF-8"};
    peer.Send(Reply(status, body, headers));
  } else if (path == "/") {
    if (rest) {
      headers = {"Link: <" + base + "/wp-json/>; rel=\"https://api.w.org/\""};
    }
    headers.emplace_back("Content-Type: text/html");
    peer.Send(Reply(200, "<html><title>Blog</title></html>", headers));
  } else if (path.starts_with("/wp-json/") && rest) {
    headers = {"Content-Type: application/json; charset=UTF-8"};
    const std::string body = Rest(path.substr(9), query, &status, &headers);
    peer.Send(Reply(status, body, headers));
  } else {
    peer.Send(Reply(404, "<html>none</html>", {"Content-Type: text/html"}));
  }
}

std::string FakeBlog::Rest(const std::string& path, const Query& query, int* status,
                           std::vector<std::string>* headers) const {
  if (path.empty()) {
    return "{\"name\":\"Blog\",\"url\":\"" + base + "\",\"home\":\"" + base +
           "\",\"namespaces\":[\"oembed/1.0\",\"wp/v2\"]}";
  }
  if (path.starts_with("wp/v2/")) {
    const std::string route = path.substr(6);
    const std::size_t slash = route.find('/');
    if (slash == std::string::npos) return List(route, query, status, headers);
    return One(route.substr(0, slash), std::stoll("0" + route.substr(slash + 1)), status);
  }
  *status = 404;
  return Failure("rest_no_route", 404);
}

std::string FakeBlog::One(const std::string& route, std::int64_t number, int* status) const {
  if (route == "comments") {
    const auto comment = comments_.find(number);
    *status = comment == comments_.end() ? 404 : 401;
    if (comment == comments_.end()) return Failure("rest_comment_invalid_id", 404);
    const auto post = posts_.find(comment->second.post);
    if (comment->second.status != "approved" || post == posts_.end() ||
        post->second.status != "publish") {
      return Failure("rest_cannot_read", 401);
    }
    *status = 200;
    return CommentJson(comment->second);
  }
  const auto post = posts_.find(number);
  *status = post == posts_.end() || post->second.route != route ? 404 : 401;
  if (*status == 404) return Failure("rest_post_invalid_id", 404);
  if (post->second.status != "publish") return Failure("rest_forbidden", 401);
  *status = 200;
  return PostJson(post->second);
}

std::string FakeBlog::List(const std::string& route, const Query& query, int* status,
                           std::vector<std::string>* headers) const {
  struct Row {
    std::int64_t number;
    TimeMs date, modified;
    std::string json;
  };
  std::vector<Row> rows;
  const std::string search = Find(query, "search");
  if (route == "tags" || route == "categories") {
    for (const auto& [number, term] : tags_) {
      if (route == "categories") break;
      if (query.contains("slug") && term.slug != LowerOf(Find(query, "slug"))) continue;
      if (!search.empty() && !Contains(term.name, search)) continue;
      std::string json;
      JsonObject(json)
          .Int("id", number)
          .String("name", term.name)
          .String("slug", term.slug)
          .Close();
      rows.push_back({number, 0, 0, json});
    }
  } else if (route == "comments") {
    const std::set<std::int64_t> of = Numbers(Find(query, "post"));
    for (const std::int64_t post : of) {
      const auto found = posts_.find(post);
      if (found != posts_.end() && found->second.status != "publish") {
        *status = 401;
        return Failure("rest_cannot_read_post", 401);
      }
    }
    for (const auto& [number, comment] : comments_) {
      const auto post = posts_.find(comment.post);
      if (comment.status != "approved" || post == posts_.end() ||
          post->second.status != "publish") {
        continue;
      }
      if (!of.empty() && !of.contains(comment.post)) continue;
      if (!search.empty() && !Contains(comment.text, search)) continue;
      rows.push_back({number, comment.date, comment.date, CommentJson(comment)});
    }
  } else {
    const std::set<std::int64_t> tags = Numbers(Find(query, "tags"));
    const std::set<std::int64_t> include = Numbers(Find(query, "include"));
    for (const auto& [number, post] : posts_) {
      if (post.status != "publish" || post.route != route) continue;
      if (!include.empty() && !include.contains(number)) continue;
      if (!search.empty() && !Contains(post.content, search)) continue;
      if (!tags.empty() && std::none_of(post.tags.begin(), post.tags.end(),
                                        [&](std::int64_t tag) { return tags.contains(tag); })) {
        continue;
      }
      if (query.contains("after") && post.date <= *ParseTime(Find(query, "after"))) continue;
      rows.push_back({number, post.date, post.modified, PostJson(post)});
    }
  }
  const std::string by = Find(query, "orderby", "date");
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (by == "modified") return std::pair(a.modified, a.number) < std::pair(b.modified, b.number);
    if (by == "id") return a.number < b.number;
    return std::pair(a.date, a.number) < std::pair(b.date, b.number);
  });
  if (Find(query, "order", "desc") == "desc") std::reverse(rows.begin(), rows.end());
  const std::size_t per_page = std::stoul(Find(query, "per_page", "10"));
  const std::size_t offset = std::stoul(Find(query, "offset", "0"));
  if (per_page > 100) {
    *status = 400;
    return Failure("rest_invalid_param", 400);
  }
  headers->push_back("X-WP-Total: " + std::to_string(rows.size()));
  headers->push_back("X-WP-TotalPages: " + std::to_string((rows.size() + per_page - 1) / per_page));
  std::string json = "[";
  for (std::size_t i = offset; i < std::min(offset + per_page, rows.size()); ++i) {
    if (json.size() > 1) json += ',';
    json += rows[i].json;
  }
  return json + "]";
}

std::string FakeBlog::PostJson(const Post& post) const {
  std::string json;
  std::string title, content, terms = "[[", tags = "[";
  JsonObject(title).String("rendered", Escaped(post.title)).Close();
  JsonObject(content)
      .String("rendered", post.is_protected ? "" : "<p>" + Escaped(post.content) + "</p>")
      .Bool("protected", post.is_protected)
      .Close();
  for (const std::int64_t tag : post.tags) {
    if (tags.size() > 1) {
      tags += ',';
      terms += ',';
    }
    tags += std::to_string(tag);
    const Term& term = tags_.at(tag);
    JsonObject(terms).Int("id", tag).String("name", term.name).String("slug", term.slug).Close();
  }
  JsonObject(json)
      .Int("id", post.number)
      .String("date_gmt", Gmt(post.date))
      .String("modified_gmt", Gmt(post.modified))
      .Raw("guid", "{\"rendered\":\"" + Guid(post.number) + "\"}")
      .String("link", Link(post.number))
      .Raw("title", title)
      .Raw("content", content)
      .Int("author", 1)
      .String("status", post.status)
      .Raw("tags", tags + "]")
      .Raw("categories", "[]")
      .Raw("_embedded", "{\"author\":[{\"id\":1,\"name\":\"Ana\",\"slug\":\"ana\",\"link\":\"" +
                            base + "/author/ana/\"}],\"wp:term\":" + terms + "]]}")
      .Close();
  return json;
}

std::string FakeBlog::CommentJson(const Comment& comment) const {
  std::string json;
  std::string content;
  JsonObject(content).String("rendered", "<p>" + Escaped(comment.text) + "</p>\n").Close();
  const auto post = posts_.find(comment.post);
  const std::string route = post == posts_.end() ? "posts" : post->second.route;
  JsonObject(json)
      .Int("id", comment.number)
      .Int("post", comment.post)
      .Int("parent", comment.parent)
      .Int("author", 0)
      .String("author_name", comment.author)
      .String("author_url", "")
      .String("date_gmt", Gmt(comment.date))
      .Raw("content", content)
      .String("status", comment.status)
      .String("type", "comment")
      .Raw("_links", "{\"up\":[{\"href\":\"" + base + "/wp-json/wp/v2/" + route + "/" +
                         std::to_string(comment.post) + "\"}]}")
      .Close();
  return json;
}

}  // namespace latecomer::test
