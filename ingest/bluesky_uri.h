// Addresses of records in AT repositories: at://AUTHORITY/COLLECTION/RKEY
// (https://atproto.com/specs/at-uri-scheme), as far as posts need them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace latecomer {

inline constexpr std::string_view kBlueskyPostCollection = "app.bsky.feed.post";

struct AtUri {
  std::string_view authority;  // a DID, or a handle
  std::string_view collection;
  std::string_view rkey;
};

// Nothing for what is no address of a record. The views are of `uri`.
std::optional<AtUri> ParseAtUri(std::string_view uri);

// "did:METHOD:…" by its characters (https://atproto.com/specs/did).
bool IsDid(std::string_view text);
bool IsRecordKey(std::string_view text);

// "at://DID/app.bsky.feed.post/RKEY".
std::string BlueskyPostUri(std::string_view did, std::string_view rkey);
// "https://bsky.app/profile/DID/post/RKEY", and of an account.
std::string BlueskyPostUrl(std::string_view did, std::string_view rkey);
std::string BlueskyProfileUrl(std::string_view did);

// "DID/RKEY", by which cursors know a post; "" for what is no post of a DID's repository.
std::string BlueskyShortId(std::string_view uri);
// And back; "" for what is none.
std::string BlueskyUriOfShortId(std::string_view short_id);

// The time in a record key that is a TID (https://atproto.com/specs/tid).
std::optional<TimeMs> TidTime(std::string_view rkey);

}  // namespace latecomer
