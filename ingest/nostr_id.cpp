// Bech32: BIP-173, without its limit of 90 characters, as NIP-19 has it.
#include "ingest/nostr_id.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace latecomer {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kEntityBytesMax = 2'000;
constexpr std::size_t kChecksumDigits = 6;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::uint32_t Polymod(const std::vector<std::uint8_t>& values) {
  constexpr std::uint32_t kGenerator[] = {0x3b6a57b2U, 0x26508e6dU, 0x1ea119faU, 0x3d4233ddU,
                                          0x2a1462b3U};
  std::uint32_t check = 1;
  for (const std::uint8_t value : values) {
    const std::uint32_t top = check >> 25U;
    check = ((check & 0x1ffffffU) << 5U) ^ value;
    for (unsigned i = 0; i < 5; ++i) {
      if (((top >> i) & 1U) != 0) check ^= kGenerator[i];
    }
  }
  return check;
}

std::vector<std::uint8_t> Expanded(std::string_view prefix) {
  std::vector<std::uint8_t> values;
  for (const char c : prefix) {
    values.push_back(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5U));
  }
  values.push_back(0);
  for (const char c : prefix) {
    values.push_back(static_cast<std::uint8_t>(static_cast<unsigned char>(c) & 31U));
  }
  return values;
}

std::string Encode(std::string_view prefix, std::string_view bytes) {
  std::vector<std::uint8_t> digits;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) {
      digits.push_back(static_cast<std::uint8_t>((held >> (bits - 5)) & 31U));
    }
    held &= 0xffU;
  }
  if (bits > 0) digits.push_back(static_cast<std::uint8_t>((held << (5 - bits)) & 31U));
  std::vector<std::uint8_t> values = Expanded(prefix);
  values.insert(values.end(), digits.begin(), digits.end());
  values.insert(values.end(), kChecksumDigits, 0);
  const std::uint32_t check = Polymod(values) ^ 1U;
  std::string text(prefix);
  text += '1';
  for (const std::uint8_t digit : digits) text += kAlphabet[digit];
  for (unsigned i = 0; i < kChecksumDigits; ++i) text += kAlphabet[(check >> (5 * (5 - i))) & 31U];
  return text;
}

// The bytes after `prefix` and '1'.
std::optional<std::string> Decode(std::string_view prefix, std::string_view text) {
  std::vector<std::uint8_t> values = Expanded(prefix);
  const std::string_view data = text.substr(prefix.size() + 1);
  if (data.size() < kChecksumDigits) return std::nullopt;
  for (const char c : data) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    values.push_back(static_cast<std::uint8_t>(digit));
  }
  if (Polymod(values) != 1) return std::nullopt;
  std::string bytes;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (std::size_t i = values.size() - data.size(); i < values.size() - kChecksumDigits; ++i) {
    held = ((held << 5U) | values[i]) & 0xfffU;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((held >> bits) & 0xffU);
  }
  const bool padded_well = bits < 5 && (held & ((1U << bits) - 1U)) == 0;
  return padded_well ? std::optional<std::string>(std::move(bytes)) : std::nullopt;
}

}  // namespace

bool IsNostrHex(std::string_view text) {
  return text.size() == kNostrHexBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return HexDigit(c) >= 0; });
}

std::optional<std::string> BytesOfHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string HexOfBytes(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return hex;
}

std::string NostrBech32(std::string_view prefix, std::string_view hex) {
  const std::optional<std::string> bytes = BytesOfHex(hex);
  return bytes ? Encode(prefix, *bytes) : "";
}

std::string NostrPostId(std::string_view hex) {
  return hex.empty() ? "" : "nostr:" + NostrBech32("note", hex);
}

std::string NostrAuthorId(std::string_view hex) {
  return hex.empty() ? "" : "nostr:" + NostrBech32("npub", hex);
}

std::optional<NostrEntity> ReadNostrEntity(std::string_view text) {
  if (text.size() > kEntityBytesMax) return std::nullopt;
  for (const std::string_view prefix : {"note", "npub", "nevent", "nprofile"}) {
    if (!text.starts_with(prefix) || text.size() <= prefix.size() || text[prefix.size()] != '1') {
      continue;
    }
    std::optional<std::string> bytes = Decode(prefix, text);
    if (!bytes) return std::nullopt;
    if (prefix == "note" || prefix == "npub") {
      if (bytes->size() != 32) return std::nullopt;
      return NostrEntity{text.substr(0, prefix.size()), HexOfBytes(*bytes)};
    }
    // Type, length, value, again and again; 0 is what it is about.
    for (std::size_t at = 0; at + 2 <= bytes->size();) {
      const auto type = static_cast<unsigned char>((*bytes)[at]);
      const std::size_t length = static_cast<unsigned char>((*bytes)[at + 1]);
      if (at + 2 + length > bytes->size()) return std::nullopt;
      if (type == 0 && length == 32) {
        return NostrEntity{text.substr(0, prefix.size()), HexOfBytes(bytes->substr(at + 2, 32))};
      }
      at += 2 + length;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::string NostrWebAddress(std::string_view entity) {
  return "https://njump.me/" + std::string(entity);
}

}  // namespace latecomer
