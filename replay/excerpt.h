// Short pieces of a post's text.
#pragma once

#include <string>
#include <string_view>

namespace latecomer {

// The first words of a text: at most `points_max` code points, cut between words where it can be,
// then `…`; white space runs as one blank.
std::string FirstWords(std::string_view text, std::size_t points_max);

// About `points_max` code points of a text around the first word of `query` that stands in it
// (case-insensitive), with `…` where it is cut; its first words where none does.
std::string Snippet(std::string_view text, std::string_view query, std::size_t points_max);

}  // namespace latecomer
