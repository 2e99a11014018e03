#include "ingest/feed_discovery.h"

#include <algorithm>
#include <optional>

#include "model/html.h"

namespace latecomer {
namespace {

// Links stand in the head; a page that hides them further down is not searched to its end.
constexpr std::size_t kPageBytesMax = 1U << 20U;
constexpr std::size_t kAddressBytesMax = 4'096;
constexpr std::string_view kBlanks = " \t\r\n\f";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string LowerOf(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

void SkipBlanks(std::string_view text, std::size_t& at) {
  at = std::min(text.find_first_not_of(kBlanks, at), text.size());
}

struct Link {
  std::string rel, type, href;
};

// The attributes of a tag from `at`, behind its name; leaves `at` behind the tag.
Link ReadLink(std::string_view html, std::size_t& at) {
  Link link;
  for (;;) {
    SkipBlanks(html, at);
    if (at >= html.size() || html[at] == '>') break;
    if (html[at] == '/') {
      ++at;
      continue;
    }
    const std::size_t name_end = std::min(html.find_first_of(" \t\r\n\f=/>", at), html.size());
    const std::string name = LowerOf(html.substr(at, std::min<std::size_t>(name_end - at, 16)));
    at = std::max(name_end, at + (html[at] == '=' ? 1U : 0U));
    SkipBlanks(html, at);
    if (at >= html.size() || html[at] != '=') continue;
    SkipBlanks(html, ++at);
    if (at >= html.size()) break;
    std::string_view value;
    if (html[at] == '"' || html[at] == '\'') {
      const std::size_t end = std::min(html.find(html[at], at + 1), html.size());
      value = html.substr(at + 1, end - at - 1);
      at = std::min(end + 1, html.size());
    } else {
      const std::size_t end = std::min(html.find_first_of(" \t\r\n\f>", at), html.size());
      value = html.substr(at, end - at);
      at = end;
    }
    if (value.size() > kAddressBytesMax) continue;
    if (name == "rel") link.rel = LowerOf(value);
    if (name == "type") link.type = LowerOf(value);
    if (name == "href") link.href = TextFromHtml(value);
  }
  return link;
}

// The next <link …> from `at` on.
std::optional<Link> NextLink(std::string_view html, std::size_t& at) {
  for (;;) {
    at = html.find('<', at);
    if (at == std::string_view::npos || at + 6 > html.size()) return std::nullopt;
    if (html.substr(at, 4) == "<!--") {
      at = html.find("-->", at);
      if (at == std::string_view::npos) return std::nullopt;
      continue;
    }
    const bool is_link = LowerOf(html.substr(at, 5)) == "<link" &&
                         (html[at + 5] == '/' || kBlanks.find(html[at + 5]) != kBlanks.npos);
    ++at;
    if (!is_link) continue;
    at += 4;
    return ReadLink(html, at);
  }
}

bool HasWord(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; at < words.size();) {
    SkipBlanks(words, at);
    const std::size_t end = std::min(words.find_first_of(kBlanks, at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end;
  }
  return false;
}

bool IsFeedType(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type == "application/atom+xml" || type == "application/rss+xml" ||
         type == "application/rdf+xml" || type == "application/feed+json";
}

}  // namespace

std::vector<std::string> FeedsOfPage(std::string_view html) {
  html = html.substr(0, kPageBytesMax);
  std::vector<std::string> feeds;
  std::size_t at = 0;
  while (const std::optional<Link> link = NextLink(html, at)) {
    if (link->href.empty() || !HasWord(link->rel, "alternate") || !IsFeedType(link->type)) continue;
    if (std::find(feeds.begin(), feeds.end(), link->href) != feeds.end()) continue;
    feeds.push_back(link->href);
    if (feeds.size() == kFeedsOfPageMax) break;
  }
  return feeds;
}

std::string LinkOfPage(std::string_view html, std::string_view relation) {
  html = html.substr(0, kPageBytesMax);
  std::size_t at = 0;
  while (const std::optional<Link> link = NextLink(html, at)) {
    if (!link->href.empty() && HasWord(link->rel, LowerOf(relation))) return link->href;
  }
  return {};
}

std::string LinkOf(std::string_view header, std::string_view relation) {
  std::size_t at = 0;
  while (at < header.size()) {
    const std::size_t begin = header.find('<', at);
    if (begin == std::string_view::npos) return {};
    const std::size_t end = header.find('>', begin);
    if (end == std::string_view::npos) return {};
    const std::size_t next = std::min(header.find('<', end), header.size());
    const std::string parameters = LowerOf(header.substr(end + 1, next - end - 1));
    const std::size_t rel = parameters.find("rel=");
    if (rel != std::string::npos) {
      std::string_view value = std::string_view(parameters).substr(rel + 4);
      if (value.starts_with('"')) {
        value = value.substr(1, value.find('"', 1) - 1);
      } else {
        value = value.substr(0, value.find_first_of(" \t,;"));
      }
      if (HasWord(value, LowerOf(relation))) {
        return std::string(header.substr(begin + 1, end - begin - 1));
      }
    }
    at = next;
  }
  return {};
}

}  // namespace latecomer
