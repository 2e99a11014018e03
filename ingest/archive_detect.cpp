#include "ingest/archive_detect.h"

#include <algorithm>

namespace latecomer {
namespace {

constexpr std::size_t kSniffLinesMax = 16;
constexpr std::size_t kSniffKeysMax = 200;
constexpr std::string_view kBlanks = " \t\r\n";

// Moves `at` from an opening quote behind the closing one; the text between, escapes as they are.
std::string_view SkipString(std::string_view text, std::size_t& at) {
  const std::size_t begin = ++at;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  const std::size_t end = std::min(at, text.size());
  at = std::min(at + 1, text.size());
  return text.substr(begin, end - begin);
}

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  at = text.find_first_not_of(kBlanks, at);
  return at == std::string_view::npos ? text.size() : at;
}

// What follows the colon of a key at the top level.
void SniffValue(std::string_view text, std::size_t at, JsonSniff& sniff) {
  at = SkipBlanks(text, at);
  if (at >= text.size()) return;
  const std::string& key = sniff.keys.back();
  if (text[at] == '"' && (key == "type" || key == "@type")) {
    sniff.type = std::string(SkipString(text, at));
  }
  if (key == "data") sniff.data_is_nested = text[at] == '{' || text[at] == '[';
}

}  // namespace

bool JsonSniff::Has(std::string_view key) const {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

JsonSniff SniffJson(std::string_view text) {
  JsonSniff sniff;
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      const std::string_view string = SkipString(text, at);
      const std::size_t colon = SkipBlanks(text, at);
      if (depth != 1 || colon >= text.size() || text[colon] != ':') continue;
      sniff.keys.emplace_back(string);
      SniffValue(text, colon + 1, sniff);
      if (sniff.keys.size() >= kSniffKeysMax) break;
      at = colon + 1;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth <= 0) break;
    ++at;
  }
  return sniff;
}

const ArchiveFormat* DetectFormat(std::string_view head) {
  const std::size_t start = head.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return nullptr;
  if (head[start] != '{') {
    for (const ArchiveFormat* format : ArchiveFormats()) {
      if (format->fits({head.substr(start), nullptr})) return format;
    }
  }
  // A line may be broken: the first one that fits a format decides.
  std::size_t at = start;
  for (std::size_t tried = 0; tried < kSniffLinesMax && at < head.size();) {
    if (head[at] == '{') {
      ++tried;
      const JsonSniff sniff = SniffJson(head.substr(at));
      for (const ArchiveFormat* format : ArchiveFormats()) {
        if (format->fits({head.substr(at), &sniff})) return format;
      }
    }
    at = head.find('\n', at);
    at = at == std::string_view::npos ? head.size() : SkipBlanks(head, at);
  }
  return nullptr;
}

const ArchiveFormat* FindFormat(std::string_view name) {
  for (const ArchiveFormat* format : ArchiveFormats()) {
    if (format->name == name) return format;
  }
  return nullptr;
}

}  // namespace latecomer
