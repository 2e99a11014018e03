#include "ingest/mastodon_status.h"

#include <algorithm>
#include <optional>

#include "ingest/archive_output.h"
#include "ingest/mastodon_owner.h"
#include "ingest/revisits.h"
#include "model/html.h"

namespace latecomer {
namespace {

constexpr std::size_t kIdMax = 64;
constexpr std::string_view kNoAvatar = "/missing.png";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsNumber(std::string_view id) { return std::all_of(id.begin(), id.end(), IsDigit); }

// Older servers write ids as numbers.
std::string IdText(JsonValue id) {
  if (const std::optional<std::int64_t> number = id.integer()) return std::to_string(*number);
  return std::string(id.text());
}

std::string WebAddress(JsonValue value) {
  return HostOfUrl(value.text()).empty() ? std::string() : std::string(value.text());
}

// The actor to whom a post's uri says that it belongs; "" where it does not say so.
std::string ActorOfPost(std::string_view uri) {
  const std::string host = HostOfUrl(uri);
  if (host.empty()) return {};
  const std::size_t path = uri.find('/', uri.find("://") + 3);
  if (path == std::string_view::npos) return {};
  const std::string_view rest = uri.substr(path);
  // Mastodon, GoToSocial: /users/NAME/statuses/ID.
  if (rest.starts_with("/users/")) {
    const std::size_t end = rest.find("/statuses/");
    if (end != std::string_view::npos && end > 7) return std::string(uri.substr(0, path + end));
  }
  // Pixelfed: /p/NAME/ID.
  if (rest.starts_with("/p/")) {
    const std::size_t end = rest.find('/', 3);
    if (end != std::string_view::npos && end > 3) {
      return std::string(uri.substr(0, path)) + "/users/" + std::string(rest.substr(3, end - 3));
    }
  }
  return {};
}

void SetAuthor(JsonValue account, std::string_view uri, Author& author) {
  author = {};
  author.url = WebAddress(account["url"]);
  author.id = WebAddress(account["uri"]);
  if (author.id.empty()) author.id = ActorOfPost(uri);
  if (author.id.empty()) author.id = author.url;
  if (author.id.empty()) return;
  const std::string_view name = account["username"].text();
  if (!name.empty()) author.preferred_username = std::string(name) + "@" + HostOfUrl(author.id);
  author.name = account["display_name"].text();
  const std::string_view icon = account["avatar"].text();
  if (!icon.ends_with(kNoAvatar)) author.icon = WebAddress(account["avatar"]);
}

// As its author's server names people: those of its own host without the host.
std::string MentionName(JsonValue mention, const std::string& author_host,
                        std::string_view instance) {
  std::string_view name = mention["acct"].text();
  if (name.empty()) return {};
  std::string_view host = instance;
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    host = name.substr(at + 1);
    name = name.substr(0, at);
  }
  std::string text = "@" + std::string(name);
  if (host != author_host) text += "@" + std::string(host);
  return text;
}

void AddTags(JsonValue json, std::string_view instance, ArchivePost& to, Post& post) {
  const std::string author_host = HostOfUrl(post.id);
  for (JsonValue mention : json["mentions"]) {
    if (!mention.is_object() || post.tag.size() >= kTagsMax) continue;
    std::string name = MentionName(mention, author_host, instance);
    if (name.empty()) continue;
    post.tag.push_back({"Mention", WebAddress(mention["url"]), std::move(name)});
  }
  for (JsonValue tag : json["tags"]) AddHashtag(to, post, tag["name"].text());
}

std::string_view AttachmentType(std::string_view type) {
  if (type == "image") return "Image";
  if (type == "video" || type == "gifv") return "Video";
  if (type == "audio") return "Audio";
  return "Document";
}

void AddAttachments(JsonValue attachments, Post& post) {
  for (JsonValue item : attachments) {
    if (!item.is_object() || post.attachment.size() >= kAttachmentsMax) continue;
    Attachment& out = post.attachment.emplace_back();
    out.type = AttachmentType(item["type"].text());
    out.media_type = item["pleroma"]["mime_type"].text();
    // Where its author's server keeps it; else this is that server.
    out.url = WebAddress(item["remote_url"]);
    if (out.url.empty()) out.url = WebAddress(item["url"]);
    out.name = item["description"].text();
    const JsonValue size = item["meta"]["original"];
    out.width = size["width"].integer();
    out.height = size["height"].integer();
  }
}

void SetQuote(JsonValue json, MastodonStatus& status) {
  Post& post = status.note();
  const JsonValue quote = json["quote"];
  const JsonValue pleroma = json["pleroma"];
  for (const JsonValue uri : {quote["quoted_status"]["uri"], quote["uri"], pleroma["quote"]["uri"],
                              pleroma["quote_url"], json["quote_url"]}) {
    if (post.quote_uri.empty()) post.quote_uri = WebAddress(uri);
  }
  if (!post.quote_uri.empty()) return;
  for (const JsonValue id :
       {quote["quoted_status_id"], quote["id"], pleroma["quote_id"], json["quote_id"]}) {
    if (status.quoted_id.empty() && IsMastodonId(IdText(id))) status.quoted_id = IdText(id);
  }
}

Error Wrong(std::string_view field, std::string_view what) {
  return Invalid("`" + std::string(field) + "` " + std::string(what) + ".");
}

Status ReadNote(JsonValue json, std::string_view instance, MastodonStatus& status) {
  Post& post = status.note();
  const std::string_view content = json["content"].text();
  if (content.size() > kContentBytesMax) {
    return Wrong("content",
                 "is longer than " + std::to_string(kContentBytesMax) + " bytes of HTML");
  }
  post.content = SanitiseHtml(content);
  post.summary = json["spoiler_text"].text();
  post.language = json["language"].text();
  post.sensitive = json["sensitive"].is_true();
  post.url = WebAddress(json["url"]);
  if (const JsonValue edited = json["edited_at"]) {
    post.updated = ParseTime(edited.text());
    if (!post.updated) return Wrong("edited_at", "is no time");
  }
  status.in_reply_to_id = IdText(json["in_reply_to_id"]);
  if (!status.in_reply_to_id.empty() && !IsMastodonId(status.in_reply_to_id)) {
    return Wrong("in_reply_to_id", "is no id");
  }
  status.replies = std::max<std::int64_t>(0, json["replies_count"].integer().value_or(0));
  AddTags(json, instance, status.post, post);
  AddAttachments(json["media_attachments"], post);
  SetQuote(json, status);
  return {};
}

// `depth`: of reposts; a repost of a repost is none.
Result<MastodonStatus> ReadStatus(JsonValue json, std::string_view instance, TimeMs now,
                                  int depth) {
  if (!json.is_object()) return Invalid("It is no JSON object.");
  MastodonStatus status;
  status.id = IdText(json["id"]);
  if (!IsMastodonId(status.id)) return Wrong("id", "is missing or none that an instance gives");
  const std::string_view visibility = json["visibility"].text();
  if (visibility.empty()) return Wrong("visibility", "is missing");
  status.is_public = visibility == "public" || visibility == "unlisted";
  if (!status.is_public) return status;

  Post& post = ResetPost(status.post);
  post.id = json["uri"].text();
  if (HostOfUrl(post.id).empty()) return Wrong("uri", "is missing or no address");
  post.published = ParseTime(json["created_at"].text());
  if (!post.published) return Wrong("created_at", "is missing or no time");
  SetAuthor(json["account"], post.id, post.attributed_to);
  post.source = {"mastodon", std::string(instance), now};

  const JsonValue reblog = json["reblog"];
  if (reblog.is_object()) {
    if (depth > 0) return Wrong("reblog", "is itself a repost");
    Result<MastodonStatus> original = ReadStatus(reblog, instance, now, depth + 1);
    if (!original) return original.error();
    if (!original->is_public) {
      status.is_public = false;
      return status;
    }
    post.type = PostType::kAnnounce;
    post.object = original->note().id;
    status.post.hashtags = original->post.hashtags;
    status.reposted = std::make_unique<MastodonStatus>(std::move(*original));
    return status;
  }
  if (Status read = ReadNote(json, instance, status); !read) return read.error();
  return status;
}

// FNV-1a's input: fields, each with its end marked.
void Append(std::string& text, std::string_view field) {
  text += field;
  text += '\0';
}

}  // namespace

bool IsMastodonId(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

bool MastodonIdLess(std::string_view a, std::string_view b) {
  if (!IsNumber(a) || !IsNumber(b)) return a < b;
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

Result<MastodonStatus> ReadMastodonStatus(JsonValue json, std::string_view instance, TimeMs now) {
  return ReadStatus(json, instance, now, 0);
}

bool IsOwnPost(std::string_view uri, std::string_view instance) {
  return !instance.empty() && HostOfUrl(uri) == instance;
}

std::uint32_t MastodonDigest(const Post& post) {
  std::string text;
  text.reserve(post.content.size() + 512);
  text += static_cast<char>('0' + static_cast<int>(post.type));
  text += post.sensitive ? '1' : '0';
  Append(text, post.updated ? std::to_string(*post.updated) : "");
  Append(text, post.url);
  Append(text, post.attributed_to.id);
  Append(text, post.content);
  Append(text, post.summary);
  Append(text, post.language);
  Append(text, post.in_reply_to);
  Append(text, post.object);
  Append(text, post.quote_uri);
  for (const Tag& tag : post.tag) {
    Append(text, tag.type);
    Append(text, tag.name);
  }
  for (const Attachment& item : post.attachment) {
    Append(text, item.url);
    Append(text, item.name);
  }
  return KnownDigest(text);
}

std::vector<std::string_view> MastodonSkippedKeys() {
  return {"application", "card",          "emojis",  "emoji_reactions", "fields",  "filtered",
          "header",      "header_static", "history", "media_metadata",  "note",    "poll",
          "preview_url", "reactions",     "roles",   "avatar_static",   "blurhash"};
}

}  // namespace latecomer
