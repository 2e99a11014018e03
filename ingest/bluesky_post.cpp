#include "ingest/bluesky_post.h"

#include <algorithm>

#include "ingest/archive_output.h"
#include "ingest/bluesky_text.h"
#include "ingest/bluesky_uri.h"
#include "ingest/url.h"
#include "model/html.h"

namespace latecomer {
namespace {

constexpr std::string_view kImages = "app.bsky.embed.images";
constexpr std::string_view kVideo = "app.bsky.embed.video";
constexpr std::string_view kExternal = "app.bsky.embed.external";
constexpr std::string_view kQuote = "app.bsky.embed.record";
constexpr std::string_view kQuoteWithMedia = "app.bsky.embed.recordWithMedia";
constexpr std::string_view kAdultLabels[] = {"porn", "sexual", "nudity", "graphic-media"};

// Of a blob, in its present and its first form (https://atproto.com/specs/blob); "" if none.
std::string_view CidOfBlob(JsonValue blob) {
  const std::string_view link = blob["ref"]["$link"].text();
  const std::string_view cid = link.empty() ? blob["cid"].text() : link;
  const bool plain = std::all_of(cid.begin(), cid.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return plain && cid.size() <= 256 ? cid : std::string_view();
}

Attachment* AddMedia(JsonValue media, std::string_view type, Post& post) {
  if (post.attachment.size() >= kAttachmentsMax) return nullptr;
  Attachment& out = post.attachment.emplace_back();
  out.type = type;
  out.name = media["alt"].text();
  out.width = media["aspectRatio"]["width"].integer();
  out.height = media["aspectRatio"]["height"].integer();
  return &out;
}

void AddImages(std::string_view did, JsonValue images, Post& post) {
  if (!images.is_array()) return;
  for (JsonValue item : images) {
    const std::string_view cid = CidOfBlob(item["image"]);
    Attachment* out = cid.empty() ? nullptr : AddMedia(item, "Image", post);
    if (out == nullptr) continue;
    // bsky.app serves every picture as JPEG, whatever was uploaded.
    out->media_type = "image/jpeg";
    out->url.append("https://cdn.bsky.app/img/feed_fullsize/plain/");
    out->url.append(did).append("/").append(cid).append("@jpeg");
  }
}

void AddVideo(std::string_view did, JsonValue embed, Post& post) {
  const std::string_view cid = CidOfBlob(embed["video"]);
  Attachment* out = cid.empty() ? nullptr : AddMedia(embed, "Video", post);
  if (out == nullptr) return;
  out->media_type = "application/vnd.apple.mpegurl";
  out->url.append("https://video.bsky.app/watch/").append(PercentEncode(did));
  out->url.append("/").append(cid).append("/playlist.m3u8");
}

void SetEmbed(std::string_view did, JsonValue embed, Post& post, BlueskyCard& card) {
  const std::string_view type = embed["$type"].text();
  if (type == kImages) {
    AddImages(did, embed["images"], post);
  } else if (type == kVideo) {
    AddVideo(did, embed, post);
  } else if (type == kExternal) {
    card.url = embed["external"]["uri"].text();
    card.title = embed["external"]["title"].text();
  } else if (type == kQuote) {
    const std::string_view uri = embed["record"]["uri"].text();
    const std::optional<AtUri> parts = ParseAtUri(uri);
    if (parts && parts->collection == kBlueskyPostCollection) post.quote_uri = uri;
  } else if (type == kQuoteWithMedia) {
    // One level: the media of a quote is never a quote with media.
    const JsonValue quoted = embed["record"]["record"]["uri"];
    const std::optional<AtUri> parts = ParseAtUri(quoted.text());
    if (parts && parts->collection == kBlueskyPostCollection) post.quote_uri = quoted.text();
    if (embed["media"]["$type"].text() != kQuoteWithMedia) {
      SetEmbed(did, embed["media"], post, card);
    }
  }
}

// Facets are tags of the text, `tags` those that stand outside it.
void SetTags(JsonValue record, const std::vector<BlueskyFacet>& facets, ArchivePost& out,
             Post& post) {
  const std::string_view text = record["text"].text();
  for (const BlueskyFacet& facet : facets) {
    if (facet.kind == BlueskyFacet::Kind::kTag) AddHashtag(out, post, facet.value);
    if (facet.kind != BlueskyFacet::Kind::kMention || post.tag.size() >= kTagsMax) continue;
    std::string_view name;
    if (facet.has_range) name = text.substr(facet.begin, facet.end - facet.begin);
    post.tag.push_back({"Mention", BlueskyProfileUrl(facet.value), std::string(name)});
  }
  if (!record["tags"].is_array()) return;
  for (JsonValue tag : record["tags"]) AddHashtag(out, post, tag.text());
}

bool IsAdult(JsonValue labels) {
  for (JsonValue label : labels["values"]) {
    const std::string_view value = label["val"].text();
    if (std::find(std::begin(kAdultLabels), std::end(kAdultLabels), value) !=
        std::end(kAdultLabels)) {
      return true;
    }
  }
  return false;
}

std::optional<TimeMs> Published(const BlueskyRecord& record) {
  const std::optional<TimeMs> created = ParseTime(record.value["createdAt"].text());
  if (created && (!record.seen || *created <= *record.seen + kBlueskyAheadMaxMs)) return created;
  return record.seen ? record.seen : TidTime(record.rkey);
}

// An address of a record, or "": nothing else can name a parent or root.
std::string_view RecordUri(JsonValue strong_ref) {
  const std::string_view uri = strong_ref["uri"].text();
  return uri.size() <= kIdBytesMax && ParseAtUri(uri) ? uri : std::string_view();
}

}  // namespace

void SetBlueskyAuthor(const BlueskyAuthor& author, Post& post) {
  Author& to = post.attributed_to;
  to.id = author.did;
  to.url = BlueskyProfileUrl(author.did);
  // What stands for a handle that its domain does not confirm.
  if (author.handle != "handle.invalid") to.preferred_username = author.handle;
  to.name = author.name;
  to.icon = author.avatar;
}

std::optional<TimeMs> BlueskySortTime(JsonValue record, std::optional<TimeMs> seen) {
  const std::optional<TimeMs> created = ParseTime(record["createdAt"].text());
  if (created && seen) return std::min(*created, *seen);
  return created ? created : seen;
}

Status MakeBlueskyPost(const BlueskyRecord& record, const BlueskyAuthor& author,
                       std::string_view instance, TimeMs now, BlueskyPost& out) {
  if (!IsDid(record.did)) return Invalid("`did` is none");
  if (!IsRecordKey(record.rkey)) return Invalid("`rkey` is none");
  if (!record.value.is_object()) return Invalid("`record` is missing");
  const std::string_view type = record.value["$type"].text();
  if (type != kBlueskyPostCollection) return Invalid("`$type` of the record is that of no post");
  const JsonValue text = record.value["text"];
  if (!text.is_string()) return Invalid("`text` of the record is missing");
  if (text.text().size() > kContentBytesMax) return Invalid("`text` of the record is too long");

  Post& post = ResetPost(out.post);
  post.id = BlueskyPostUri(record.did, record.rkey);
  post.url = BlueskyPostUrl(record.did, record.rkey);
  post.published = Published(record);
  if (!post.published) return Invalid("`createdAt` of the record is no time");
  // Another version has to be the fresher one, whatever the author's clock says.
  if (record.updated) post.updated = std::max(*record.updated, *post.published + 1);
  SetBlueskyAuthor(author, post);
  if (author.did.empty()) {
    post.attributed_to.id = record.did;
    post.attributed_to.url = BlueskyProfileUrl(record.did);
  }
  post.source.kind = "bluesky";
  post.source.instance = instance;
  post.source.retrieved = now;

  const std::vector<BlueskyFacet> facets = ReadBlueskyFacets(record.value["facets"], text.text());
  SetTags(record.value, facets, out.post, post);
  BlueskyCard card;
  SetEmbed(record.did, record.value["embed"], post, card);
  post.content = BlueskyHtml(text.text(), facets, card);
  for (JsonValue language : record.value["langs"]) {
    if (post.language.empty()) post.language = language.text();
  }
  post.sensitive = IsAdult(record.value["labels"]);

  const JsonValue reply = record.value["reply"];
  post.in_reply_to = RecordUri(reply["parent"]);
  post.context = RecordUri(reply["root"]);
  out.short_id = BlueskyShortId(post.id);
  out.root = BlueskyShortId(post.context).empty() ? post.id : post.context;
  out.cid = record.cid;
  return {};
}

Post BlueskyTombstone(const std::string& uri, const std::string& root, std::string_view instance,
                      TimeMs now) {
  Post post;
  post.type = PostType::kTombstone;
  post.id = uri;
  post.deleted = now;
  if (root != uri) post.context = root;
  post.source.kind = "bluesky";
  post.source.instance = instance;
  post.source.retrieved = now;
  return post;
}

}  // namespace latecomer
