#include "ingest/feed_json.h"

#include "ingest/archive_output.h"
#include "ingest/blog.h"
#include "ingest/json_tree.h"
#include "ingest/mastodon_owner.h"
#include "model/html.h"

namespace latecomer {
namespace {

// An id is a string, but older feeds have numbers.
std::string IdOf(JsonValue item) {
  if (const std::optional<std::int64_t> number = item["id"].integer()) {
    return std::to_string(*number);
  }
  return std::string(Trim(item["id"].text()));
}

void SetAuthor(JsonValue of, const std::string& site, Author& author) {
  JsonValue stated = of["author"];  // version 1.0
  for (const JsonValue one : of["authors"]) {
    stated = one;
    break;
  }
  author.name = Trim(stated["name"].text());
  const std::string url(Trim(stated["url"].text()));
  if (!HostOfUrl(url).empty()) {
    author.id = author.url = url;
  } else if (const std::string host = HostOfUrl(site); !host.empty()) {
    author.id = NamedAuthorId("https://" + host + "/", author.name);
  }
  author.icon = stated["avatar"].text();
}

std::string Html(JsonValue item) {
  if (!item["content_html"].text().empty()) return std::string(item["content_html"].text());
  if (!item["content_text"].text().empty()) return HtmlFromText(item["content_text"].text());
  return HtmlFromText(item["summary"].text());
}

class JsonFeed {
 public:
  JsonFeed(JsonValue root, const FeedReadOptions& options, FeedEvents& events, FeedHead& head)
      : root_(root), events_(events), head_(head), retrieved_(options.retrieved) {}

  void Read() {
    head_.site = root_["home_page_url"].text();
    head_.next = root_["next_url"].text();
    std::uint64_t number = 0;
    for (const JsonValue item : root_["items"]) {
      if (events_.stopped()) return;
      events_.StartItem(++number, IdOf(item));
      Give(item);
    }
  }

 private:
  bool ReadTime(JsonValue item, std::string_view field, std::optional<TimeMs>& out) {
    const std::string_view stated = item[field].text();
    if (stated.empty()) return true;
    out = ParseTime(stated);
    if (!out) events_.Reject(field, "`" + std::string(field) + "` is no time.");
    return out.has_value();
  }

  void Give(JsonValue item) {
    Post& post = ResetPost(post_);
    if (!ReadTime(item, "date_published", post.published)) return;
    if (!ReadTime(item, "date_modified", post.updated)) return;
    if (!post.published) post.published = post.updated;
    if (post.updated == post.published) post.updated.reset();
    post.url = Trim(item["url"].text());
    post.id = IdOf(item);
    if (!IsAbsoluteUri(post.id)) {
      const std::string host = HostOfUrl(head_.site);
      if (IsAbsoluteUri(post.url)) {
        post.id = post.url;
      } else if (!post.id.empty() && !host.empty()) {
        post.id = NamedAuthorId("https://" + host + "/", post.id);
      } else {
        events_.Reject("id", "`id` is missing.");
        return;
      }
    }
    SetAuthor(item["authors"] || item["author"] ? item : root_, head_.site, post.attributed_to);
    post.content = SanitiseHtml(TitledHtml(item["title"].text(), Html(item)));
    post.language = item["language"].text();
    for (const JsonValue tag : item["tags"]) AddHashtag(post_, post, Trim(tag.text()));
    AddHashtagsOfText(post_, post);
    post.source.kind = "feed";
    post.source.instance = HostOfUrl(head_.site.empty() ? post.id : head_.site);
    post.source.retrieved = retrieved_;
    events_.Give(post_, {});
  }

  const JsonValue root_;
  FeedEvents& events_;
  FeedHead& head_;
  const std::optional<TimeMs> retrieved_;
  ArchivePost post_;
};

}  // namespace

Status ReadJsonFeed(std::string& text, const FeedReadOptions& options, FeedEvents& events,
                    FeedHead& head) {
  JsonTree tree;
  if (Status parsed = tree.Parse(text.data(), text.size()); !parsed) {
    return Invalid(options.name + ": " + parsed.error().message);
  }
  if (!tree.root()["version"].text().starts_with("https://jsonfeed.org/version/1") ||
      !tree.root()["items"].is_array()) {
    return Invalid(options.name + ": it is JSON, but no JSON Feed.");
  }
  JsonFeed(tree.root(), options, events, head).Read();
  return {};
}

}  // namespace latecomer
