// The canonical post: one version of something said, with the names of ActivityStreams 2.0
// (https://www.w3.org/TR/activitystreams-vocabulary/). Values of the topic `posts`, and lines of
// the
// `.jsonl` that `import` reads and `export` writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"

namespace latecomer {

inline constexpr std::size_t kIdBytesMax = 2048;
// A post as written to `posts`; Kafka's default message.max.bytes leaves room for key and framing.
inline constexpr std::size_t kPostBytesMax = 1'000'000;

enum class PostType : std::uint8_t {
  kNote,      // any kind of post, comments too
  kAnnounce,  // a repost; `object` is the original's id
  kTombstone  // deleted at its origin
};

enum class Via : std::uint8_t {
  kTag,    // the post carries the hashtag
  kThread  // it does not, and belongs to a conversation that does
};

// Without an `id` it is no author. An empty string is an absent member, here and below.
struct Author {
  std::string id;
  std::string preferred_username;
  std::string name;
  std::string url;
  std::string icon;
  bool operator==(const Author&) const = default;
};

struct Tag {
  std::string type;  // "Hashtag", "Mention"
  std::string href;
  std::string name;
  bool operator==(const Tag&) const = default;
};

struct Attachment {
  std::string type;
  std::string media_type;
  std::string url;
  std::string name;  // the alternative text
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> height;
  bool operator==(const Attachment&) const = default;
};

// Where this version was read, and when.
struct PostSource {
  std::string kind;
  std::string instance;
  std::optional<TimeMs> retrieved;
  bool operator==(const PostSource&) const = default;
};

struct Post {
  PostType type = PostType::kNote;
  std::string id;
  std::string url;
  std::optional<TimeMs> published;  // always there but for a Tombstone
  std::optional<TimeMs> updated;
  std::optional<TimeMs> deleted;  // Tombstone only, and may be unknown there
  Author attributed_to;
  std::string content;  // HTML of the allow-list
  std::string summary;  // plain text
  std::string language;
  bool sensitive = false;
  std::string in_reply_to;
  std::string context;
  std::string object;  // Announce only
  std::string quote_uri;
  std::vector<Tag> tag;
  std::vector<Attachment> attachment;
  Via via = Via::kTag;
  PostSource source;
  bool operator==(const Post&) const = default;
};

// For which stretch of time a source was pulled, and whether whole.
struct Coverage {
  std::string source;
  TimeMs from = 0;
  TimeMs to = 0;
  bool complete = false;
  std::string why;
  bool operator==(const Coverage&) const = default;
};

// Erase a post, or all posts of an author. Exactly one of the two is set.
struct Forget {
  std::string post;
  std::string author;
  bool operator==(const Forget&) const = default;
};

// What a record of `posts` or a line of a canonical file holds.
using PostsValue = std::variant<Post, Coverage, Forget>;

}  // namespace latecomer
