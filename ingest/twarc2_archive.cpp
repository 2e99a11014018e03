// JSONL of X's API v2, as twarc2 writes it (https://twarc-project.readthedocs.io): a response a
// line, with `data` an array (pages) or an object (streams) and `includes` beside it; a post a line
// with what it refers to joined in place ("flattened"); compliance records; counts; errors.
#include <algorithm>

#include "ingest/archive_format.h"
#include "ingest/jsonl_archive.h"
#include "ingest/x_json.h"

namespace latecomer {
namespace {

bool Fits(const ArchiveHead& head) {
  if (head.json == nullptr) return false;
  const JsonSniff& json = *head.json;
  if (json.Has("__twarc") || json.Has("includes") || json.data_is_nested) return true;
  if (json.Has("id_str") || json.Has("user")) return false;
  if (json.Has("errors") && (json.Has("meta") || json.keys.size() == 1)) return true;
  if (json.Has("id") && json.Has("action")) return true;
  return json.Has("id") && json.Has("text") &&
         (json.Has("author_id") || json.Has("conversation_id") || json.Has("created_at") ||
          json.Has("edit_history_tweet_ids"));
}

// Objects of one response by an id of theirs.
class Index {
 public:
  void Clear() { items_.clear(); }
  void Add(std::string_view id, JsonValue value) { items_.emplace_back(id, value); }
  void Sort() { std::stable_sort(items_.begin(), items_.end(), Less); }
  JsonValue Find(std::string_view id) const {
    const auto it =
        std::lower_bound(items_.begin(), items_.end(), std::pair(id, JsonValue()), Less);
    return it != items_.end() && it->first == id ? it->second : JsonValue();
  }

 private:
  using Item = std::pair<std::string_view, JsonValue>;
  static bool Less(const Item& a, const Item& b) { return a.first < b.first; }
  std::vector<Item> items_;
};

class Twarc2Reader {
 public:
  explicit Twarc2Reader(ArchiveInput& input) : out_(input.out), now_(RetrievedNow(input.options)) {}

  void Record(JsonValue root) {
    retrieved_ = now_;
    if (const JsonValue stated = root["__twarc"]["retrieved_at"]) {
      retrieved_ = ParseTime(stated.text());
      if (!retrieved_) {
        out_.Reject("__twarc.retrieved_at", "`__twarc.retrieved_at` is no time.");
        return;
      }
    }
    const JsonValue data = root["data"];
    const JsonValue includes = root["includes"];
    if (data || includes) {
      Response(data, includes);
    } else if (root["action"]) {
      Compliance(root);
    } else if (root["id"] || root["text"]) {
      Response(root, {});
    } else if (!root["errors"] && !root["meta"] && !root["__twarc"]) {
      out_.Reject("", "The object is neither a response, a post nor a compliance record of X.");
    }
  }

 private:
  // `data`: a post or an array of them.
  void Response(JsonValue data, JsonValue includes) {
    users_.Clear();
    media_.Clear();
    tweets_.Clear();
    first_ids_.clear();
    for (JsonValue user : includes["users"]) users_.Add(user["id"].text(), user);
    for (JsonValue media : includes["media"]) media_.Add(media["media_key"].text(), media);
    if (data.is_array()) {
      for (JsonValue tweet : data) AddTweet(tweet);
    } else {
      AddTweet(data);
    }
    for (JsonValue tweet : includes["tweets"]) AddTweet(tweet);
    users_.Sort();
    media_.Sort();
    tweets_.Sort();
    std::sort(first_ids_.begin(), first_ids_.end());

    if (data.is_array()) {
      for (JsonValue tweet : data) Tweet(tweet);
    } else if (data) {
      Tweet(data);
    }
    for (JsonValue tweet : includes["tweets"]) Tweet(tweet);
  }

  void AddTweet(JsonValue tweet) {
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
      if (referenced["text"]) AddTweet(referenced);
    }
  }

  // The id under which all versions of a post are known.
  std::string_view FirstId(std::string_view id) const {
    const auto it =
        std::lower_bound(first_ids_.begin(), first_ids_.end(), std::pair(id, std::string_view()));
    return it != first_ids_.end() && it->first == id ? it->second : id;
  }

  // One post of a response, and what a flattened one has in place.
  void Tweet(JsonValue json) {
    if (out_.stopped()) return;
    if (!json.is_object()) {
      out_.Reject("data", "An item of `data` is no object.");
      return;
    }
    if (json["tweet_count"] && !json["id"]) return;  // of a counts response
    const std::string_view id = XIdOf(json["id"]);
    if (id.empty()) {
      out_.Reject("id", "`id` is no id of a post of X.");
      return;
    }
    // A page may have the same post in `data` and in `includes`: the first of them is given.
    if (tweets_.Find(id).at() != json.at()) return;
    if (!Extract(json, id)) return;
    MakeXPost(tweet_, post_);
    if (!out_.Emit(post_)) return;
    for (JsonValue referenced : json["referenced_tweets"]) {
      if (referenced["text"]) Tweet(referenced);
    }
  }

  bool Extract(JsonValue json, std::string_view id) {
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
          out_.Reject("created_at", "`created_at` of post " + std::string(id) + " is no time.");
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

  void Reference(JsonValue referenced) {
    const std::string_view type = referenced["type"].text();
    const std::string_view id = FirstId(XIdOf(referenced["id"]));
    if (type == "retweeted") tweet_.retweeted = id;
    if (type == "replied_to") tweet_.in_reply_to = id;
    if (type == "quoted") tweet_.quoted = id;
  }

  void Attachments(JsonValue attachments) {
    for (JsonValue key : attachments["media_keys"]) Media(media_.Find(key.text()));
    for (JsonValue media : attachments["media"]) Media(media);  // flattened
  }

  void Media(JsonValue json) {
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

  void User(JsonValue json) {
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
  void HashtagsOfOriginal() {
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

  void Compliance(JsonValue root) {
    if (root["action"].text() != "delete") return;
    const std::string_view id = XIdOf(root["id"]);
    if (id.empty()) {
      out_.Reject("id", "`id` is no id of a post of X.");
      return;
    }
    std::optional<TimeMs> deleted;
    if (const JsonValue redacted = root["redacted_at"]) {
      deleted = ParseTime(redacted.text());
      if (!deleted) {
        out_.Reject("redacted_at", "`redacted_at` is no time.");
        return;
      }
    }
    MakeXTombstone(id, deleted, retrieved_, post_);
    out_.Emit(post_);
  }

  ArchiveOutput& out_;
  std::optional<TimeMs> now_;
  Index users_;
  Index media_;
  Index tweets_;
  std::vector<std::pair<std::string_view, std::string_view>> first_ids_;  // later version, first
  std::optional<TimeMs> retrieved_;
  XTweet tweet_;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  Twarc2Reader reader(input);
  return ReadJsonLines(input,
                       {"context_annotations", "public_metrics", "annotations", "description",
                        "location", "withheld", "edit_controls", "geo", "places", "polls",
                        "reply_settings", "images", "pinned_tweet_id", "organic_metrics",
                        "non_public_metrics", "promoted_metrics", "title", "unwound_url"},
                       [&](JsonValue root) { reader.Record(root); });
}

}  // namespace

const ArchiveFormat kTwarc2Format = {
    "twarc2", "posts of X's API v2, one response or post a line, as twarc2 writes them", &Fits,
    &Read};

}  // namespace latecomer
