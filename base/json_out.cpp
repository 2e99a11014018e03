#include "base/json_out.h"

#include <array>
#include <bit>
#include <charconv>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace latecomer {
namespace {

constexpr std::array<bool, 256> MakeEscapes() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = true;
  table['\\'] = true;
  return table;
}
constexpr std::array<bool, 256> kNeedsEscape = MakeEscapes();

// The first byte from `at` on that must be escaped; the text's size if there is none.
std::size_t FindEscape(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, special)));
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  while (at < text.size() && !kNeedsEscape[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

void AppendEscaped(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4U];
  out += kHex[c & 15U];
}

template <typename T>
void AppendNumber(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t plain = 0;;) {  // the start of the run not yet appended
    const std::size_t at = FindEscape(text, plain);
    out.append(text, plain, at - plain);
    if (at == text.size()) break;
    AppendEscaped(out, static_cast<unsigned char>(text[at]));
    plain = at + 1;
  }
  out += '"';
}

void AppendJsonInt(std::string& out, std::int64_t value) { AppendNumber(out, value); }
void AppendJsonUint(std::string& out, std::uint64_t value) { AppendNumber(out, value); }

void AppendJsonTime(std::string& out, TimeMs time) {
  out += '"';
  AppendTime(out, time);
  out += '"';
}

}  // namespace latecomer
