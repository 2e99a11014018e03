// A feed as a host answers it: which of the formats it is, in which encoding whatever it says of
// itself, its addresses made whole. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/archive.h"
#include "ingest/feed_reader.h"
#include "ingest/url.h"

namespace latecomer {

inline constexpr std::size_t kFeedItemsMax = 5'000;

struct FeedItem {
  ArchivePost post;      // a Note or a Tombstone; `published` is never missing of a Note
  FeedReplies replies;   // addresses absolute, or ""
  bool is_dated = true;  // false: `published` is the time at which it was read
};

struct FeedDocument {
  FeedHead head;  // addresses absolute, or ""
  std::vector<FeedItem> items;
  std::vector<Reject> rejects;
  // Why it ended before its end: broken XML, more than kFeedItemsMax items; "": it did not.
  std::string broken;
  bool IsWordPress() const;
};

// `content_type`: the header, with its parameters. kInvalid: no feed at all, an HTML page for
// instance. Messages and the `where` of rejects name host and path, and no content.
Result<FeedDocument> ReadFeedDocument(std::string body, std::string_view content_type,
                                      const Url& url, TimeMs now);

// The encoding to read XML in, of any kind of liar: "" for what the document says of itself, else
// the name to read it by. For tests.
std::string FeedEncoding(std::string_view body, std::string_view content_type);

}  // namespace latecomer
