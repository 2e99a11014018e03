#include "ingest/x_json.h"

namespace latecomer {

std::string_view XIdOf(JsonValue value) {
  const std::string_view text = value.text();
  return IsXId(text) ? text : std::string_view();
}

void ReadXEntities(JsonValue entities, XTweet& tweet) {
  if (!entities.is_object()) return;
  tweet.has_entities = true;
  for (JsonValue part : entities) {
    const std::string_view key = part.key();
    if (key == "hashtags") {
      for (JsonValue item : part) {
        const JsonValue tag = item["tag"];  // v2; v1.1 says `text`
        tweet.hashtags.push_back(tag ? tag.text() : item["text"].text());
      }
    } else if (key == "urls" || key == "media") {
      for (JsonValue item : part) {
        XUrl& url = tweet.urls.emplace_back();
        url.url = item["url"].text();
        url.expanded = item["expanded_url"].text();
        url.display = item["display_url"].text();
        url.own_media = key == "media" || item["media_key"] ||
                        url.display.starts_with("pic.twitter.com/") ||
                        url.display.starts_with("pic.x.com/");
      }
    } else if (key == "mentions" || key == "user_mentions") {
      for (JsonValue item : part) {
        const JsonValue name = item["username"];  // v2; v1.1 says `screen_name`
        const JsonValue id = item["id_str"] ? item["id_str"] : item["id"];
        tweet.mentions.push_back({name ? name.text() : item["screen_name"].text(), XIdOf(id)});
      }
    }
  }
}

}  // namespace latecomer
