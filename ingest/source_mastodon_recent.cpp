#include "ingest/source_mastodon_recent.h"

#include <functional>
#include <string>

namespace latecomer {

bool MastodonRecent::Take(const Post& post, std::string_view hashtag, std::uint32_t digest,
                          int instance, bool is_own) {
  const std::uint64_t hash =
      std::hash<std::string_view>()(post.id) * 31 + std::hash<std::string_view>()(hashtag);
  const TimeMs edited = post.updated ? *post.updated : post.published.value_or(0);
  const Place now{hash,   edited / 1000,
                  digest, static_cast<std::int16_t>(instance),
                  is_own, !post.in_reply_to.empty()};
  Place& before = places_[hash % places_.size()];
  if (before.instance >= 0 && before.hash == hash) {
    const bool tells_parent = now.has_parent && !before.has_parent;
    bool again = now.edited_s > before.edited_s || tells_parent;
    if (now.edited_s == before.edited_s) {
      again = again || (before.instance == now.instance ? now.digest != before.digest
                                                        : now.is_own && !before.is_own);
    }
    if (!again) return false;
  }
  before = now;
  return true;
}

}  // namespace latecomer
