// One version of a Bluesky post, made from its record. Whichever way the record came (a search, a
// thread, a stream), the same record and author give the same post, byte for byte.
//
//   id         at://DID/app.bsky.feed.post/RKEY; the author's id is the DID, which lasts longer
//   than
//              any handle
//   published  `createdAt`, as the author's app states it; where that is no time, or ahead of when
//              the network first saw it by more than kAheadMax, the latter
//   hashtags   those of facets and of `tags`; a mere "#word" in the text is none on this network
//   context    `reply.root`, inReplyTo `reply.parent`, quoteUri the post in `embed`
//   content    the text with its facets, and below it a link to the page that `embed` shows
//   attachment pictures and videos, by the addresses at which bsky.app serves them
//   sensitive  the author's own labels of adult or graphic media
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/archive.h"
#include "ingest/json_tree.h"

namespace latecomer {

inline constexpr TimeMs kBlueskyAheadMaxMs = 600'000;

// Who wrote it, as far as is known; only `did` is for ever.
struct BlueskyAuthor {
  std::string did;
  std::string handle;
  std::string name;
  std::string avatar;
  bool operator==(const BlueskyAuthor&) const = default;
};

// A record as it was found.
struct BlueskyRecord {
  std::string_view did;
  std::string_view rkey;
  std::string_view cid;  // of this version
  JsonValue value;
  std::optional<TimeMs> seen;     // when the network (not we) saw it first
  std::optional<TimeMs> updated;  // of a version that replaces another
};

struct BlueskyPost {
  ArchivePost post;      // a Note and the folded hashtags that it carries
  std::string short_id;  // BlueskyShortId
  std::string root;      // the conversation's root post: a URI, its own where it is no reply
  std::string cid;
};

// kInvalid: no post can be made of it; the message names the field and holds nothing of the record.
// Changes of the network's own clock or form are no reason.
Status MakeBlueskyPost(const BlueskyRecord& record, const BlueskyAuthor& author,
                       std::string_view instance, TimeMs now, BlueskyPost& out);

// Who wrote it, where that is learnt later.
void SetBlueskyAuthor(const BlueskyAuthor& author, Post& post);

// A post that its author has deleted. `root`: of its conversation, "" if not known.
Post BlueskyTombstone(const std::string& uri, const std::string& root, std::string_view instance,
                      TimeMs now);

// When the record says that it was written, or the network saw it: what `since` and `until` of a
// search are about ("sortAt"). Nothing where neither is known.
std::optional<TimeMs> BlueskySortTime(JsonValue record, std::optional<TimeMs> seen);

}  // namespace latecomer
