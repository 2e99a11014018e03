#include "ingest/wordpress_json.h"

#include <algorithm>

#include "ingest/archive_output.h"
#include "ingest/blog.h"
#include "ingest/json_tree.h"
#include "ingest/mastodon_owner.h"
#include "ingest/revisits.h"
#include "model/html.h"

namespace latecomer {
namespace {

// A site's root lists every route with its arguments.
constexpr std::size_t kRouteBytesMax = 40;

std::string TextOf(std::string_view html) { return TextFromHtml(SanitiseHtml(html)); }

// An address as it stands in HTML.
std::string Unescaped(std::string_view address) {
  return address.find('&') == std::string_view::npos ? std::string(Trim(address)) : TextOf(address);
}

std::int64_t NumberOf(JsonValue value) {
  if (const std::optional<std::int64_t> number = value.integer()) return *number;
  return 0;
}

// `date_gmt` is UTC and states no zone; WordPress.com does state one.
std::optional<TimeMs> TimeOf(JsonValue value) {
  std::string text(Trim(value.text()));
  if (text.size() == 19 && text[10] == 'T') text += 'Z';
  if (text.starts_with("0000-")) return std::nullopt;
  return ParseTime(text);
}

std::string UserId(const WpSite& site, std::int64_t number) {
  return site.home + "/?author=" + std::to_string(number);
}

// The largest of the pictures.
std::string Avatar(JsonValue sizes) {
  std::string_view url;
  for (const JsonValue size : sizes) {
    if (!size.text().empty()) url = size.text();
  }
  return Unescaped(url);
}

// The parsed answer, its items one by one.
class Answer {
 public:
  explicit Answer(std::string& text) : parsed_(tree_.Parse(text.data(), text.size())) {}

  Status Check() const {
    if (!parsed_) return parsed_.error();
    if (!tree_.root().is_array() && !tree_.root().is_object()) return Invalid("no list of objects");
    return {};
  }
  JsonValue root() const { return tree_.root(); }
  template <typename Take>
  void ForEach(Take take) const {
    if (root().is_object()) {
      take(root());
      return;
    }
    for (const JsonValue item : root()) {
      if (item.is_object()) take(item);
    }
  }

 private:
  JsonTree tree_;
  Status parsed_;
};

void SetPostAuthor(JsonValue item, const WpSite& site, Author& author) {
  const std::int64_t number = NumberOf(item["author"]);
  if (number <= 0) return;
  author.id = UserId(site, number);
  for (const JsonValue user : item["_embedded"]["author"]) {
    if (NumberOf(user["id"]) != number) continue;  // an error: users may be hidden
    author.name = TextOf(user["name"].text());
    author.preferred_username = user["slug"].text();
    author.url = Unescaped(user["link"].text());
    author.icon = Avatar(user["avatar_urls"]);
  }
}

void AddTerms(JsonValue item, WpPost& out, Post& post) {
  for (const char* kind : {"tags", "categories"}) {
    for (const JsonValue term : item[kind]) out.terms.push_back(NumberOf(term));
  }
  for (const JsonValue taxonomy : item["_embedded"]["wp:term"]) {
    for (const JsonValue term : taxonomy) {
      AddHashtag(out.post, post, TextOf(term["name"].text()));
      AddHashtag(out.post, post, PercentDecode(term["slug"].text()));
    }
  }
}

// What is volatile stays out: content may hold what is made anew each time it is shown.
std::uint32_t DigestOf(const WpPost& read, const Post& post) {
  std::string text = read.is_protected ? "protected" : "";
  text += std::to_string(post.updated.value_or(post.published.value_or(0))) + "\n" + post.url;
  text += "\n" + post.attributed_to.id;
  for (const std::string& hashtag : read.post.hashtags) text += "\n" + hashtag;
  return KnownDigest(text);
}

WpPost ReadPost(JsonValue item, const WpSite& site, TimeMs now) {
  WpPost read;
  read.number = NumberOf(item["id"]);
  read.status = item["status"].text();
  read.is_protected = item["content"]["protected"].is_true();
  Post& post = ResetPost(read.post);
  post.url = Unescaped(item["link"].text());
  post.id = Unescaped(item["guid"]["rendered"].text());
  if (!IsAbsoluteUri(post.id)) post.id = IsAbsoluteUri(post.url) ? post.url : "";
  post.published = TimeOf(item["date_gmt"]);
  post.updated = TimeOf(item["modified_gmt"]);
  if (!post.published) post.published = post.updated;
  if (post.updated == post.published) post.updated.reset();
  SetPostAuthor(item, site, post.attributed_to);
  post.content = SanitiseHtml(
      TitledHtml(TextOf(item["title"]["rendered"].text()), item["content"]["rendered"].text()));
  AddTerms(item, read, post);
  AddHashtagsOfText(read.post, post);
  post.source = {"wordpress", HostOfUrl(site.home), now};
  read.digest = DigestOf(read, post);
  return read;
}

// "posts" of "…/wp/v2/posts/4": a name that may stand in an address.
std::string RouteOf(JsonValue item) {
  for (const JsonValue up : item["_links"]["up"]) {
    std::string_view href = up["href"].text();
    const std::size_t number = href.rfind('/');
    if (number == std::string_view::npos) continue;
    href = href.substr(0, number);
    const std::string_view route = href.substr(href.rfind('/') + 1);
    const bool plain = std::all_of(route.begin(), route.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (plain && !route.empty() && route.size() <= kRouteBytesMax) return std::string(route);
  }
  return {};
}

WpComment ReadComment(JsonValue item, const WpSite& site, TimeMs now) {
  WpComment read;
  read.number = NumberOf(item["id"]);
  read.post_number = NumberOf(item["post"]);
  read.parent = NumberOf(item["parent"]);
  read.status = item["status"].text();
  read.type = item["type"].text();
  read.post_route = RouteOf(item);
  Post& post = ResetPost(read.post);
  post.published = TimeOf(item["date_gmt"]);
  Author& author = post.attributed_to;
  author.name = TextOf(item["author_name"].text());
  const std::string url = Unescaped(item["author_url"].text());
  if (!HostOfUrl(url).empty()) author.url = url;
  const std::int64_t user = NumberOf(item["author"]);
  if (user > 0) {
    author.id = UserId(site, user);
  } else {
    author.id = !author.url.empty() ? author.url : NamedAuthorId(site.home, author.name);
  }
  author.icon = Avatar(item["author_avatar_urls"]);
  post.content = SanitiseHtml(item["content"]["rendered"].text());
  AddHashtagsOfText(read.post, post);
  post.source = {"wordpress", HostOfUrl(site.home), now};
  // Not what it answers: where a comment is deleted, WordPress hangs the answers to it one higher,
  // and they answered it all the same.
  read.digest = KnownDigest(author.id + "\n" + author.name + "\n" + TextFromHtml(post.content));
  return read;
}

}  // namespace

const std::string_view kWpPostFields =
    "id,date_gmt,modified_gmt,guid,link,title,content,author,tags,categories,status,_links,"
    "_embedded";
const std::string_view kWpCommentFields =
    "id,post,parent,author,author_name,author_url,author_avatar_urls,date_gmt,content,status,type,"
    "_links";

Result<WpSite> ReadWpSite(std::string& text) {
  // Many times longer than all that is read of it.
  JsonTree tree({"routes"});
  if (Status parsed = tree.Parse(text.data(), text.size()); !parsed) return parsed.error();
  const JsonValue root = tree.root();
  WpSite site;
  site.home = root["home"].text().empty() ? root["url"].text() : root["home"].text();
  while (site.home.ends_with('/')) site.home.pop_back();
  if (HostOfUrl(site.home).empty()) return Invalid("it is not the root of WordPress's API");
  for (const JsonValue name : root["namespaces"]) site.has_posts |= name.text() == "wp/v2";
  return site;
}

Result<std::vector<WpTerm>> ReadWpTerms(std::string& text) {
  const Answer answer(text);
  if (Status ok = answer.Check(); !ok) return ok.error();
  std::vector<WpTerm> terms;
  answer.ForEach([&](JsonValue item) {
    const std::int64_t id = NumberOf(item["id"]);
    if (id <= 0) return;
    terms.push_back({id, TextOf(item["name"].text()), PercentDecode(item["slug"].text())});
  });
  return terms;
}

Result<std::vector<WpPost>> ReadWpPosts(std::string& text, const WpSite& site, TimeMs now) {
  const Answer answer(text);
  if (Status ok = answer.Check(); !ok) return ok.error();
  std::vector<WpPost> posts;
  answer.ForEach([&](JsonValue item) {
    if (NumberOf(item["id"]) > 0) posts.push_back(ReadPost(item, site, now));
  });
  return posts;
}

Result<std::vector<WpComment>> ReadWpComments(std::string& text, const WpSite& site, TimeMs now) {
  const Answer answer(text);
  if (Status ok = answer.Check(); !ok) return ok.error();
  std::vector<WpComment> comments;
  answer.ForEach([&](JsonValue item) {
    if (NumberOf(item["id"]) > 0) comments.push_back(ReadComment(item, site, now));
  });
  return comments;
}

std::string ReadWpErrorCode(std::string text) {
  JsonTree tree;
  if (!tree.Parse(text.data(), text.size())) return {};
  return std::string(tree.root()["code"].text());
}

std::string WpCommentId(const std::string& post_id, std::int64_t number) {
  return post_id + "#comment-" + std::to_string(number);
}

void PlaceComment(WpComment& comment, const std::string& post_id, const std::string& post_url) {
  Post& post = std::get<Post>(comment.post.value);
  post.id = WpCommentId(post_id, comment.number);
  if (!HostOfUrl(post_url).empty()) {
    post.url = post_url + "#comment-" + std::to_string(comment.number);
  }
  post.context = post_id;
  post.in_reply_to = comment.parent > 0 ? WpCommentId(post_id, comment.parent) : post_id;
}

}  // namespace latecomer
