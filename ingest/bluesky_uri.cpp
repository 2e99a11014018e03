#include "ingest/bluesky_uri.h"

#include <algorithm>

namespace latecomer {
namespace {

constexpr std::string_view kScheme = "at://";
constexpr std::size_t kDidBytesMax = 512;
constexpr std::size_t kRkeyBytesMax = 512;
constexpr std::size_t kTidBytes = 13;

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool AllOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return IsAlnum(c) || others.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool IsDid(std::string_view text) {
  if (!text.starts_with("did:") || text.size() > kDidBytesMax) return false;
  const std::size_t colon = text.find(':', 4);
  return colon != std::string_view::npos && colon > 4 && colon + 1 < text.size() &&
         AllOf(text, "._:%-") && text.back() != ':' && text.back() != '%';
}

bool IsRecordKey(std::string_view text) {
  return !text.empty() && text.size() <= kRkeyBytesMax && text != "." && text != ".." &&
         AllOf(text, "._:~-");
}

std::optional<AtUri> ParseAtUri(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const std::size_t first = uri.find('/');
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  const std::size_t second = uri.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  AtUri parts{uri.substr(0, first), uri.substr(first + 1, second - first - 1),
              uri.substr(second + 1)};
  if (!AllOf(parts.authority, "._:%-") || parts.collection.empty() ||
      !AllOf(parts.collection, ".-") || !IsRecordKey(parts.rkey)) {
    return std::nullopt;
  }
  return parts;
}

std::string BlueskyPostUri(std::string_view did, std::string_view rkey) {
  std::string uri(kScheme);
  uri.append(did).append("/").append(kBlueskyPostCollection).append("/").append(rkey);
  return uri;
}

std::string BlueskyPostUrl(std::string_view did, std::string_view rkey) {
  return BlueskyProfileUrl(did).append("/post/").append(rkey);
}

std::string BlueskyProfileUrl(std::string_view did) {
  return std::string("https://bsky.app/profile/").append(did);
}

std::string BlueskyShortId(std::string_view uri) {
  const std::optional<AtUri> parts = ParseAtUri(uri);
  if (!parts || !IsDid(parts->authority) || parts->collection != kBlueskyPostCollection) return {};
  return std::string(parts->authority).append("/").append(parts->rkey);
}

std::string BlueskyUriOfShortId(std::string_view short_id) {
  const std::size_t slash = short_id.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view did = short_id.substr(0, slash);
  const std::string_view rkey = short_id.substr(slash + 1);
  return IsDid(did) && IsRecordKey(rkey) ? BlueskyPostUri(did, rkey) : std::string();
}

std::optional<TimeMs> TidTime(std::string_view rkey) {
  constexpr std::string_view kDigits = "234567abcdefghijklmnopqrstuvwxyz";
  if (rkey.size() != kTidBytes || rkey.front() > 'j') return std::nullopt;
  std::uint64_t bits = 0;
  for (const char c : rkey) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 5U) | digit;
  }
  // One bit of 0, 53 bits of microseconds, 10 bits of a clock's id.
  return static_cast<TimeMs>((bits >> 10U) / 1000);
}

}  // namespace latecomer
