// Reads one document of a feed: Atom (RFC 4287, with replies after RFC 4685, archives after RFC
// 5005 and deletions after RFC 6721), RSS 2.0 and RSS 1.0. Pure; used for files and for what comes
// over the network, so that an item has the same id whichever way it came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ingest/archive.h"
#include "ingest/byte_source.h"

namespace latecomer {

// What a feed says of itself. Addresses as they stand in it: they may be relative.
struct FeedHead {
  std::string site;       // the page or id that it is about
  std::string generator;  // RSS 2.0: its text; Atom: `uri`, else its text
  // RFC 5005: the document with what came before this one.
  std::string prev_archive;
  std::string next;
  std::optional<std::int64_t> ttl_minutes;  // RSS 2.0: how long it may be kept
};

// What an item says of its answers. Addresses as they stand in it.
struct FeedReplies {
  std::string rss;                    // wfw:commentRss
  std::string atom;                   // <link rel="replies"> of a type that is a feed's
  std::optional<std::int64_t> count;  // slash:comments, thr:count, thr:total
};

// Told what stands in a document, in its order.
class FeedEvents {
 public:
  virtual ~FeedEvents() = default;
  // An item begins, counted from 1. `sample`: how it names itself; may be empty.
  virtual void StartItem(std::uint64_t number, std::string_view sample) = 0;
  // The item: a Note, or a Tombstone (at:deleted-entry), with the hashtags of its categories and of
  // its text. Not checked yet (post_check.h); `published` may be missing.
  virtual void Give(ArchivePost& post, const FeedReplies& replies) = 0;
  // The item cannot be read; `field` may be empty.
  virtual void Reject(std::string_view field, std::string reason) = 0;
  virtual bool stopped() const = 0;
};

struct FeedReadOptions {
  std::string name;                 // for messages
  std::string encoding;             // instead of what the document says; "": as it says
  std::optional<TimeMs> retrieved;  // for `source.retrieved`
};

// The head as far as it was read is in `head`, also after an error: kInvalid with name and line
// where the XML is broken; what stands before has been given.
Status ReadFeed(ByteSource& source, const FeedReadOptions& options, FeedEvents& events,
                FeedHead& head);

// "https://b.example/?p=5" of "https://b.example/?p=5#comment-7", which is how WordPress's feeds
// (get_comment_guid) and its export name a comment; "" for any other id.
std::string_view PostOfCommentId(std::string_view id);

// Whether text that begins so may be a feed that ReadFeed reads.
bool LooksLikeFeed(std::string_view beginning);

}  // namespace latecomer
