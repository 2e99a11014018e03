// The text of a Bluesky record with its facets
// (https://docs.bsky.app/docs/advanced-guides/post-richtext): links, mentions and hashtags stand
// beside the text, by ranges of its UTF-8 bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/json_tree.h"

namespace latecomer {

struct BlueskyFacet {
  enum class Kind { kLink, kMention, kTag };
  Kind kind = Kind::kLink;
  std::size_t begin = 0;  // in bytes of the text
  std::size_t end = 0;
  bool has_range = false;  // the range is one of whole characters of the text
  std::string_view value;  // address, DID, or hashtag as its author wrote it
};

// The facets of a record that are understood, in their order, at most kFacetsMax. A hashtag counts
// wherever its range points to, as it does for the network itself.
std::vector<BlueskyFacet> ReadBlueskyFacets(JsonValue facets, std::string_view text);
inline constexpr std::size_t kFacetsMax = 1000;

// The text as HTML with its links. Ranges that are none, and those that overlap one before them,
// are left out; their text stays. `card`: the address and title of a linked page that the record
// shows below its text, and which may stand nowhere in it; may be empty.
struct BlueskyCard {
  std::string_view url;
  std::string_view title;
};
std::string BlueskyHtml(std::string_view text, std::vector<BlueskyFacet> facets,
                        const BlueskyCard& card);

}  // namespace latecomer
