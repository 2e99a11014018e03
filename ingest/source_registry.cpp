// The kinds of sources: one line each.
#include "ingest/source.h"
#include "ingest/source_archive.h"
#include "ingest/source_bluesky.h"
#include "ingest/source_engage.h"
#include "ingest/source_feed.h"
#include "ingest/source_jetstream.h"
#include "ingest/source_mastodon.h"
#include "ingest/source_nostr.h"
#include "ingest/source_wordpress.h"
#include "ingest/source_x.h"

namespace latecomer {
namespace {

struct Entry {
  SourceKind kind;
  Result<std::unique_ptr<Source>> (*make)(const SourceSpec& spec);
};

constexpr Entry kSources[] = {
    {{"mastodon",
      "Mastodon, GoToSocial, Pleroma, Akkoma, Pixelfed: tagged posts and their threads"},
     MakeMastodonSource},
    {{"x", "X (Twitter): tagged posts by search or stream, and their conversations"}, MakeXSource},
    {{"bluesky", "Bluesky: tagged posts by search, and their threads"}, MakeBlueskySource},
    {{"jetstream", "Bluesky: every post as it is written, by a Jetstream"}, MakeJetstreamSource},
    {{"nostr", "Nostr: tagged notes of one or several relays, and their threads"}, MakeNostrSource},
    {{"engage", "Viva Engage (Yammer): tagged messages of groups, and their threads"},
     MakeEngageSource},
    {{"wordpress", "a WordPress blog: tagged posts and all comments on them"}, MakeWordPressSource},
    {{"feed", "RSS, Atom and JSON feeds, and the comments on their items"}, MakeFeedSource},
    {{"archive", "files of posts: one file, or a folder in which new ones appear", false},
     MakeArchiveSource},
};

}  // namespace

Result<std::unique_ptr<Source>> MakeSource(const SourceSpec& spec) {
  for (const Entry& entry : kSources) {
    if (entry.kind.kind == spec.kind) return entry.make(spec);
  }
  return Invalid("kind \"" + spec.kind +
                 "\" is not part of this version; take the source out of the settings");
}

std::vector<SourceKind> SourceKinds() {
  std::vector<SourceKind> kinds;
  for (const Entry& entry : kSources) kinds.push_back(entry.kind);
  return kinds;
}

bool AsksNetwork(std::string_view kind) {
  for (const Entry& entry : kSources) {
    if (entry.kind.kind == kind) return entry.kind.asks_network;
  }
  return false;
}

}  // namespace latecomer
