// Queries of X's API v2 (https://docs.x.com/x-api/posts/search/integrate/build-a-query), as few as
// the bound of their length allows. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ingest/source.h"

namespace latecomer {

// Of a recent search and of a rule; of a full-archive search. In characters; bytes are counted
// here, which is never more.
inline constexpr std::size_t kXQueryMax = 512;
inline constexpr std::size_t kXQueryAllMax = 1'024;

struct XQuery {
  std::string text;             // "#tag OR #alias"
  std::vector<std::string> of;  // the hashtags, or conversations, that it asks for
  bool operator==(const XQuery&) const = default;
};

// Whether X can have this hashtag (folded): letters, marks, digits and `_`, not digits alone. What
// it cannot have it would take for something else: `#a-b` for "#a without b".
bool IsXHashtag(std::string_view hashtag);

// Asks for the hashtags with their aliases. What X cannot have is left out. A hashtag stands in one
// query, unless it has too many aliases for that.
std::vector<XQuery> XHashtagQueries(const std::vector<FollowedHashtag>& hashtags,
                                    std::size_t bytes_max);

// One term of a conversation: "conversation_id:ID".
std::string XConversationTerm(std::string_view id);

// "2026-01-02T03:04:05Z": as X wants its times, to the second, rounded down.
std::string XTimeText(TimeMs time);

}  // namespace latecomer
