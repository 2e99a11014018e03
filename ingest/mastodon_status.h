// A status of the Mastodon API (https://docs.joinmastodon.org/entities/Status/) as a post, in the
// dialects of Mastodon, GoToSocial, Pleroma, Akkoma and Pixelfed.
//
// The post is what ActivityPub would say of it, as far as the API tells, so that it is the same
// post whichever instance was asked, and the same as in the archive of its author
// (mastodon_archive.cpp): `id` is the status's `uri`, the author's id its actor, mentions stand
// before hashtags. What only this instance knows (its own ids, its copies of media) stays out.
//
// Pure: nothing waits, nothing is kept. Messages and rejects never show what people wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/archive.h"
#include "ingest/json_tree.h"
#include "model/post.h"

namespace latecomer {

struct MastodonStatus {
  std::string id;              // on the instance that was asked, as are the next two
  std::string in_reply_to_id;  // "" if it is no reply
  std::string quoted_id;       // where only that is said of what it quotes
  std::int64_t replies = 0;    // that the instance knows of; some of them may not be shown
  bool is_public = false;      // public or unlisted; else nothing of it may be kept
  // A Note, or the Announce of `reposted`. `in_reply_to` is empty: the API does not tell the
  // parent's uri. `hashtags`: of a repost the original's.
  ArchivePost post;
  std::unique_ptr<MastodonStatus> reposted;

  Post& note() { return std::get<Post>(post.value); }
  const Post& note() const { return std::get<Post>(post.value); }
};

// An id of a status on its instance: 1-64 letters, digits, `-` or `_`. Numbers, ULIDs, flakes.
bool IsMastodonId(std::string_view id);

// Whether `a` is older than `b`: numbers by their value, all else as text.
bool MastodonIdLess(std::string_view a, std::string_view b);

// `instance`: the host that was asked, with its port where it is not the scheme's own. kInvalid: no
// object, no id, no visibility, no uri, a time that is none, content past its bound.
Result<MastodonStatus> ReadMastodonStatus(JsonValue json, std::string_view instance, TimeMs now);

// Whether the instance is where the post was written: only it can say that it is deleted.
bool IsOwnPost(std::string_view uri, std::string_view instance);

// A digest of what may change of a post. What changes without an edit and for all of an author's
// posts at once (name, picture) is left out.
std::uint32_t MastodonDigest(const Post& post);

// The keys of statuses of which nothing is taken: for a JsonTree.
std::vector<std::string_view> MastodonSkippedKeys();

}  // namespace latecomer
