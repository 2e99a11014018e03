#include "replay/entry_view.h"

#include "base/json_out.h"
#include "model/html.h"
#include "model/post_json.h"

namespace latecomer {
namespace {

bool StartsWithNoCase(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

bool IsWebUrl(std::string_view url) {
  return StartsWithNoCase(url, "https://") || StartsWithNoCase(url, "http://");
}

// Quotes may be named by identities that browsers do not run.
bool IsHarmlessId(std::string_view id) {
  return IsWebUrl(id) || StartsWithNoCase(id, "at://") || StartsWithNoCase(id, "nostr:") ||
         StartsWithNoCase(id, "urn:");
}

std::string_view HostOf(std::string_view url) {
  if (!IsWebUrl(url)) return {};
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::size_t at = url.rfind('@');
  return at == std::string_view::npos ? url : url.substr(at + 1);
}

void StringOrNull(JsonObject& object, std::string_view name, std::string_view value) {
  if (value.empty()) {
    object.Null(name);
  } else {
    object.String(name, value);
  }
}

void UrlOrNull(JsonObject& object, std::string_view name, std::string_view url) {
  StringOrNull(object, name, IsWebUrl(url) ? url : std::string_view());
}

void IntOrNull(JsonObject& object, std::string_view name, std::optional<std::int64_t> value) {
  if (value) {
    object.Int(name, *value);
  } else {
    object.Null(name);
  }
}

void AppendAuthor(JsonObject& object, const TimelineEntry& entry, const EntryContent& content) {
  if (content.gone || entry.record.author.empty()) {
    object.Null("author");
    return;
  }
  object.Key("author");
  const Author& author = content.post.attributed_to;
  JsonObject value(object.out());
  value.String("id", entry.record.author);
  StringOrNull(value, "handle", author.preferred_username);
  StringOrNull(value, "name", author.name);
  UrlOrNull(value, "url", IsWebUrl(author.url) ? author.url : entry.record.author);
  value.Close();
}

void AppendPlace(JsonObject& object, const HashtagView& view, const TimelineEntry& entry) {
  const Timeline& timeline = view.timeline();
  if (entry.parent_node == kNone) {
    object.Null("parent").Null("parent_n");
  } else {
    object.String("parent", timeline.NodeId(entry.parent_node));
    if (entry.parent_node < timeline.entries().size()) {
      object.String("parent_n", std::to_string(timeline.entries()[entry.parent_node].record.n));
    } else {
      object.Null("parent_n");
    }
  }
  object.String("conversation", timeline.conversations()[entry.conversation].id);
  object.Uint("depth", entry.depth);
  if (entry.session == kNone) {
    object.Null("session");
  } else {
    object.Time("session", timeline.sessions()[entry.session].record.id);
  }
  IntOrNull(object, "late_by_s", entry.late_by_s);
  object.String("via", entry.record.via == Via::kTag ? "tag" : "thread");
}

// The hashtags it carries, without their `#`.
void AppendTags(std::string& out, const std::vector<Tag>& tags) {
  out += '[';
  bool first = true;
  for (const Tag& tag : tags) {
    std::string_view name = tag.name;
    if (tag.type != "Hashtag" || name.empty()) continue;
    if (name.front() == '#') name.remove_prefix(1);
    if (!first) out += ',';
    first = false;
    AppendJsonString(out, name);
  }
  out += ']';
}

void AppendAttachments(std::string& out, const std::vector<Attachment>& attachments) {
  out += '[';
  bool first = true;
  for (const Attachment& attachment : attachments) {
    if (!IsWebUrl(attachment.url)) continue;
    if (!first) out += ',';
    first = false;
    JsonObject object(out);
    StringOrNull(object, "type", attachment.type);
    StringOrNull(object, "mediaType", attachment.media_type);
    object.String("url", attachment.url);
    StringOrNull(object, "name", attachment.name);
    IntOrNull(object, "width", attachment.width);
    IntOrNull(object, "height", attachment.height);
    object.Close();
  }
  out += ']';
}

}  // namespace

Result<std::vector<EntryContent>> ReadContents(TimelineReadStore& store, const HashtagView& view,
                                               std::span<const std::uint32_t> entries) {
  const auto& all = view.timeline().entries();
  std::vector<std::string> ids;
  ids.reserve(entries.size());
  for (const std::uint32_t i : entries) ids.push_back(all[i].record.id);
  Result<std::vector<std::string>> json = store.Contents(view.timeline().hashtag(), ids);
  if (!json) return json.error();
  std::vector<EntryContent> contents(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EntryContent& content = contents[i];
    content.gone = all[entries[i]].record.deleted || i >= json->size() || (*json)[i].empty();
    if (content.gone) continue;
    if (Status read = ReadContent((*json)[i], content.post); !read) return read.error();
    // Ingest has sanitised it, but anybody may write to `posts`, and a page shows this.
    content.post.content = SanitiseHtml(content.post.content);
  }
  return contents;
}

void AppendEntry(std::string& out, const HashtagView& view, std::uint32_t index,
                 const EntryContent& content) {
  const TimelineEntry& entry = view.timeline().entries()[index];
  const Post& post = content.post;
  JsonObject object(out);
  object.String("n", std::to_string(entry.record.n)).String("id", entry.record.id);
  UrlOrNull(object, "url", IsWebUrl(post.url) || content.gone ? post.url : entry.record.id);
  object.Time("published", entry.record.published);
  if (post.updated) {
    object.Time("updated", *post.updated);
  } else {
    object.Null("updated");
  }
  AppendAuthor(object, entry, content);
  AppendPlace(object, view, entry);
  object.Bool("deleted", content.gone).Uint("replies", entry.replies);
  object.Uint("reposts", entry.reposts);
  if (content.gone) {
    object.Null("content");
  } else {
    object.String("content", post.content);
  }
  StringOrNull(object, "summary", post.summary);
  StringOrNull(object, "language", post.language);
  object.Bool("sensitive", post.sensitive);
  StringOrNull(object, "quote", IsHarmlessId(post.quote_uri) ? post.quote_uri : std::string());
  object.Key("tags");
  AppendTags(out, post.tag);
  object.Key("attachments");
  AppendAttachments(out, post.attachment);
  const std::string_view host = HostOf(post.url);
  StringOrNull(object, "source_host", host.empty() ? HostOf(entry.record.id) : host);
  object.Close();
}

Result<std::vector<std::string>> RenderEntries(TimelineReadStore& store, const HashtagView& view,
                                               std::span<const std::uint32_t> entries) {
  const Result<std::vector<EntryContent>> contents = ReadContents(store, view, entries);
  if (!contents) return contents.error();
  std::vector<std::string> rendered(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    AppendEntry(rendered[i], view, entries[i], (*contents)[i]);
  }
  return rendered;
}

std::string WithMember(std::string object, std::string_view name, std::string_view json) {
  object.pop_back();
  object += ",\"";
  object += name;
  object += "\":";
  object += json;
  object += '}';
  return object;
}

void AppendArray(std::string& out, std::span<const std::string> values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    out += values[i];
  }
  out += ']';
}

}  // namespace latecomer
