#include "ingest/feed_document.h"

#include <algorithm>

#include "ingest/blog.h"
#include "ingest/feed_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kDeclarationBytesMax = 200;
constexpr std::size_t kEncodingBytesMax = 40;
// What bytes that are no UTF-8 mostly are, where nobody says.
constexpr char kLegacyEncoding[] = "windows-1252";

std::string LowerOf(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

// The value of `name=` in text in lower case, without quotes.
std::string Parameter(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  const std::size_t begin = text.find_first_not_of(" =\t\"'");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  const std::string_view value = text.substr(0, text.find_first_of(" \t\"';?>"));
  return value.size() <= kEncodingBytesMax ? std::string(value) : std::string();
}

bool IsUtf8Name(std::string_view name) {
  return name == "utf-8" || name == "utf8" || name == "us-ascii" || name == "ascii";
}

bool IsWide(std::string_view body) {
  return body.starts_with("\xFF\xFE") || body.starts_with("\xFE\xFF") ||
         body.find('\0') != std::string_view::npos;
}

// XML has no form for most controls, yet some software writes them; white space before the
// declaration is an error too, and common.
void Tidy(std::string& body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.erase(0, 3);
  if (IsWide(body)) return;
  body.erase(0, std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  // ISO 2022 is made of escapes.
  const std::string_view head = std::string_view(body).substr(0, kDeclarationBytesMax);
  if (LowerOf(head).find("iso-2022") != std::string::npos) return;
  std::erase_if(body, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
}

class Collector final : public FeedEvents {
 public:
  Collector(FeedDocument& document, const Url& url, TimeMs now)
      : document_(document), url_(url), now_(now), name_(LoggableUrl(url.text)) {}

  void StartItem(std::uint64_t number, std::string_view) override { number_ = number; }

  void Give(ArchivePost& post, const FeedReplies& replies) override {
    if (document_.items.size() >= kFeedItemsMax) {
      is_full_ = true;
      return;
    }
    FeedItem& item = document_.items.emplace_back();
    item.post = post;
    item.replies = replies;
    item.replies.rss = Whole(replies.rss);
    item.replies.atom = Whole(replies.atom);
    Post& value = std::get<Post>(item.post.value);
    value.url = Whole(value.url);
    if (value.type == PostType::kNote && !value.published) {
      // Its author's time is not known; that it was there by now is.
      value.published = now_;
      item.is_dated = false;
    }
  }
  void Reject(std::string_view field, std::string reason) override {
    if (document_.rejects.size() >= kFeedItemsMax) return;
    std::string where = "GET " + name_ + " item " + std::to_string(number_);
    if (!field.empty()) where.append(" field ").append(field);
    document_.rejects.push_back({std::move(where), std::move(reason), 0, ""});
  }
  bool stopped() const override { return is_full_; }

  // As an absolute address; "" for what is none.
  std::string Whole(const std::string& reference) const {
    if (reference.empty()) return {};
    Result<Url> resolved = ResolveUrl(url_, reference);
    return resolved ? resolved->text : std::string();
  }

  std::string Broken(const Status& end) const {
    if (is_full_) return "more than " + std::to_string(kFeedItemsMax) + " items in one document";
    return end ? "" : end.error().message;
  }
  const std::string& name() const { return name_; }

 private:
  FeedDocument& document_;
  const Url& url_;
  const TimeMs now_;
  const std::string name_;
  std::uint64_t number_ = 0;
  bool is_full_ = false;
};

}  // namespace

std::string FeedEncoding(std::string_view body, std::string_view content_type) {
  if (IsWide(body)) return "";
  const bool is_utf8 = IsValidUtf8(body);
  std::string stated;
  if (body.starts_with("<?xml")) {
    const std::string_view head = body.substr(0, kDeclarationBytesMax);
    stated = Parameter(LowerOf(head.substr(0, head.find("?>"))), "encoding");
  }
  if (std::all_of(body.begin(), body.end(), [](char c) { return c >= 0; })) return "";
  // Whoever wrote the bytes knew best; a wrong name of what is UTF-8 would be UTF-8 read as
  // Latin-1.
  if (is_utf8) return IsUtf8Name(stated) || stated.empty() ? "" : "UTF-8";
  if (!stated.empty() && !IsUtf8Name(stated)) return "";
  const std::string told = Parameter(LowerOf(content_type), "charset");
  return told.empty() || IsUtf8Name(told) ? kLegacyEncoding : told;
}

bool FeedDocument::IsWordPress() const {
  return head.generator.find("://wordpress.org/") != std::string::npos ||
         head.generator.find("://wordpress.com/") != std::string::npos;
}

Result<FeedDocument> ReadFeedDocument(std::string body, std::string_view content_type,
                                      const Url& url, TimeMs now) {
  FeedDocument document;
  Collector collector(document, url, now);
  Tidy(body);
  FeedReadOptions options;
  options.name = collector.name();
  options.retrieved = now;
  Status end;
  if (body.starts_with('{')) {
    end = ReadJsonFeed(body, options, collector, document.head);
    if (!end) return end.error();
  } else {
    constexpr std::size_t kBeginningBytes = 4'096;
    if (!IsWide(body) && !LooksLikeFeed(std::string_view(body).substr(0, kBeginningBytes))) {
      return Invalid(collector.name() + ": it is no feed.");
    }
    options.encoding = FeedEncoding(body, content_type);
    // What it says of itself would be believed all the same.
    if (!options.encoding.empty() && body.starts_with("<?xml")) {
      body.erase(0, std::min(body.find("?>"), body.size() - 2) + 2);
    }
    const std::unique_ptr<ByteSource> source = MakeMemorySource(body);
    end = ReadFeed(*source, options, collector, document.head);
    if (!end && document.items.empty() && document.head.site.empty()) return end.error();
  }
  document.broken = collector.Broken(end);
  FeedHead& head = document.head;
  head.next = collector.Whole(head.next);
  head.prev_archive = collector.Whole(head.prev_archive);
  return document;
}

}  // namespace latecomer
