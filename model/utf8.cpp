#include "model/utf8.h"

#include <cstdint>
#include <cstring>

namespace latecomer {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

bool Continues(std::string_view text, std::size_t at, unsigned char low, unsigned char high) {
  if (at >= text.size()) return false;
  const auto c = static_cast<unsigned char>(text[at]);
  return c >= low && c <= high;
}

// The length of the valid sequence that starts at `at`; 0 if there is none (Unicode, table 3-7).
std::size_t SequenceBytes(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x80) return 1;
  if (c < 0xC2 || c > 0xF4) return 0;
  if (c < 0xE0) return Continues(text, at + 1, 0x80, 0xBF) ? 2 : 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (c == 0xE0) low = 0xA0;
  if (c == 0xED) high = 0x9F;
  if (c == 0xF0) low = 0x90;
  if (c == 0xF4) high = 0x8F;
  if (!Continues(text, at + 1, low, high) || !Continues(text, at + 2, 0x80, 0xBF)) return 0;
  if (c < 0xF0) return 3;
  return Continues(text, at + 3, 0x80, 0xBF) ? 4 : 0;
}

}  // namespace

std::size_t FindInvalidUtf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    // Most text is ASCII: eight bytes at a time.
    while (at + 8 <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, 8);
      if ((word & kHighBits) != 0) break;
      at += 8;
    }
    if (at == text.size()) break;
    const std::size_t bytes = SequenceBytes(text, at);
    if (bytes == 0) return at;
    at += bytes;
  }
  return at;
}

std::string Sample(std::string_view text, std::size_t bytes_max) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t bytes = SequenceBytes(text, at);
    const auto c = static_cast<unsigned char>(text[at]);
    std::string_view piece = text.substr(at, bytes);
    if (bytes == 0) piece = "\xEF\xBF\xBD";
    if (bytes == 1 && (c < 0x20 || c == 0x7F)) piece = " ";
    if (bytes == 2 && c == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) piece = " ";
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
    at += bytes == 0 ? 1 : bytes;
  }
  return out;
}

bool HasControl(std::string_view text) {
  std::size_t i = 0;
  // Eight bytes of ASCII at a time: none below U+0020, none U+007F.
  for (; i + 8 <= text.size(); i += 8) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if (((word | (word - kOnes * 0x20) | (word + kOnes)) & kHighBits) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

}  // namespace latecomer
