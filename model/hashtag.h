// Hashtags as keys: what makes two spellings the same conversation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latecomer {

// The key of a hashtag: one leading `#` or `＃` removed, NFKC_Casefold (Unicode TR 44, by ICU), no
// white space or controls, 1-100 code points. `café` and `cafe` stay different. kInvalid names what
// is wrong. The display form is the caller's to keep.
Result<std::string> FoldHashtag(std::string_view text);

// A hashtag found in plain text: where it stands, in bytes, the `#` included, and its name without
// the `#` as written.
struct HashtagInText {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string name;
};

// Finds hashtags as twitter-text does (its conformance suite `extract.yml` is the specification):
// letters, marks, digits and a few joiners after `#` or `＃`, at least one of them no digit, not
// glued to a word before or to a URL. `text` is UTF-8; what is not valid ends a tag.
std::vector<HashtagInText> FindHashtags(std::string_view text);

}  // namespace latecomer
