// JSONL of X's API v2, as twarc2 writes it (https://twarc-project.readthedocs.io): a response a
// line, with `data` an array (pages) or an object (streams) and `includes` beside it; a post a line
// with what it refers to joined in place ("flattened"); compliance records; counts; errors.
#include "ingest/archive_format.h"
#include "ingest/jsonl_archive.h"
#include "ingest/x_api_posts.h"
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

class Twarc2Reader {
 public:
  explicit Twarc2Reader(ArchiveInput& input)
      : out_(input.out),
        now_(RetrievedNow(input.options)),
        posts_([this](XPostFound& found) { return out_.Emit(found.post); },
               [this](std::string_view field, std::string reason) {
                 out_.Reject(field, std::move(reason));
               }) {}

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
      posts_.Read(data, includes, retrieved_);
    } else if (root["action"]) {
      Compliance(root);
    } else if (root["id"] || root["text"]) {
      posts_.Read(root, {}, retrieved_);
    } else if (!root["errors"] && !root["meta"] && !root["__twarc"]) {
      out_.Reject("", "The object is neither a response, a post nor a compliance record of X.");
    }
  }

 private:
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
  XPosts posts_;
  std::optional<TimeMs> retrieved_;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  Twarc2Reader reader(input);
  return ReadJsonLines(input, XUnusedKeys(), [&](JsonValue root) { reader.Record(root); });
}

}  // namespace

const ArchiveFormat kTwarc2Format = {
    "twarc2", "posts of X's API v2, one response or post a line, as twarc2 writes them", &Fits,
    &Read};

}  // namespace latecomer
