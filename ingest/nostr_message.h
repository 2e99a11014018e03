// What is said between a client and a relay of Nostr (NIP-01).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/nostr_event.h"

namespace latecomer {

// From the relay. OK, AUTH and what is not known are kOther.
struct NostrMessage {
  enum class Type { kEvent, kEndOfStored, kClosed, kNotice, kOther };
  Type type = Type::kOther;
  std::string subscription;
  NostrEvent event;
  std::string text;  // of kClosed and kNotice: written by the relay, not to be shown
};

// `text` is destroyed. kInvalid says what is wrong, without showing what came: no JSON, no message,
// an event with a missing field or one of the wrong form (ids in upper case, tags that are no
// strings, a kind past 65535).
Result<NostrMessage> ReadNostrMessage(std::string& text);

// An event by itself, as reposts hold it.
Result<NostrEvent> ReadNostrEvent(std::string& text);

// What a profile (kind 0) says of its author, bounded; what is missing or no string is empty.
struct NostrProfile {
  std::string name;
  std::string picture;
  std::string nip05;  // "ana@example.com", as claimed
};
NostrProfile ReadNostrProfile(std::string_view content);

struct NostrFilter {
  std::vector<std::string> ids;
  std::vector<std::string> authors;
  std::vector<int> kinds;
  std::map<char, std::vector<std::string>> tags;  // by their letter
  std::optional<std::int64_t> since;
  std::optional<std::int64_t> until;
  std::optional<int> limit;
};

std::string WriteNostrRequest(std::string_view subscription,
                              const std::vector<NostrFilter>& filters);
std::string WriteNostrClose(std::string_view subscription);

// The machine-readable word before the colon of a CLOSED: "rate-limited"; "" where there is none.
std::string_view NostrReason(std::string_view text);

}  // namespace latecomer
