#include "ingest/x_post.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

#include "ingest/archive_output.h"
#include "ingest/html_out.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr std::uint64_t kXEpochMs = 1'288'834'974'657;
// Ids grew one by one until 2010-11-04; the first with a time in it is far above all of them.
constexpr std::uint64_t kFirstTimedId = 1'000'000'000'000;

void AppendXId(std::string& out, std::string_view kind, std::string_view id) {
  if (id.empty()) return;
  out.append("https://x.com/i/").append(kind).append("/").append(id);
}

void SetAuthor(const XUser& user, Author& author) {
  AppendXId(author.id, "user", user.id);
  author.preferred_username = user.username;
  author.name = user.name;
  if (!user.username.empty()) author.url.append("https://x.com/").append(user.username);
  // A name that may change is better than no author at all.
  if (author.id.empty()) author.id = author.url;
  author.icon = user.icon;
}

// BCP 47 of X's `lang`; "" for its codes of what is no language.
std::string_view Language(std::string_view language) {
  if (language == "in") return "id";
  if (language == "iw") return "he";
  if (language == "und" || language == "zxx" || language == "art") return {};
  if (language.size() == 3 && language[0] == 'q') return {};
  return language;
}

void AddMedia(const XMedia& media, Post& to) {
  if (to.attachment.size() >= kAttachmentsMax) return;
  Attachment& out = to.attachment.emplace_back();
  out.type = media.type == "photo" ? "Image" : "Video";
  // Where only the preview picture of a video is known, that is what can be shown.
  if (media.url.ends_with(".jpg")) {
    out.type = "Image";
    out.media_type = "image/jpeg";
  } else if (media.url.ends_with(".png")) {
    out.type = "Image";
    out.media_type = "image/png";
  } else if (media.url.find(".mp4") != std::string_view::npos) {
    out.media_type = "video/mp4";
  }
  out.url = media.url;
  out.name = media.alt;
  out.width = media.width;
  out.height = media.height;
}

void SetUrl(const XTweet& tweet, Post& post) {
  if (tweet.user.username.empty()) {
    AppendXId(post.url, "status", tweet.id);
    return;
  }
  post.url.append("https://x.com/").append(tweet.user.username).append("/status/");
  post.url.append(tweet.id);
}

void SetTags(const XTweet& tweet, ArchivePost& post, Post& to) {
  for (std::string_view hashtag : tweet.hashtags) AddHashtag(post, to, hashtag);
  if (!tweet.has_entities) {
    for (const HashtagInText& found : FindHashtags(tweet.text)) AddHashtag(post, to, found.name);
  }
  for (const XMention& mention : tweet.mentions) {
    if (mention.username.empty() || to.tag.size() >= kTagsMax) continue;
    Tag& tag = to.tag.emplace_back();
    tag.type = "Mention";
    if (mention.id.empty()) {
      tag.href.append("https://x.com/").append(mention.username);
    } else {
      AppendXId(tag.href, "user", mention.id);
    }
    tag.name.append("@").append(mention.username);
  }
}

// The link that begins at text[at], if one does: the longest.
const XUrl* UrlAt(std::string_view text, std::size_t at, const std::vector<XUrl>& urls) {
  const XUrl* best = nullptr;
  const std::string_view rest = text.substr(at);
  for (const XUrl& url : urls) {
    if (url.url.empty() || !rest.starts_with(url.url)) continue;
    if (best == nullptr || url.url.size() > best->url.size()) best = &url;
  }
  return best;
}

void TrimRight(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
}

}  // namespace

std::string XPostId(std::string_view id) {
  std::string out;
  AppendXId(out, "status", id);
  return out;
}

std::string XUserId(std::string_view id) {
  std::string out;
  AppendXId(out, "user", id);
  return out;
}

bool IsXId(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<TimeMs> XIdTime(std::string_view id) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != id.data() + id.size()) return std::nullopt;
  if (number < kFirstTimedId) return std::nullopt;
  return static_cast<TimeMs>(((number >> 22U) + kXEpochMs) / 1000 * 1000);
}

std::optional<TimeMs> ParseXTime(std::string_view text) {
  // "Wed Oct 10 20:19:24 +0000 2018": fixed columns.
  if (text.size() != 30 || text[3] != ' ' || text[13] != ':' || text[19] != ' ') {
    return std::nullopt;
  }
  const std::time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds == -1) return std::nullopt;
  return static_cast<TimeMs>(seconds) * 1000;
}

void XTweet::Clear() {
  id = first_id = text = in_reply_to = conversation = quoted = retweeted = language = {};
  created.reset();
  user = {};
  sensitive = has_entities = false;
  hashtags.clear();
  urls.clear();
  mentions.clear();
  media.clear();
  retrieved.reset();
}

void MakeXPost(const XTweet& tweet, ArchivePost& out) {
  Post& post = ResetPost(out);
  const std::string_view first = tweet.first_id.empty() ? tweet.id : tweet.first_id;
  AppendXId(post.id, "status", first);
  post.published = tweet.created ? tweet.created : XIdTime(tweet.id);
  if (first != tweet.id) {
    post.updated = post.published;
    if (const std::optional<TimeMs> time = XIdTime(first)) post.published = time;
  }
  SetAuthor(tweet.user, post.attributed_to);
  post.source.kind = "x";
  post.source.instance = kXInstance;
  post.source.retrieved = tweet.retrieved;
  SetTags(tweet, out, post);
  if (!tweet.retweeted.empty()) {
    post.type = PostType::kAnnounce;
    AppendXId(post.object, "status", tweet.retweeted);
    post.tag.clear();
    return;
  }
  SetUrl(tweet, post);
  post.content = XTextToHtml(tweet.text, tweet.urls);
  post.language = Language(tweet.language);
  post.sensitive = tweet.sensitive;
  AppendXId(post.in_reply_to, "status", tweet.in_reply_to);
  AppendXId(post.context, "status", tweet.conversation);
  AppendXId(post.quote_uri, "status", tweet.quoted);
  for (const XMedia& media : tweet.media) AddMedia(media, post);
}

void MakeXTombstone(std::string_view id, std::optional<TimeMs> deleted,
                    std::optional<TimeMs> retrieved, ArchivePost& out) {
  Post& post = ResetPost(out);
  post.type = PostType::kTombstone;
  AppendXId(post.id, "status", id);
  post.published = XIdTime(id);
  post.deleted = deleted;
  post.source.kind = "x";
  post.source.instance = kXInstance;
  post.source.retrieved = retrieved;
}

std::string XTextToHtml(std::string_view text, const std::vector<XUrl>& urls) {
  HtmlOut out;
  std::string run;
  for (std::size_t at = 0; at < text.size();) {
    const XUrl* url = text[at] == 'h' && !urls.empty() ? UrlAt(text, at, urls) : nullptr;
    if (url != nullptr) {
      at += url->url.size();
      if (url->own_media) {
        if (at == text.size()) TrimRight(run);
        continue;
      }
      out.Text(run);
      run.clear();
      out.Link(url->expanded.empty() ? url->url : url->expanded,
               url->display.empty() ? url->expanded : url->display);
      continue;
    }
    const std::string_view rest = text.substr(at);
    // X escapes just these three.
    if (rest.starts_with("&amp;")) {
      run += '&';
      at += 5;
    } else if (rest.starts_with("&lt;")) {
      run += '<';
      at += 4;
    } else if (rest.starts_with("&gt;")) {
      run += '>';
      at += 4;
    } else {
      run += text[at++];
    }
  }
  out.Text(run);
  return out.Take();
}

}  // namespace latecomer
