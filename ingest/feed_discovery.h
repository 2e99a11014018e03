// Which feeds an HTML page offers: <link rel="alternate" type="application/atom+xml" href="…">
// (https://www.rssboard.org/rss-autodiscovery). Pure; reads markup of any kind of brokenness.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace latecomer {

inline constexpr std::size_t kFeedsOfPageMax = 8;

// The addresses as they stand in the page, each once, in its order, at most kFeedsOfPageMax.
std::vector<std::string> FeedsOfPage(std::string_view html);

// The address that a Link header (RFC 8288) gives for the relation; "". Several headers are joined
// by commas.
std::string LinkOf(std::string_view header, std::string_view relation);

// The same for a <link> of an HTML page.
std::string LinkOfPage(std::string_view html, std::string_view relation);

}  // namespace latecomer
