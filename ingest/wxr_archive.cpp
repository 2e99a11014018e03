// WordPress eXtended RSS: what WordPress exports, posts with their comments
// (https://github.com/WordPress/wordpress-develop, wp-admin/includes/export.php).
#include "ingest/archive_format.h"
#include "ingest/blog.h"
#include "ingest/mastodon_owner.h"
#include "ingest/xml_walk.h"
#include "model/html.h"

#include <algorithm>
#include <map>

namespace latecomer {
namespace {

constexpr std::size_t kAuthorsMax = 100'000;

bool Fits(const ArchiveHead& head) {
  return head.bytes.starts_with('<') &&
         head.bytes.find("http://wordpress.org/export/") != std::string_view::npos;
}

class WxrHandler final : public XmlHandler {
 public:
  explicit WxrHandler(ArchiveInput& input) : out_(input.out), now_(RetrievedNow(input.options)) {}

  void Start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "item") {
      item_ = {};
      in_item_ = true;
    } else if (name == "wp:comment") {
      if (in_item_) GivePost();
      comment_ = {};
      in_comment_ = true;
    } else if (name == "wp:author") {
      author_ = {};
      in_author_ = true;
    } else if (name == "category" && in_item_) {
      category_slug_ = PercentDecode(attributes.Get("nicename"));
    }
  }

  void End(std::string_view name, const std::string& text, bool cut) override {
    if (name == "wp:comment") {
      GiveComment();
      in_comment_ = false;
    } else if (name == "item") {
      GivePost();
      in_item_ = false;
    } else if (name == "wp:author") {
      EndAuthor();
    } else if (in_comment_) {
      CommentField(name, text, cut);
    } else if (in_item_) {
      ItemField(name, text, cut);
    } else if (in_author_) {
      AuthorField(name, text);
    } else if (name == "wp:base_blog_url" || (name == "link" && site_.empty())) {
      site_ = Trim(text);
    }
  }
  bool stopped() const override { return out_.stopped(); }

 private:
  struct Item {
    std::string title, link, guid, creator, content, status, type, password;
    std::optional<TimeMs> published, updated;
    std::vector<std::string> hashtags;
    std::string id;  // once given
    bool cut = false;
    bool given = false;
    bool shown = false;  // a published post, whose comments count
  };
  struct Comment {
    std::string id, author, url, user, parent, content, approved, type, date;
    bool cut = false;
  };
  struct WxrAuthor {
    std::string id, login, name;
  };

  void ItemField(std::string_view name, const std::string& text, bool cut) {
    if (name == "title") item_.title = Trim(text);
    if (name == "link") item_.link = Trim(text);
    if (name == "guid") item_.guid = Trim(text);
    if (name == "dc:creator") item_.creator = Trim(text);
    if (name == "content:encoded") {
      item_.content = text;
      item_.cut = cut;
    }
    if (name == "wp:status") item_.status = Trim(text);
    if (name == "wp:post_type") item_.type = Trim(text);
    if (name == "wp:post_password") item_.password = Trim(text);
    if (name == "wp:post_date_gmt") item_.published = ParseWordPressTime(text);
    if (name == "wp:post_modified_gmt") item_.updated = ParseWordPressTime(text);
    if (name == "pubDate" && !item_.published) item_.published = ParseRfc822(text);
    if (name == "category" && item_.hashtags.size() < kTagsMax) {
      item_.hashtags.emplace_back(Trim(text));
      item_.hashtags.push_back(category_slug_);
    }
  }

  void CommentField(std::string_view name, const std::string& text, bool cut) {
    if (name == "wp:comment_id") comment_.id = Trim(text);
    if (name == "wp:comment_author") comment_.author = Trim(text);
    if (name == "wp:comment_author_url") comment_.url = Trim(text);
    if (name == "wp:comment_user_id") comment_.user = Trim(text);
    if (name == "wp:comment_parent") comment_.parent = Trim(text);
    if (name == "wp:comment_approved") comment_.approved = Trim(text);
    if (name == "wp:comment_type") comment_.type = Trim(text);
    if (name == "wp:comment_date_gmt") comment_.date = Trim(text);
    if (name == "wp:comment_content") {
      comment_.content = text;
      comment_.cut = cut;
    }
  }

  void AuthorField(std::string_view name, const std::string& text) {
    if (name == "wp:author_id") author_.id = Trim(text);
    if (name == "wp:author_login") author_.login = Trim(text);
    if (name == "wp:author_display_name") author_.name = Trim(text);
  }

  void EndAuthor() {
    in_author_ = false;
    if (author_.login.empty() || authors_.size() >= kAuthorsMax) return;
    authors_.emplace(author_.login, author_);
  }

  std::string UserId(std::string_view number) const {
    return site_ + "/?author=" + std::string(number);
  }

  Post& NewPost(const std::string& id) {
    Post& post = ResetPost(post_);
    post.id = id;
    post.source.kind = "wordpress";
    post.source.instance = HostOfUrl(site_.empty() ? id : site_);
    post.source.retrieved = now_;
    return post;
  }

  // Called at the first comment, or at the item's end: WordPress writes comments last.
  void GivePost() {
    if (item_.given) return;
    item_.given = true;
    item_.id = IsAbsoluteUri(item_.guid) ? item_.guid : item_.link;
    item_.shown = item_.status == "publish" && item_.password.empty() &&
                  item_.type != "attachment" && item_.type != "nav_menu_item" &&
                  !item_.type.starts_with("wp_");
    if (!item_.shown) return;
    out_.StartItem(++number_, item_.id);
    if (item_.cut) {
      out_.Reject("content:encoded", "`content:encoded` is longer than 1 MiB.");
      return;
    }
    Post& post = NewPost(item_.id);
    if (!HostOfUrl(item_.link).empty()) post.url = item_.link;
    post.published = item_.published;
    if (item_.updated != item_.published) post.updated = item_.updated;
    PostAuthor(post.attributed_to);
    post.content = SanitiseHtml(TitledHtml(item_.title, WordPressParagraphs(item_.content)));
    for (const std::string& hashtag : item_.hashtags) AddHashtag(post_, post, hashtag);
    AddHashtagsOfText(post_, post);
    out_.Emit(post_);
  }

  void PostAuthor(Author& author) const {
    if (item_.creator.empty()) return;
    const auto known = authors_.find(item_.creator);
    author.preferred_username = item_.creator;
    if (known == authors_.end() || known->second.id.empty()) {
      author.id = NamedAuthorId(site_, item_.creator);
      return;
    }
    author.id = UserId(known->second.id);
    author.name = known->second.name;
  }

  void GiveComment() {
    if (!item_.shown || comment_.approved != "1") return;
    if (!comment_.type.empty() && comment_.type != "comment") return;  // pingbacks
    out_.StartItem(++number_, item_.id + "#comment-" + comment_.id);
    if (comment_.id.empty() || item_.id.empty()) {
      out_.Reject("wp:comment_id", "`wp:comment_id` is missing.");
      return;
    }
    if (comment_.cut) {
      out_.Reject("wp:comment_content", "`wp:comment_content` is longer than 1 MiB.");
      return;
    }
    Post& post = NewPost(CommentId(comment_.id));
    if (!HostOfUrl(item_.link).empty()) post.url = item_.link + "#comment-" + comment_.id;
    post.published = ParseWordPressTime(comment_.date);
    post.context = item_.id;
    const bool answers_post = comment_.parent.empty() || comment_.parent == "0";
    post.in_reply_to = answers_post ? item_.id : CommentId(comment_.parent);
    CommentAuthor(post.attributed_to);
    post.content = SanitiseHtml(WordPressParagraphs(comment_.content));
    AddHashtagsOfText(post_, post);
    out_.Emit(post_);
  }

  // As WordPress's own get_comment_guid, which its feeds use.
  std::string CommentId(std::string_view number) const {
    return item_.id + "#comment-" + std::string(number);
  }

  void CommentAuthor(Author& author) const {
    author.name = comment_.author;
    if (!HostOfUrl(comment_.url).empty()) author.url = comment_.url;
    if (!comment_.user.empty() && comment_.user != "0") {
      author.id = UserId(comment_.user);
    } else {
      author.id = !author.url.empty() ? author.url : NamedAuthorId(site_, comment_.author);
    }
  }

  ArchiveOutput& out_;
  std::optional<TimeMs> now_;
  std::string site_;
  std::map<std::string, WxrAuthor> authors_;  // by login
  WxrAuthor author_;
  Item item_;
  Comment comment_;
  std::string category_slug_;
  bool in_item_ = false;
  bool in_comment_ = false;
  bool in_author_ = false;
  std::uint64_t number_ = 0;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  WxrHandler handler(input);
  return WalkXml(input.source, input.out.name(), handler);
}

}  // namespace

const ArchiveFormat kWxrFormat = {"wxr", "export of WordPress with its comments", &Fits, &Read};

}  // namespace latecomer
