// UTF-8 as RFC 3629 has it: no surrogates, nothing past U+10FFFF, no overlong forms.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace latecomer {

// The position of the first byte that is not part of valid UTF-8; text.size() if all of it is.
std::size_t FindInvalidUtf8(std::string_view text);
inline bool IsValidUtf8(std::string_view text) { return FindInvalidUtf8(text) == text.size(); }

// At most `bytes_max` bytes of `text`, cut between code points, with what is invalid replaced by
// U+FFFD and controls by blanks: fit to be shown in a message.
std::string Sample(std::string_view text, std::size_t bytes_max);

// Whether there is a control character (category Cc: U+0000-001F, U+007F-009F) in valid UTF-8.
bool HasControl(std::string_view text);

}  // namespace latecomer
