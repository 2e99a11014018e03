// Small things that the parts of NostrPull share: cursors and questions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ingest/nostr_message.h"

namespace latecomer {

inline std::string HeadKey(const std::string& relay) { return "head " + relay; }
inline std::string HistoryKey(const std::string& relay, const std::string& hashtag) {
  return "history " + relay + " " + hashtag;
}
// "v1 NUMBER"; with `done` "v1 done NUMBER".
std::string WriteNostrCursor(std::int64_t number, bool done = false);
std::optional<std::int64_t> ReadNostrCursor(std::string_view text, bool done = false);

// Relays take only so many values in a question.
std::vector<std::vector<std::string>> InParts(const std::vector<std::string>& values);

NostrFilter TaggedFilter(std::vector<std::string> spellings);
// What refers to events, by `e` or `E`.
NostrFilter RepliesFilter(char letter, std::vector<std::string> ids);

// The second from which pages go back: authors' clocks may be ahead.
inline std::int64_t TopOf(TimeMs now) { return now / 1000 + 86'400; }

}  // namespace latecomer
