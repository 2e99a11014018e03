#include "ingest/x_api_posts.h"

#include <algorithm>

#include "ingest/x_json.h"

namespace latecomer {
namespace {

bool Less(const std::pair<std::string_view, JsonValue>& a,
          const std::pair<std::string_view, JsonValue>& b) {
  return a.first < b.first;
}

}  // namespace

void XPosts::Index::Sort() { std::stable_sort(items_.begin(), items_.end(), Less); }

JsonValue XPosts::Index::Find(std::string_view id) const {
  const auto it = std::lower_bound(items_.begin(), items_.end(), Item(id, JsonValue()), Less);
  return it != items_.end() && it->first == id ? it->second : JsonValue();
}

bool XPosts::Read(JsonValue data, JsonValue includes, std::optional<TimeMs> retrieved) {
  retrieved_ = retrieved;
  stopped_ = false;
  users_.Clear();
  media_.Clear();
  tweets_.Clear();
  first_ids_.clear();
  for (JsonValue user : includes["users"]) users_.Add(user["id"].text(), user);
  for (JsonValue media : includes["media"]) media_.Add(media["media_key"].text(), media);
  if (data.is_array()) {
    for (JsonValue tweet : data) Add(tweet);
  } else {
    Add(data);
  }
  for (JsonValue tweet : includes["tweets"]) Add(tweet);
  users_.Sort();
  media_.Sort();
  tweets_.Sort();
  std::sort(first_ids_.begin(), first_ids_.end());

  if (data.is_array()) {
    for (JsonValue tweet : data) Give(tweet, true);
  } else if (data) {
    Give(data, true);
  }
  for (JsonValue tweet : includes["tweets"]) Give(tweet, false);
  return !stopped_;
}

void XPosts::Add(JsonValue tweet) {
  tweets_.Add(tweet["id"].text(), tweet);
  const JsonValue history = tweet["edit_history_tweet_ids"];
  std::string_view first;
  for (JsonValue id : history) {
    if (first.empty()) {
      first = XIdOf(id);
    } else {
      first_ids_.emplace_back(id.text(), first);
    }
  }
  for (JsonValue referenced : tweet["referenced_tweets"]) {
    if (referenced["text"]) Add(referenced);
  }
}

// The id under which all versions of a post are known.
std::string_view XPosts::FirstId(std::string_view id) const {
  const auto it =
      std::lower_bound(first_ids_.begin(), first_ids_.end(), std::pair(id, std::string_view()));
  if (it != first_ids_.end() && it->first == id) return it->second;
  if (edits_ == nullptr) return id;
  const auto known = edits_->find(id);
  return known != edits_->end() ? std::string_view(known->second) : id;
}

// One post, and what a flattened one has in place.
void XPosts::Give(JsonValue json, bool is_asked_for) {
  if (stopped_) return;
  if (!json.is_object()) {
    fault_("data", "An item of `data` is no object.");
    return;
  }
  if (json["tweet_count"] && !json["id"]) return;  // of a counts response
  const std::string_view id = XIdOf(json["id"]);
  if (id.empty()) {
    fault_("id", "`id` is no id of a post of X.");
    return;
  }
  // A page may have the same post in `data` and in `includes`: the first of them is given.
  if (tweets_.Find(id).at() != json.at()) return;
  if (!Extract(json, id)) return;
  MakeXPost(tweet_, post_);
  XPostFound found{tweet_, post_, json, is_asked_for};
  if (!sink_(found)) stopped_ = true;
  for (JsonValue referenced : json["referenced_tweets"]) {
    if (referenced["text"]) Give(referenced, false);
  }
}

bool XPosts::Extract(JsonValue json, std::string_view id) {
  tweet_.Clear();
  tweet_.id = id;
  tweet_.first_id = FirstId(id);
  tweet_.retrieved = retrieved_;
  JsonValue note;
  for (JsonValue member : json) {
    const std::string_view key = member.key();
    if (key == "text") {
      tweet_.text = member.text();
    } else if (key == "created_at") {
      tweet_.created = ParseTime(member.text());
      if (!tweet_.created) {
        fault_("created_at", "`created_at` of post " + std::string(id) + " is no time.");
        return false;
      }
    } else if (key == "entities") {
      ReadXEntities(member, tweet_);
    } else if (key == "lang") {
      tweet_.language = member.text();
    } else if (key == "possibly_sensitive") {
      tweet_.sensitive = member.is_true();
    } else if (key == "conversation_id") {
      tweet_.conversation = FirstId(XIdOf(member));
    } else if (key == "referenced_tweets") {
      for (JsonValue referenced : member) Reference(referenced);
    } else if (key == "attachments") {
      Attachments(member);
    } else if (key == "note_tweet") {
      note = member;
    }
  }
  if (note["text"]) {  // the whole of a text of more than 280 characters
    tweet_.text = note["text"].text();
    tweet_.hashtags.clear();
    tweet_.urls.clear();
    tweet_.mentions.clear();
    ReadXEntities(note["entities"], tweet_);
  }
  User(json);
  if (!tweet_.retweeted.empty()) HashtagsOfOriginal();
  return true;
}

void XPosts::Reference(JsonValue referenced) {
  const std::string_view type = referenced["type"].text();
  const std::string_view id = FirstId(XIdOf(referenced["id"]));
  if (type == "retweeted") tweet_.retweeted = id;
  if (type == "replied_to") tweet_.in_reply_to = id;
  if (type == "quoted") tweet_.quoted = id;
}

void XPosts::Attachments(JsonValue attachments) {
  for (JsonValue key : attachments["media_keys"]) Media(media_.Find(key.text()));
  for (JsonValue media : attachments["media"]) Media(media);  // flattened
}

void XPosts::Media(JsonValue json) {
  if (!json.is_object()) return;
  XMedia& media = tweet_.media.emplace_back();
  media.type = json["type"].text();
  media.url = json["url"].text();
  std::int64_t best = -1;
  for (JsonValue variant : json["variants"]) {
    const std::int64_t rate = variant["bit_rate"].integer().value_or(-1);
    if (variant["content_type"].text() != "video/mp4" || rate <= best) continue;
    best = rate;
    media.url = variant["url"].text();
  }
  if (media.url.empty()) media.url = json["preview_image_url"].text();
  media.alt = json["alt_text"].text();
  media.width = json["width"].integer();
  media.height = json["height"].integer();
}

void XPosts::User(JsonValue json) {
  const JsonValue joined = json["author"];
  const std::string_view id = XIdOf(json["author_id"]);
  const JsonValue user = joined ? joined : users_.Find(id);
  tweet_.user.id = id.empty() ? XIdOf(user["id"]) : id;
  for (JsonValue member : user) {
    const std::string_view key = member.key();
    if (key == "username") tweet_.user.username = member.text();
    if (key == "name") tweet_.user.name = member.text();
    if (key == "profile_image_url") tweet_.user.icon = member.text();
  }
}

// A repost's own text is cut short, and its hashtags with it.
void XPosts::HashtagsOfOriginal() {
  const JsonValue original = tweets_.Find(tweet_.retweeted);
  if (!original["text"]) return;
  tweet_.hashtags.clear();
  tweet_.has_entities = false;
  tweet_.text = original["text"].text();
  ReadXEntities(original["entities"], tweet_);
  if (const JsonValue note = original["note_tweet"]; note["text"]) {
    tweet_.text = note["text"].text();
    ReadXEntities(note["entities"], tweet_);
  }
}

std::vector<std::string_view> XUnusedKeys() {
  return {"context_annotations",
          "public_metrics",
          "annotations",
          "description",
          "location",
          "withheld",
          "edit_controls",
          "geo",
          "places",
          "polls",
          "reply_settings",
          "images",
          "pinned_tweet_id",
          "organic_metrics",
          "title",
          "unwound_url",
          "non_public_metrics",
          "promoted_metrics"};
}

}  // namespace latecomer
