// Walking through UTF-8 by code points, with ICU's macros (which do not survive -Wconversion).
#pragma once

#include <unicode/utf8.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latecomer {

inline constexpr UChar32 kNoCodePoint = -1;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

// The code point at `at`, which moves behind it; kNoCodePoint at the end and for what is no UTF-8.
inline UChar32 NextCodePoint(std::string_view text, std::size_t& at) {
  UChar32 c = kNoCodePoint;
  if (at < text.size()) U8_NEXT(text.data(), at, text.size(), c);
  return c;
}

// The code point before `at`, which moves before it; kNoCodePoint as above.
inline UChar32 PreviousCodePoint(std::string_view text, std::size_t& at) {
  if (at == 0) return kNoCodePoint;
  std::size_t begin = at - 1;
  while (begin > 0 && at - begin < U8_MAX_LENGTH && U8_IS_TRAIL(text[begin])) --begin;
  std::size_t end = begin;
  const UChar32 c = NextCodePoint(text, end);
  if (end == at) {
    at = begin;
    return c;
  }
  --at;
  return kNoCodePoint;
}

// Appends a code point that is one (no surrogate, at most U+10FFFF).
inline void AppendCodePoint(std::string& out, std::uint32_t c) {
  char bytes[U8_MAX_LENGTH];
  std::size_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out.append(bytes, size);
}

#pragma GCC diagnostic pop

}  // namespace latecomer
