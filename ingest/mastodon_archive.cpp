// outbox.json of the archive that Mastodon gives to a user: an ActivityStreams OrderedCollection of
// Create and Announce activities (https://www.w3.org/TR/activitystreams-vocabulary/). Its ZIP or
// tar.gz names the author in actor.json.
#include <algorithm>

#include "ingest/archive_format.h"
#include "ingest/jsonl_archive.h"
#include "ingest/mastodon_owner.h"
#include "model/hashtag.h"
#include "model/html.h"

namespace latecomer {
namespace {

bool Fits(const ArchiveHead& head) {
  return head.json != nullptr &&
         (head.json->Has("orderedItems") || head.json->type == "OrderedCollection");
}

bool IsPublicId(std::string_view id) {
  return id == "https://www.w3.org/ns/activitystreams#Public" || id == "as:Public" ||
         id == "Public";
}

bool NamesPublic(JsonValue to) {
  if (IsPublicId(to.text())) return true;
  if (!to.is_array()) return false;
  for (JsonValue item : to) {
    if (IsPublicId(item.text())) return true;
  }
  return false;
}

bool IsPublic(JsonValue json) { return NamesPublic(json["to"]) || NamesPublic(json["cc"]); }

// An id, or an object that has one.
std::string_view IdOf(JsonValue value) {
  return value.is_object() ? value["id"].text() : value.text();
}

class MastodonReader {
 public:
  explicit MastodonReader(ArchiveInput& input)
      : out_(input.out), owner_(input.owner), now_(RetrievedNow(input.options)) {}

  void Activity(JsonValue activity) {
    const std::string_view type = activity["type"].text();
    if (type == "Create" || type == "Update") {
      Note(activity);
    } else if (type == "Announce") {
      Announce(activity);
    } else if (type == "Delete") {
      Delete(activity);
    } else if (type.empty()) {
      out_.Reject("type", "`type` is missing: the item is no activity.");
    }
    // Likes, votes, follows are no posts.
  }

 private:
  // Rejects and returns false for a time that is stated but is none.
  bool Time(JsonValue json, std::string_view field, std::optional<TimeMs>& out) {
    const JsonValue stated = json[field];
    if (!stated) return true;
    out = ParseTime(stated.text());
    if (!out) out_.Reject(field, "`" + std::string(field) + "` is no time.");
    return out.has_value();
  }

  Post& Start(std::string_view id) {
    Post& post = ResetPost(post_);
    post.id = id;
    post.source.kind = "mastodon";
    post.source.instance = HostOfUrl(id);
    post.source.retrieved = now_;
    return post;
  }

  void SetAuthor(std::string_view id, Post& post) {
    post.attributed_to = id.empty() || id == owner_.id ? owner_ : AuthorOfActorId(id);
  }

  void Note(JsonValue activity) {
    const JsonValue note = activity["object"];
    if (!note.is_object()) {
      out_.Reject("object", "`object` is not the post itself, but only its id.");
      return;
    }
    if (!IsPublic(note) && !IsPublic(activity)) {
      out_.Reject("to", "The post is not public.");
      return;
    }
    Post& post = Start(note["id"].text());
    if (!Time(note, "published", post.published) || !Time(note, "updated", post.updated)) return;
    const std::string_view author = IdOf(note["attributedTo"]);
    SetAuthor(author.empty() ? IdOf(activity["actor"]) : author, post);
    if (!Content(note, post)) return;
    post.url = Url(note["url"]);
    post.in_reply_to = IdOf(note["inReplyTo"]);
    for (std::string_view key : {"quote", "quoteUri", "quoteUrl", "_misskey_quote"}) {
      if (post.quote_uri.empty()) post.quote_uri = IdOf(note[key]);
    }
    post.sensitive = note["sensitive"].is_true();
    Tags(note["tag"], post);
    Attachments(note["attachment"], post);
    out_.Emit(post_);
  }

  static std::string Url(JsonValue url) {
    const std::string_view text = url.is_object() ? url["href"].text() : url.text();
    return HostOfUrl(text).empty() ? std::string() : std::string(text);
  }

  bool Content(JsonValue note, Post& post) {
    std::string_view content = note["content"].text();
    for (JsonValue translated : note["contentMap"]) {
      if (content.empty()) content = translated.text();
      if (translated.text() != content) continue;
      post.language = translated.key();
      break;
    }
    if (content.size() > kContentBytesMax) {
      out_.Reject("content", "`content` is longer than " + std::to_string(kContentBytesMax) +
                                 " bytes of HTML.");
      return false;
    }
    post.content = SanitiseHtml(content);
    post.summary = note["summary"].text();
    return true;
  }

  void Tags(JsonValue tags, Post& post) {
    const bool stated = tags.is_array();
    for (JsonValue item : tags) {
      const std::string_view type = item["type"].text();
      if (type == "Hashtag") AddHashtag(post_, post, item["name"].text());
      if (type != "Mention" || post.tag.size() >= kTagsMax) continue;
      post.tag.push_back(
          {"Mention", std::string(item["href"].text()), std::string(item["name"].text())});
    }
    if (stated) return;
    for (const HashtagInText& found : FindHashtags(TextFromHtml(post.content))) {
      AddHashtag(post_, post, found.name);
    }
  }

  static void Attachments(JsonValue attachments, Post& post) {
    for (JsonValue item : attachments) {
      if (!item.is_object() || post.attachment.size() >= kAttachmentsMax) continue;
      Attachment& out = post.attachment.emplace_back();
      out.media_type = item["mediaType"].text();
      out.type = item["type"].text();
      if (out.media_type.starts_with("image/")) out.type = "Image";
      if (out.media_type.starts_with("video/")) out.type = "Video";
      if (out.media_type.starts_with("audio/")) out.type = "Audio";
      // Within an archive it is the path of a file in it, which nobody else can open.
      out.url = Url(item["url"]);
      out.name = item["name"].text();
      out.width = item["width"].integer();
      out.height = item["height"].integer();
    }
  }

  void Announce(JsonValue activity) {
    if (!IsPublic(activity)) {
      out_.Reject("to", "The repost is not public.");
      return;
    }
    Post& post = Start(activity["id"].text());
    if (!Time(activity, "published", post.published)) return;
    post.type = PostType::kAnnounce;
    SetAuthor(IdOf(activity["actor"]), post);
    post.object = IdOf(activity["object"]);
    out_.Emit(post_);
  }

  void Delete(JsonValue activity) {
    const JsonValue object = activity["object"];
    Post& post = Start(IdOf(object));
    post.type = PostType::kTombstone;
    if (!Time(object, "deleted", post.deleted)) return;
    if (!post.deleted && !Time(activity, "published", post.deleted)) return;
    out_.Emit(post_);
  }

  ArchiveOutput& out_;
  const Author& owner_;
  std::optional<TimeMs> now_;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  MastodonReader reader(input);
  return ReadJsonItems(input, "orderedItems", {"replies", "likes", "shares", "signature", "icon"},
                       [&](JsonValue activity) { reader.Activity(activity); });
}

}  // namespace

const ArchiveFormat kMastodonFormat = {
    "mastodon", "the archive that Mastodon gives to a user: outbox.json, or its ZIP or tar.gz",
    &Fits, &Read};

}  // namespace latecomer
