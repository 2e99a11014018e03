// Ids and keys of Nostr: 32 bytes, as lower-case hex on the wire, and as bech32 (NIP-19) for people
// and in posts' ids (NIP-21).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latecomer {

inline constexpr std::size_t kNostrHexBytes = 64;

// 64 digits of lower-case hex.
bool IsNostrHex(std::string_view text);
// The bytes of an even number of digits of lower-case hex; nothing for anything else.
std::optional<std::string> BytesOfHex(std::string_view hex);
std::string HexOfBytes(std::string_view bytes);

// Of an event "nostr:note1…", of an author "nostr:npub1…". `hex` must be an id; "" gives "".
std::string NostrPostId(std::string_view hex);
std::string NostrAuthorId(std::string_view hex);
// "note1…", "npub1…".
std::string NostrBech32(std::string_view prefix, std::string_view hex);

// The event or key that an entity names: note, npub, nevent, nprofile (of these the first TLV 0).
// Nothing for what is none, or names something else.
struct NostrEntity {
  std::string_view prefix;  // of the text
  std::string hex;
};
std::optional<NostrEntity> ReadNostrEntity(std::string_view text);

// Where people can look at an entity without a client of their own.
std::string NostrWebAddress(std::string_view entity);

}  // namespace latecomer
