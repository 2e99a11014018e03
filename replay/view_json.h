// The JSON objects of the HTTP API (docs/http-api.md) that a view alone is enough for.
#pragma once

#include <cstdint>
#include <string>

#include "replay/hashtag_view.h"

namespace latecomer {

void AppendSession(std::string& out, const HashtagView& view, std::uint32_t session);
void AppendSessions(std::string& out, const HashtagView& view);  // the array
void AppendCoverage(std::string& out, const HashtagView& view);  // the array

enum class HashtagDetail { kShort, kSessionsAndCoverage };
void AppendHashtag(std::string& out, const HashtagView& view, HashtagDetail detail);

// {"n_of","object","published","by"}
void AppendRepost(std::string& out, const HashtagView& view, std::uint32_t repost);

}  // namespace latecomer
