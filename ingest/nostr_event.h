// An event of Nostr (NIP-01), and whether it is what it says it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latecomer {

struct NostrEvent {
  std::string id;               // 64 digits of lower-case hex, as are the next
  std::string pubkey;           // of its author
  std::int64_t created_at = 0;  // seconds since 1970, as the author says
  int kind = 0;
  std::vector<std::vector<std::string>> tags;  // no tag is empty
  std::string content;
  std::string sig;  // 128 digits

  // The first value of the first tag of that name; "" where there is none.
  std::string_view TagValue(std::string_view name) const;
  bool operator==(const NostrEvent&) const = default;
};

// Kinds of which something is taken.
inline constexpr int kNostrProfile = 0;
inline constexpr int kNostrNote = 1;
inline constexpr int kNostrDeletion = 5;
inline constexpr int kNostrRepost = 6;
inline constexpr int kNostrGenericRepost = 16;
inline constexpr int kNostrComment = 1111;

// What is hashed: NIP-01's array, without white space, with only the seven characters escaped that
// it names.
std::string NostrSerialised(const NostrEvent& event);

// Whether the id is the hash of the event, and the signature (BIP-340) is the author's. Controls
// that NIP-01 does not name may have been hashed as they are, or, as most programs write them, as
// \u00xx. Any thread.
enum class NostrTruth { kTrue, kWrongId, kWrongSignature };
NostrTruth CheckNostrEvent(const NostrEvent& event);

}  // namespace latecomer
