// Opaque cursors: of the replay stream (`id:` and Last-Event-ID) and of pages. Base64url of a short
// text; what they hold is nobody's business but ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "replay/hashtag_view.h"

namespace latecomer {

// How far a viewer is: every row at or before `place` whose version is at most `seq` has been
// delivered. `live`: the viewer had caught up with now.
struct FeedCursor {
  std::uint64_t epoch = 0;  // FeedEpoch
  FeedPlace place;
  std::int64_t seq = -1;
  bool live = false;
  bool operator==(const FeedCursor&) const = default;
};

// What makes versions comparable: the store's epoch and the hashtag.
std::uint64_t FeedEpoch(std::string_view store_epoch, std::string_view hashtag);

std::string EncodeFeedCursor(const FeedCursor& cursor);
// kInvalid for what we did not write.
Result<FeedCursor> DecodeFeedCursor(std::string_view text);

// Where a page ended: the sort key of its last item, then the item's id. `order` names the sort, so
// that a cursor of another one is refused.
struct PageCursor {
  char order = 0;
  std::int64_t key = 0;
  std::int64_t key2 = 0;
  std::string id;
  bool operator==(const PageCursor&) const = default;
};

std::string EncodePageCursor(const PageCursor& cursor);
Result<PageCursor> DecodePageCursor(std::string_view text, char order);

}  // namespace latecomer
