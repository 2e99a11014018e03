// Posts of X (Twitter), whichever form they came in: ids, times, text. The live source and every
// archive format use this, so that a post has one identity (docs/formats/archives.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ingest/archive.h"

namespace latecomer {

inline constexpr std::string_view kXInstance = "x.com";

// "https://x.com/i/status/ID" and "https://x.com/i/user/ID": neither holds the user's name, which
// may change. `id` empty gives "".
std::string XPostId(std::string_view id);
std::string XUserId(std::string_view id);

// Whether the text is an id of X: 1-20 decimal digits.
bool IsXId(std::string_view text);

// The time in an id, to the second, as X states `created_at`. Nothing for the ids before November
// 2010, which have none.
std::optional<TimeMs> XIdTime(std::string_view id);

// "Wed Oct 10 20:19:24 +0000 2018", as API v1.1 has it.
std::optional<TimeMs> ParseXTime(std::string_view text);

struct XUrl {
  std::string_view url;  // as it stands in the text: https://t.co/…
  std::string_view expanded;
  std::string_view display;
  bool own_media = false;  // stands for the post's own picture or video
};
struct XMention {
  std::string_view username;
  std::string_view id;  // may be empty
};
struct XMedia {
  std::string_view type;  // photo, video, animated_gif
  std::string_view url;
  std::string_view alt;
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> height;
};
struct XUser {
  std::string_view id;
  std::string_view username;
  std::string_view name;
  std::string_view icon;
};

// One version of a post, as views of where it was read.
struct XTweet {
  std::string_view id;
  std::string_view first_id;  // of its edit history; empty: the same as id
  std::optional<TimeMs> created;
  std::string_view text;
  XUser user;
  std::string_view in_reply_to;
  std::string_view conversation;
  std::string_view quoted;
  std::string_view retweeted;
  std::string_view language;
  bool sensitive = false;
  bool has_entities = false;  // else hashtags are looked for in the text
  std::vector<std::string_view> hashtags;
  std::vector<XUrl> urls;
  std::vector<XMention> mentions;
  std::vector<XMedia> media;
  std::optional<TimeMs> retrieved;

  void Clear();
};

// Fills `post`: an Announce where `retweeted` is set, else a Note.
void MakeXPost(const XTweet& tweet, ArchivePost& post);
// Fills `post` with a Tombstone.
void MakeXTombstone(std::string_view id, std::optional<TimeMs> deleted,
                    std::optional<TimeMs> retrieved, ArchivePost& post);

// The text of a post, in which X has escaped `&`, `<` and `>`, as HTML: line breaks kept, t.co
// links replaced by where they lead, those of own media left out.
std::string XTextToHtml(std::string_view text, const std::vector<XUrl>& urls);

}  // namespace latecomer
