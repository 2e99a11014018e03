// JSONL of Twitter's API v1.1, as twarc 1 and many others wrote it: a status a line, or a message
// of the streaming API.
#include <algorithm>
#include <charconv>

#include "ingest/archive_format.h"
#include "ingest/jsonl_archive.h"
#include "ingest/twitter1_tweet.h"
#include "ingest/x_json.h"

namespace latecomer {
namespace {

constexpr int kNestedMax = 4;  // a repost of a post that quotes one that …

bool Fits(const ArchiveHead& head) {
  if (head.json == nullptr) return false;
  const JsonSniff& json = *head.json;
  if (json.Has("delete") && json.keys.size() <= 3) return true;
  const bool text = json.Has("text") || json.Has("full_text");
  return json.Has("id_str") && (text || json.Has("created_at"));
}

class Twitter1Reader {
 public:
  explicit Twitter1Reader(ArchiveInput& input)
      : out_(input.out), now_(RetrievedNow(input.options)) {}

  void Record(JsonValue root) {
    if (const JsonValue deleted = root["delete"]) {
      Delete(deleted);
    } else if (root["text"] || root["full_text"] || root["id_str"]) {
      Tweet(root, 0);
    } else if (!IsMessage(root)) {
      out_.Reject("", "The object is neither a post nor a message of Twitter's API v1.1.");
    }
  }

 private:
  // The streaming API's other messages say nothing about posts.
  static bool IsMessage(JsonValue root) {
    for (std::string_view key : {"limit", "scrub_geo", "status_withheld", "user_withheld",
                                 "disconnect", "warning", "event", "friends", "info"}) {
      if (root[key]) return true;
    }
    return false;
  }

  void Tweet(JsonValue json, int nested) {
    tweet_.retrieved = now_;
    Status read = ReadTwitter1(json, {}, tweet_);
    if (!read) {
      out_.Reject("", read.error().message);
      return;
    }
    MakeXPost(tweet_, post_);
    if (!out_.Emit(post_) || nested >= kNestedMax) return;
    for (std::string_view key : {"retweeted_status", "quoted_status"}) {
      if (json[key].is_object() && !out_.stopped()) Tweet(json[key], nested + 1);
    }
  }

  void Delete(JsonValue deleted) {
    const std::string_view id = Twitter1Id(deleted["status"]);
    if (id.empty()) {
      out_.Reject("delete.status.id_str", "`delete.status.id_str` is no id of a post of X.");
      return;
    }
    std::optional<TimeMs> when;
    const std::string_view stamp = deleted["timestamp_ms"].text();
    TimeMs ms = 0;
    if (std::from_chars(stamp.data(), stamp.data() + stamp.size(), ms).ec == std::errc() &&
        ms > 0) {
      when = ms;
    }
    MakeXTombstone(id, when, now_, post_);
    out_.Emit(post_);
  }

  ArchiveOutput& out_;
  std::optional<TimeMs> now_;
  XTweet tweet_;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  Twitter1Reader reader(input);
  return ReadJsonLines(input, {"geo", "coordinates", "place", "description"},
                       [&](JsonValue root) { reader.Record(root); });
}

}  // namespace

const ArchiveFormat kTwitter1Format = {
    "twitter1", "posts of Twitter's API v1.1, one a line, as twarc 1 wrote them", &Fits, &Read};

}  // namespace latecomer
