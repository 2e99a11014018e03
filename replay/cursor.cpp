#include "replay/cursor.h"

#include <xxhash.h>

#include <array>
#include <charconv>

#include "model/post.h"

namespace latecomer {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kCursorBytesMax = (kIdBytesMax + 128) * 4 / 3 + 4;

std::string EncodeBase64Url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out += kAlphabet[(bits >> held) & 63U];
    }
  }
  if (held > 0) out += kAlphabet[(bits << (6 - held)) & 63U];
  return out;
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  if (text.empty() || text.size() > kCursorBytesMax) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>((bits >> held) & 255U);
    }
  }
  return out;
}

// Takes the number before the next blank off `text`.
template <typename T>
bool TakeNumber(std::string_view& text, T& value, int base = 10) {
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos || end == 0) return false;
  const auto [ptr, error] = std::from_chars(text.data(), text.data() + end, value, base);
  if (error != std::errc() || ptr != text.data() + end) return false;
  text.remove_prefix(end + 1);
  return true;
}

Error NoCursor() { return Invalid("The cursor is none of this server's."); }

}  // namespace

std::uint64_t FeedEpoch(std::string_view store_epoch, std::string_view hashtag) {
  std::string text(store_epoch);
  text += ' ';
  text += hashtag;
  return XXH3_64bits(text.data(), text.size());
}

std::string EncodeFeedCursor(const FeedCursor& cursor) {
  std::array<char, 17> epoch{};
  const auto end = std::to_chars(epoch.data(), epoch.data() + epoch.size(), cursor.epoch, 16).ptr;
  std::string text = cursor.live ? "l " : "f ";
  text.append(epoch.data(), end);
  text += ' ' + std::to_string(cursor.seq) + ' ' + std::to_string(cursor.place.at) + ' ' +
          std::to_string(cursor.place.rank) + ' ';
  text += cursor.place.id;
  return EncodeBase64Url(text);
}

Result<FeedCursor> DecodeFeedCursor(std::string_view text) {
  const std::optional<std::string> bytes = DecodeBase64Url(text);
  if (!bytes || bytes->size() < 2 || ((*bytes)[0] != 'f' && (*bytes)[0] != 'l') ||
      (*bytes)[1] != ' ') {
    return NoCursor();
  }
  FeedCursor cursor;
  cursor.live = (*bytes)[0] == 'l';
  std::string_view rest(*bytes);
  rest.remove_prefix(2);
  if (!TakeNumber(rest, cursor.epoch, 16) || !TakeNumber(rest, cursor.seq) ||
      !TakeNumber(rest, cursor.place.at) || !TakeNumber(rest, cursor.place.rank)) {
    return NoCursor();
  }
  if (cursor.place.at < kTimeMsMin || cursor.place.at > kTimeMsMax || cursor.seq < -1 ||
      cursor.place.rank > static_cast<std::uint8_t>(RowKind::kRepost)) {
    return NoCursor();
  }
  cursor.place.id = rest;
  return cursor;
}

std::string EncodePageCursor(const PageCursor& cursor) {
  std::string text(1, cursor.order);
  text += ' ' + std::to_string(cursor.key) + ' ' + std::to_string(cursor.key2) + ' ';
  text += cursor.id;
  return EncodeBase64Url(text);
}

Result<PageCursor> DecodePageCursor(std::string_view text, char order) {
  const std::optional<std::string> bytes = DecodeBase64Url(text);
  if (!bytes || bytes->size() < 2 || (*bytes)[0] != order || (*bytes)[1] != ' ') return NoCursor();
  PageCursor cursor;
  cursor.order = order;
  std::string_view rest(*bytes);
  rest.remove_prefix(2);
  if (!TakeNumber(rest, cursor.key) || !TakeNumber(rest, cursor.key2)) return NoCursor();
  cursor.id = rest;
  return cursor;
}

}  // namespace latecomer
