// The posts of an answer of X's API v2: with the users, media and posts of `includes` joined, and
// under one identity for all versions of a post. Answers of the live API and the archives that hold
// them (twarc2) are read by this, so that a post is the same wherever it comes from.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ingest/json_tree.h"
#include "ingest/x_post.h"

namespace latecomer {

// Later versions of posts, and the first version of each.
using XEdits = std::map<std::string, std::string, std::less<>>;

// A post of an answer. `tweet`'s views hold while the answer's text and tree do.
struct XPostFound {
  const XTweet& tweet;
  ArchivePost& post;  // may be moved from
  JsonValue json;
  bool is_asked_for = false;  // stood in `data`; else it is only referred to
};

// One thread. The answers' trees may leave out XUnusedKeys().
class XPosts {
 public:
  using Sink = std::function<bool(XPostFound& found)>;  // false: enough
  using FaultSink = std::function<void(std::string_view field, std::string reason)>;

  // `edits`: known besides what the answers themselves say; may be null, else it must outlive this.
  XPosts(Sink sink, FaultSink fault, const XEdits* edits = nullptr)
      : sink_(std::move(sink)), fault_(std::move(fault)), edits_(edits) {}

  // `data`: a post or an array of them, or none; also a post in which all it refers to is joined in
  // place. Each post is given once. False: the sink wants no more.
  bool Read(JsonValue data, JsonValue includes, std::optional<TimeMs> retrieved);

 private:
  // Objects of one answer by an id of theirs.
  class Index {
   public:
    void Clear() { items_.clear(); }
    void Add(std::string_view id, JsonValue value) { items_.emplace_back(id, value); }
    void Sort();
    JsonValue Find(std::string_view id) const;

   private:
    using Item = std::pair<std::string_view, JsonValue>;
    std::vector<Item> items_;
  };

  void Add(JsonValue tweet);
  std::string_view FirstId(std::string_view id) const;
  void Give(JsonValue json, bool is_asked_for);
  bool Extract(JsonValue json, std::string_view id);
  void Reference(JsonValue referenced);
  void Attachments(JsonValue attachments);
  void Media(JsonValue json);
  void User(JsonValue json);
  void HashtagsOfOriginal();

  const Sink sink_;
  const FaultSink fault_;
  const XEdits* const edits_;
  Index users_;
  Index media_;
  Index tweets_;
  std::vector<std::pair<std::string_view, std::string_view>> first_ids_;  // later version, first
  std::optional<TimeMs> retrieved_;
  bool stopped_ = false;
  XTweet tweet_;
  ArchivePost post_;
};

// Members of an answer that nothing here reads.
std::vector<std::string_view> XUnusedKeys();

}  // namespace latecomer
