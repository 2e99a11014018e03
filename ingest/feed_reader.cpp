#include "ingest/feed_reader.h"

#include <charconv>

#include "base/sha256.h"
#include "ingest/archive_output.h"
#include "ingest/blog.h"
#include "ingest/mastodon_owner.h"
#include "ingest/xml_walk.h"
#include "model/html.h"

namespace latecomer {
namespace {

std::optional<std::int64_t> Count(std::string_view text) {
  text = Trim(text);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0) return std::nullopt;
  return count;
}

// WordPress names a comment POST#comment-NUMBER (get_comment_guid).
bool IsCommentId(std::string_view id) { return !PostOfCommentId(id).empty(); }

class FeedHandler final : public XmlHandler {
 public:
  FeedHandler(const FeedReadOptions& options, FeedEvents& events, FeedHead& head)
      : out_(events), head_(head), site_(head.site), now_(options.retrieved) {}

  void Start(std::string_view name, const XmlAttributes& attributes) override {
    keep_markup_ = false;
    if (name == "source" || name == "image" || name == "textInput") ++aside_;
    if (aside_ > 0) return;
    if (name == "item" || name == "entry") {
      item_ = {};
      in_item_ = true;
      item_.guid = name == "item" ? attributes.Get("rdf:about") : "";
    } else if (name == "author" || name == "contributor") {
      within_ = name;
    } else if (name == "link") {
      Link(attributes);
    } else if (name == "category" && in_item_) {
      term_ = attributes.Get("term");
    } else if (name == "thr:in-reply-to" && in_item_) {
      item_.reply = attributes.Get("ref");
    } else if (name == "at:deleted-entry" && !in_item_) {
      GiveDeleted(attributes.Get("ref"), attributes.Get("when"));
    } else if (name == "generator" && !in_item_) {
      head_.generator = attributes.Get("uri");
    } else if (name == "content" || name == "summary" || name == "title") {
      text_type_ = attributes.Get("type");
      keep_markup_ = text_type_ == "xhtml";
    }
  }
  bool KeepMarkup() const override { return keep_markup_; }
  bool stopped() const override { return out_.stopped(); }

  void End(std::string_view name, const std::string& text, bool cut) override {
    if (aside_ > 0) {
      if (name == "source" || name == "image" || name == "textInput") --aside_;
      return;
    }
    if (cut) item_.cut = true;
    if (name == "item" || name == "entry") {
      Give();
      in_item_ = false;
    } else if (name == "author" && within_ == "author") {
      // RSS has the name or an address as text, Atom has elements.
      if (in_item_ && item_.author.empty()) item_.author = Trim(text);
      within_.clear();
    } else if (!within_.empty() && name == within_) {
      within_.clear();
    } else if (within_ == "author") {
      AuthorField(name, text);
    } else if (within_.empty() && in_item_) {
      ItemField(name, text);
    } else if (within_.empty() && name == "link" && site_.empty()) {
      site_ = Trim(text);
    } else if (name == "generator" && head_.generator.empty()) {
      head_.generator = Trim(text);
    } else if (name == "ttl") {
      head_.ttl_minutes = Count(text);
    } else if (within_.empty() && name == "id" && site_.empty() && !HostOfUrl(text).empty()) {
      site_ = Trim(text);
    }
  }

 private:
  struct Item {
    std::string title, link, guid, author, author_uri, content, summary, reply;
    std::string published, updated;
    std::vector<std::string> hashtags;
    FeedReplies replies;
    bool cut = false;
  };

  void Link(const XmlAttributes& attributes) {
    const std::string href = attributes.Get("href");
    const std::string rel = attributes.Get("rel");
    if (href.empty()) return;
    if (rel.empty() || rel == "alternate") {
      std::string& link = in_item_ ? item_.link : site_;
      if (link.empty()) link = href;
    } else if (rel == "replies" && in_item_) {
      const std::string type = attributes.Get("type");
      if (type.starts_with("application/atom+xml") || type.starts_with("application/rss+xml")) {
        item_.replies.atom = href;
        if (!item_.replies.count) item_.replies.count = Count(attributes.Get("thr:count"));
      }
    } else if (rel == "prev-archive" && !in_item_) {
      head_.prev_archive = href;
    } else if (rel == "next" && !in_item_) {
      head_.next = href;
    }
  }

  void AuthorField(std::string_view name, const std::string& text) {
    std::string& author = in_item_ ? item_.author : feed_author_;
    std::string& uri = in_item_ ? item_.author_uri : feed_author_uri_;
    if (name == "name") author = Trim(text);
    if (name == "uri") uri = Trim(text);
  }

  // Atom's text is HTML only where it says so.
  std::string AtomHtml(const std::string& text) const {
    if (text_type_ == "html" || text_type_ == "xhtml" || text_type_ == "text/html") return text;
    return HtmlFromText(text);
  }

  void ItemField(std::string_view name, const std::string& text) {
    if (name == "title")
      item_.title = text_type_ == "html" ? TextFromHtml(SanitiseHtml(text)) : text;
    if (name == "link" && !Trim(text).empty()) item_.link = Trim(text);
    if (name == "guid" || name == "id") item_.guid = Trim(text);
    if (name == "dc:creator") item_.author = Trim(text);
    if (name == "pubDate" || name == "published" || name == "dc:date") item_.published = Trim(text);
    if (name == "updated") item_.updated = Trim(text);
    if (name == "content:encoded") item_.content = text;
    if (name == "content") item_.content = AtomHtml(text);
    if (name == "summary") item_.summary = AtomHtml(text);
    if (name == "description") item_.summary = text;
    if (name == "wfw:commentRss") item_.replies.rss = Trim(text);
    if (name == "slash:comments" || name == "thr:total") item_.replies.count = Count(text);
    if (name == "category" && item_.hashtags.size() < kTagsMax) {
      item_.hashtags.push_back(term_.empty() ? std::string(Trim(text)) : term_);
      term_.clear();
    }
    if (name == "title" || name == "content" || name == "summary") text_type_.clear();
  }

  static std::optional<TimeMs> Time(std::string_view text) {
    if (std::optional<TimeMs> time = ParseTime(text)) return time;
    return ParseRfc822(text);
  }

  bool ReadTime(std::string_view field, const std::string& stated, std::optional<TimeMs>& out) {
    if (stated.empty()) return true;
    out = Time(stated);
    if (!out) out_.Reject(field, "`" + std::string(field) + "` is no time.");
    return out.has_value();
  }

  // guid or id if it is a whole address, else the link, else a tag: URI (RFC 4151) of what there
  // is.
  std::string Id(const std::optional<TimeMs>& published) const {
    if (IsAbsoluteUri(item_.guid)) return item_.guid;
    if (IsAbsoluteUri(item_.link)) return item_.link;
    const std::string host = HostOfUrl(site_);
    if (host.empty() || !published) return {};
    const std::string specific = item_.guid.empty()
                                     ? Sha256Hex(item_.title + "\n" + item_.content + item_.summary)
                                     : NamedAuthorId("guid", item_.guid).substr(12);
    return "tag:" + host + "," + FormatTime(*published).substr(0, 10) + ":" + specific;
  }

  void Give() {
    out_.StartItem(++number_, item_.guid.empty() ? item_.link : item_.guid);
    if (item_.cut) {
      out_.Reject("content", "An element of the item is longer than 1 MiB.");
      return;
    }
    Post& post = ResetPost(post_);
    const std::string& first = item_.published.empty() ? item_.updated : item_.published;
    if (!ReadTime("published", first, post.published)) return;
    if (!ReadTime("updated", item_.updated, post.updated)) return;
    if (post.updated == post.published) post.updated.reset();
    post.id = Id(post.published);
    post.url = item_.link;
    post.in_reply_to = item_.reply;
    SetAuthor(post.attributed_to);
    const std::string& body = item_.content.empty() ? item_.summary : item_.content;
    post.content = SanitiseHtml(TitledHtml(HasOwnTitle(post, body) ? item_.title : "", body));
    for (const std::string& hashtag : item_.hashtags) AddHashtag(post_, post, hashtag);
    AddHashtagsOfText(post_, post);
    post.source.kind = "feed";
    post.source.instance = HostOfUrl(site_.empty() ? post.id : site_);
    post.source.retrieved = now_;
    out_.Give(post_, item_.replies);
  }

  // The title of a comment is made of that of what it answers, or is its own first words again.
  bool HasOwnTitle(const Post& post, const std::string& body) const {
    if (body.empty()) return true;
    if (IsCommentId(post.id)) return false;
    if (item_.reply.empty()) return true;
    std::string_view title = Trim(item_.title);
    if (title.ends_with("...")) title.remove_suffix(3);
    return !TextFromHtml(SanitiseHtml(body)).starts_with(title);
  }

  void GiveDeleted(const std::string& ref, const std::string& when) {
    out_.StartItem(++number_, ref);
    Post& post = ResetPost(post_);
    post.type = PostType::kTombstone;
    post.id = Trim(ref);
    if (!ReadTime("when", when, post.deleted)) return;
    post.source.kind = "feed";
    post.source.instance = HostOfUrl(site_.empty() ? post.id : site_);
    post.source.retrieved = now_;
    out_.Give(post_, {});
  }

  void SetAuthor(Author& author) const {
    const bool own = !item_.author.empty() || !item_.author_uri.empty();
    const std::string& uri = own ? item_.author_uri : feed_author_uri_;
    author.name = own ? item_.author : feed_author_;
    if (!HostOfUrl(uri).empty()) {
      author.id = author.url = uri;
      return;
    }
    const std::string host = HostOfUrl(site_.empty() ? item_.link : site_);
    if (!host.empty()) author.id = NamedAuthorId("https://" + host + "/", author.name);
  }

  FeedEvents& out_;
  FeedHead& head_;
  std::string& site_;  // of the head
  const std::optional<TimeMs> now_;
  std::string feed_author_, feed_author_uri_;
  std::string within_;     // author or contributor: its elements are not the item's
  int aside_ = 0;          // open elements that are about something else
  std::string term_;       // of the category that is open
  std::string text_type_;  // of Atom's text that is open
  Item item_;
  bool in_item_ = false;
  bool keep_markup_ = false;
  std::uint64_t number_ = 0;
  ArchivePost post_;
};

}  // namespace

std::string_view PostOfCommentId(std::string_view id) {
  constexpr std::string_view kMark = "#comment-";
  const std::size_t at = id.rfind(kMark);
  if (at == std::string_view::npos || !Count(id.substr(at + kMark.size()))) return {};
  return id.substr(0, at);
}

bool LooksLikeFeed(std::string_view beginning) {
  if (!beginning.starts_with('<')) return false;
  for (std::string_view root : {"<rss", "<feed", "<rdf:RDF", "<atom:feed"}) {
    const std::size_t at = beginning.find(root);
    if (at == std::string_view::npos || at + root.size() >= beginning.size()) continue;
    const char next = beginning[at + root.size()];
    if (next == ' ' || next == '>' || next == '\n' || next == '\r' || next == '\t') return true;
  }
  return false;
}

Status ReadFeed(ByteSource& source, const FeedReadOptions& options, FeedEvents& events,
                FeedHead& head) {
  FeedHandler handler(options, events, head);
  return WalkXml(source, options.name, handler, options.encoding);
}

}  // namespace latecomer
