// What the search looks at, whatever the database: the folded text of a post, the words of a query,
// and the tokens that an index has of both.
//
// Folding is NFKC_Casefold (Unicode TR 44, by ICU), so that case and width do not matter in any
// script; accents do. A word matches where it stands as a substring, never across white space.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/post.h"

namespace latecomer {

inline constexpr std::size_t kQueryBytesMax = 1000;

// Which rules made an index: what was indexed under another one must be indexed anew, because
// deleting from an index takes the very text that went in. Rises with the code here and in
// TextFromHtml; holds ICU's Unicode version too.
std::string SearchRules();

// NFKC_Casefold of valid UTF-8; what is not valid becomes U+FFFD.
std::string FoldForSearch(std::string_view text);

// The folded text of a content object: content without tags, author's name and handle, each on a
// line of its own. Throws nothing; kCorrupt for what is no content object.
Result<std::string> SearchText(std::string_view content_json);
std::string SearchText(const Post& post);

// The words of a query, folded, distinct; none: nothing is found. kInvalid for a query that is not
// UTF-8 or longer than kQueryBytesMax.
Result<std::vector<std::string>> SearchWords(std::string_view query);

// Whether the folded text has all words.
bool HasWords(std::string_view folded_text, const std::vector<std::string>& words);

// Appends an index token, followed by a blank, for each trigram (three code points in a row, none
// of them white space or a control) of folded text. A token is kIndexTokenBytes of a-z and 2-7: 30
// bits of the trigram's hash. Two trigrams may share one: what an index finds is to be checked.
inline constexpr std::size_t kIndexTokenBytes = 6;
void AppendIndexTokens(std::string& out, std::string_view folded_text);

// Tokens that a text with these words must have; none if all words are shorter than a trigram.
std::vector<std::string> QueryTokens(const std::vector<std::string>& words);

// The same as numbers of 30 bits, for an index over arrays: sorted, each once.
std::vector<std::int32_t> IndexNumbers(std::string_view folded_text);
std::vector<std::int32_t> QueryNumbers(const std::vector<std::string>& words);

}  // namespace latecomer
