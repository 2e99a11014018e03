// Feeds: Atom (RFC 4287, with replies after RFC 4685), RSS 2.0 and RSS 1.0.
#include "base/sha256.h"
#include "ingest/archive_format.h"
#include "ingest/blog.h"
#include "ingest/mastodon_owner.h"
#include "ingest/xml_walk.h"
#include "model/html.h"

namespace latecomer {
namespace {

bool Fits(const ArchiveHead& head) {
  if (!head.bytes.starts_with('<')) return false;
  for (std::string_view root : {"<rss", "<feed", "<rdf:RDF", "<atom:feed"}) {
    const std::size_t at = head.bytes.find(root);
    if (at == std::string_view::npos || at + root.size() >= head.bytes.size()) continue;
    const char next = head.bytes[at + root.size()];
    if (next == ' ' || next == '>' || next == '\n' || next == '\r' || next == '\t') return true;
  }
  return false;
}

class FeedHandler final : public XmlHandler {
 public:
  explicit FeedHandler(ArchiveInput& input) : out_(input.out), now_(RetrievedNow(input.options)) {}

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
    } else if (within_.empty() && name == "id" && site_.empty() && !HostOfUrl(text).empty()) {
      site_ = Trim(text);
    }
  }

 private:
  struct Item {
    std::string title, link, guid, author, author_uri, content, summary, reply;
    std::string published, updated;
    std::vector<std::string> hashtags;
    bool cut = false;
  };

  void Link(const XmlAttributes& attributes) {
    const std::string href = attributes.Get("href");
    const std::string rel = attributes.Get("rel");
    if (href.empty() || (!rel.empty() && rel != "alternate")) return;
    std::string& link = in_item_ ? item_.link : site_;
    if (link.empty()) link = href;
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
    if (!HostOfUrl(item_.link).empty()) post.url = item_.link;
    post.in_reply_to = item_.reply;
    SetAuthor(post.attributed_to);
    post.content = SanitiseHtml(
        TitledHtml(item_.title, item_.content.empty() ? item_.summary : item_.content));
    for (const std::string& hashtag : item_.hashtags) AddHashtag(post_, post, hashtag);
    AddHashtagsOfText(post_, post);
    post.source.kind = "feed";
    post.source.instance = HostOfUrl(site_.empty() ? post.id : site_);
    post.source.retrieved = now_;
    out_.Emit(post_);
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

  ArchiveOutput& out_;
  std::optional<TimeMs> now_;
  std::string site_;
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

Status Read(ArchiveInput& input) {
  FeedHandler handler(input);
  return WalkXml(input.source, input.out.name(), handler);
}

}  // namespace

const ArchiveFormat kFeedFormat = {"feed", "Atom or RSS", &Fits, &Read};

}  // namespace latecomer
