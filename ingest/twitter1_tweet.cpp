#include "ingest/twitter1_tweet.h"

#include "ingest/x_json.h"

namespace latecomer {
namespace {

void ReadMedia(JsonValue entities, XTweet& tweet) {
  for (JsonValue item : entities["media"]) {
    XMedia& media = tweet.media.emplace_back();
    media.type = item["type"].text();
    media.url = item["media_url_https"].text();
    media.alt = item["ext_alt_text"].text();
    media.width = item["sizes"]["large"]["w"].integer();
    media.height = item["sizes"]["large"]["h"].integer();
    std::int64_t best = -1;
    for (JsonValue variant : item["video_info"]["variants"]) {
      const std::int64_t rate = variant["bitrate"].integer().value_or(0);
      if (variant["content_type"].text() != "video/mp4" || rate <= best) continue;
      best = rate;
      media.url = variant["url"].text();
    }
  }
}

// The text with its entities: the whole of it where it was cut for old readers.
void ReadText(JsonValue json, XTweet& tweet) {
  const JsonValue extended = json["extended_tweet"];
  const JsonValue from = extended["full_text"] ? extended : json;
  tweet.text = from["full_text"] ? from["full_text"].text() : from["text"].text();
  ReadXEntities(from["entities"], tweet);
  const JsonValue media = from["extended_entities"] ? from["extended_entities"] : from["entities"];
  ReadMedia(media, tweet);
}

// The first version of an edited post, as the different archives name it.
std::string_view FirstId(JsonValue json) {
  if (const JsonValue id = json["edit_history"]["initial_tweet_id"]) return XIdOf(id);
  const JsonValue info = json["edit_info"];
  if (const JsonValue id = info["edit"]["initialTweetId"]) return XIdOf(id);
  for (JsonValue id : info["initial"]["editTweetIds"]) return XIdOf(id);
  return {};
}

void ReadUser(JsonValue json, const XUser& default_user, XTweet& tweet) {
  tweet.user = default_user;
  const JsonValue user = json["user"];
  if (!user.is_object()) return;
  tweet.user.id = Twitter1Id(user);
  tweet.user.username = user["screen_name"].text();
  tweet.user.name = user["name"].text();
  tweet.user.icon = user["profile_image_url_https"].text();
}

}  // namespace

std::string_view Twitter1Id(JsonValue json) {
  const std::string_view id = XIdOf(json["id_str"]);
  return id.empty() ? XIdOf(json["id"]) : id;
}

Status ReadTwitter1(JsonValue json, const XUser& default_user, XTweet& tweet) {
  const std::optional<TimeMs> retrieved = tweet.retrieved;
  tweet.Clear();
  tweet.retrieved = retrieved;
  tweet.id = Twitter1Id(json);
  if (tweet.id.empty()) return Invalid("`id_str` is no id of a post of X.");
  tweet.first_id = FirstId(json);
  if (const JsonValue created = json["created_at"]) {
    tweet.created = ParseXTime(created.text());
    if (!tweet.created) tweet.created = ParseTime(created.text());
    if (!tweet.created) {
      return Invalid("`created_at` of post " + std::string(tweet.id) + " is no time.");
    }
  }
  ReadUser(json, default_user, tweet);
  tweet.in_reply_to = XIdOf(json["in_reply_to_status_id_str"]);
  tweet.quoted = XIdOf(json["quoted_status_id_str"]);
  tweet.language = json["lang"].text();
  tweet.sensitive = json["possibly_sensitive"].is_true();
  const JsonValue original = json["retweeted_status"];
  if (original.is_object()) tweet.retweeted = Twitter1Id(original);
  // A repost's own text is cut short, and its hashtags with it.
  ReadText(tweet.retweeted.empty() ? json : original, tweet);
  return {};
}

}  // namespace latecomer
