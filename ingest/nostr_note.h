// What an event of Nostr says as a post, and where it stands in its conversation. Pure.
//
//   kind 1     a note. Its place by NIP-10: marked `e` tags; where none is marked, their positions
//   kind 1111  a comment (NIP-22): `E` is the root, `e` the parent
//   kind 6, 16 a repost (NIP-18), an Announce of the last `e`
// What is quoted (`q`, an `e` marked "mention", one that the text refers to) is no parent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ingest/nostr_event.h"
#include "ingest/nostr_message.h"
#include "model/post.h"

namespace latecomer {

// Ids of events, as hex; "" for none.
struct NostrPlace {
  std::string root;    // as stated; of a post that is a root itself ""
  std::string parent;  // what it answers; where `root` is set, this is
  std::string quoted;
  std::string reposted;
};
// Of a note, comment or repost.
NostrPlace PlaceOf(const NostrEvent& event);

// The hashtags in its `t` tags, folded; what cannot be folded is left out.
std::vector<std::string> HashtagsOf(const NostrEvent& event);

// The events that a deletion (NIP-09) is about. Whether they are its author's is not known here.
std::vector<std::string> DeletedBy(const NostrEvent& event);

// A Note or an Announce. `profile`: of its author, where it is known. `instance`: the relay's host.
Post MakeNostrPost(const NostrEvent& event, const NostrPlace& place, const NostrProfile* profile,
                   std::string_view instance, TimeMs now);
Post MakeNostrTombstone(std::string_view id, TimeMs deleted, std::string_view instance, TimeMs now);

// Plain text as HTML: addresses of the web are links, as is what NIP-27 refers to.
std::string NostrTextToHtml(std::string_view text);

}  // namespace latecomer
