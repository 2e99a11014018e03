#include "ingest/nostr_note.h"

#include <algorithm>
#include <charconv>

#include "ingest/nostr_id.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr std::size_t kHashtagsMax = 100;
constexpr std::size_t kMentionsMax = 100;
constexpr std::size_t kAttachmentsMax = 32;
constexpr std::size_t kDeletedMax = 1'000;
constexpr std::size_t kSummaryBytesMax = 1'000;

using Tags = std::vector<std::vector<std::string>>;

std::string_view Value(const std::vector<std::string>& tag, std::size_t index) {
  return index < tag.size() ? std::string_view(tag[index]) : std::string_view();
}

// The last event that a tag of that name names.
std::string LastEvent(const NostrEvent& event, std::string_view name) {
  for (auto tag = event.tags.rbegin(); tag != event.tags.rend(); ++tag) {
    if (tag->front() == name && IsNostrHex(Value(*tag, 1))) return tag->at(1);
  }
  return "";
}

std::string FirstEvent(const NostrEvent& event, std::string_view name) {
  for (const std::vector<std::string>& tag : event.tags) {
    if (tag[0] == name && IsNostrHex(Value(tag, 1))) return tag[1];
  }
  return "";
}

// Whether the text refers to the tag at `index`, as NIP-08 did ("#[3]").
bool IsReferredTo(const NostrEvent& event, std::size_t index) {
  return event.content.find("#[" + std::to_string(index) + "]") != std::string::npos;
}

bool IsQuoted(const NostrEvent& event, std::string_view id) {
  return std::any_of(event.tags.begin(), event.tags.end(),
                     [id](const auto& tag) { return tag[0] == "q" && Value(tag, 1) == id; });
}

NostrPlace PlaceOfNote(const NostrEvent& event) {
  NostrPlace place;
  std::string reply;
  std::vector<std::string> unmarked;
  for (std::size_t i = 0; i < event.tags.size(); ++i) {
    const std::vector<std::string>& tag = event.tags[i];
    if (tag[0] != "e" || !IsNostrHex(Value(tag, 1)) || tag[1] == event.id) continue;
    const std::string_view marker = Value(tag, 3);
    if (marker == "root") {
      if (place.root.empty()) place.root = tag[1];
    } else if (marker == "reply") {
      if (reply.empty()) reply = tag[1];
    } else if (marker == "mention") {
      if (place.quoted.empty()) place.quoted = tag[1];
    } else if (!IsReferredTo(event, i) && !IsQuoted(event, tag[1])) {
      unmarked.push_back(tag[1]);
    }
  }
  if (const std::string quoted = FirstEvent(event, "q"); !quoted.empty()) place.quoted = quoted;
  if (!place.root.empty() || !reply.empty()) {
    place.parent = reply.empty() ? place.root : reply;
  } else if (!unmarked.empty()) {
    place.root = unmarked.front();
    place.parent = unmarked.back();
  }
  return place;
}

NostrPlace PlaceOfComment(const NostrEvent& event) {
  NostrPlace place;
  place.root = FirstEvent(event, "E");
  place.parent = LastEvent(event, "e");
  place.quoted = FirstEvent(event, "q");
  if (place.parent.empty()) place.parent = place.root;
  return place;
}

std::optional<TimeMs> TimeOf(std::int64_t seconds) {
  if (seconds < kTimeMsMin / 1000 || seconds > kTimeMsMax / 1000) return std::nullopt;
  return seconds * 1000;
}

// "800x600"
void ReadSize(std::string_view text, Attachment& attachment) {
  std::int64_t width = 0;
  std::int64_t height = 0;
  const char* const end = text.data() + text.size();
  const auto x = std::from_chars(text.data(), end, width);
  if (x.ec != std::errc() || x.ptr == end || *x.ptr != 'x') return;
  const auto y = std::from_chars(x.ptr + 1, end, height);
  if (y.ec != std::errc() || y.ptr != end || width <= 0 || height <= 0) return;
  attachment.width = width;
  attachment.height = height;
}

// NIP-92: "imeta", each value a name, a blank and what it says.
std::optional<Attachment> AttachmentOf(const std::vector<std::string>& tag) {
  Attachment attachment;
  for (std::size_t i = 1; i < tag.size(); ++i) {
    const std::string_view text = tag[i];
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, blank);
    const std::string_view value = text.substr(blank + 1);
    if (name == "url") attachment.url = value;
    if (name == "m") attachment.media_type = value;
    if (name == "alt") attachment.name = value;
    if (name == "dim") ReadSize(value, attachment);
  }
  if (attachment.url.empty()) return std::nullopt;
  const std::string_view type = attachment.media_type;
  attachment.type = type.starts_with("image/")   ? "Image"
                    : type.starts_with("video/") ? "Video"
                    : type.starts_with("audio/") ? "Audio"
                                                 : "Document";
  return attachment;
}

void AddTags(const NostrEvent& event, Post& post) {
  std::size_t hashtags = 0;
  std::size_t mentions = 0;
  for (const std::vector<std::string>& tag : event.tags) {
    const std::string_view value = Value(tag, 1);
    if (tag[0] == "p" && IsNostrHex(value) && mentions++ < kMentionsMax) {
      const std::string key = NostrBech32("npub", value);
      post.tag.push_back({"Mention", NostrWebAddress(key), "@" + key});
    } else if (tag[0] == "t" && !value.empty() && hashtags++ < kHashtagsMax) {
      post.tag.push_back({"Hashtag", "", "#" + std::string(value)});
    } else if (tag[0] == "imeta" && post.attachment.size() < kAttachmentsMax) {
      if (auto attachment = AttachmentOf(tag)) post.attachment.push_back(std::move(*attachment));
    } else if (tag[0] == "content-warning") {  // NIP-36
      post.sensitive = true;
      post.summary = value.substr(0, kSummaryBytesMax);
    } else if (tag[0] == "l" && Value(tag, 2) == "ISO-639-1" && value.size() == 2) {  // NIP-32
      post.language = value;
    }
  }
}

}  // namespace

NostrPlace PlaceOf(const NostrEvent& event) {
  NostrPlace place;
  if (event.kind == kNostrRepost || event.kind == kNostrGenericRepost) {
    place.reposted = LastEvent(event, "e");
  } else if (event.kind == kNostrComment) {
    place = PlaceOfComment(event);
  } else {
    place = PlaceOfNote(event);
  }
  if (place.root == event.id) place.root.clear();
  if (place.parent == event.id) place.parent = place.root;
  return place;
}

std::vector<std::string> HashtagsOf(const NostrEvent& event) {
  std::vector<std::string> hashtags;
  for (const std::vector<std::string>& tag : event.tags) {
    if (tag[0] != "t" || tag.size() < 2 || hashtags.size() == kHashtagsMax) continue;
    if (Result<std::string> folded = FoldHashtag(tag[1])) hashtags.push_back(std::move(*folded));
  }
  return hashtags;
}

std::vector<std::string> DeletedBy(const NostrEvent& event) {
  std::vector<std::string> ids;
  for (const std::vector<std::string>& tag : event.tags) {
    if (tag[0] == "e" && IsNostrHex(Value(tag, 1)) && ids.size() < kDeletedMax) {
      ids.push_back(tag[1]);
    }
  }
  return ids;
}

Post MakeNostrPost(const NostrEvent& event, const NostrPlace& place, const NostrProfile* profile,
                   std::string_view instance, TimeMs now) {
  Post post;
  post.id = NostrPostId(event.id);
  post.url = NostrWebAddress(NostrBech32("note", event.id));
  post.published = TimeOf(event.created_at);
  const std::string key = NostrBech32("npub", event.pubkey);
  post.attributed_to.id = NostrAuthorId(event.pubkey);
  post.attributed_to.preferred_username = key;
  post.attributed_to.url = NostrWebAddress(key);
  if (profile != nullptr) {
    post.attributed_to.name = profile->name;
    post.attributed_to.icon = profile->picture;
  }
  post.source = {"nostr", std::string(instance), now};
  if (!place.reposted.empty()) {
    post.type = PostType::kAnnounce;
    post.object = NostrPostId(place.reposted);
    return post;
  }
  post.content = NostrTextToHtml(event.content);
  post.in_reply_to = NostrPostId(place.parent);
  post.context = NostrPostId(place.root);
  post.quote_uri = NostrPostId(place.quoted);
  AddTags(event, post);
  return post;
}

Post MakeNostrTombstone(std::string_view id, TimeMs deleted, std::string_view instance,
                        TimeMs now) {
  Post post;
  post.type = PostType::kTombstone;
  post.id = NostrPostId(id);
  post.deleted = std::clamp(deleted, kTimeMsMin, kTimeMsMax);
  post.source = {"nostr", std::string(instance), now};
  return post;
}

}  // namespace latecomer
