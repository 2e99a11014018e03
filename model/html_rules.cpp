#include "model/html_rules.h"

#include <algorithm>
#include <array>

namespace latecomer {
namespace {

using Names = std::string_view;

constexpr HtmlElement kElements[] = {{"p", true},   {"br", false, true},
                                     {"span"},      {"a"},
                                     {"del"},       {"s"},
                                     {"ins"},       {"pre", true},
                                     {"code"},      {"blockquote", true},
                                     {"em"},        {"strong"},
                                     {"b"},         {"i"},
                                     {"u"},         {"ul", true},
                                     {"ol", true},  {"li", true},
                                     {"h1", true},  {"h2", true},
                                     {"h3", true},  {"h4", true},
                                     {"h5", true},  {"h6", true},
                                     {"div", true}, {"hr", true, true},
                                     {"sub"},       {"sup"},
                                     {"small"},     {"q"},
                                     {"cite"},      {"kbd"},
                                     {"mark"},      {"abbr"},
                                     {"ruby"},      {"rb"},
                                     {"rt"},        {"rp"},
                                     {"dl", true},  {"dt", true},
                                     {"dd", true}};

// What they hold is code, a document of its own, or nothing for readers.
constexpr Names kDropped[] = {"script",  "style",    "iframe",   "object",    "embed",  "applet",
                              "noembed", "noframes", "noscript", "plaintext", "xmp",    "template",
                              "title",   "svg",      "math",     "textarea",  "select", "frameset",
                              "audio",   "video",    "canvas"};

// Schemes of addresses that a reader may follow; none of them runs code in the page.
constexpr Names kSchemes[] = {"http",  "https",  "mailto", "gemini", "gopher", "dat",    "dweb",
                              "ipfs",  "ipns",   "ssb",    "magnet", "xmpp",   "irc",    "ircs",
                              "nostr", "matrix", "acct",   "tel",    "web+ap", "finger", "at"};

constexpr Names kRels[] = {"nofollow", "noopener", "noreferrer", "tag",     "me",
                           "ugc",      "author",   "bookmark",   "license", "external"};

constexpr Names kClasses[] = {"mention",   "hashtag",     "ellipsis",
                              "invisible", "status-link", "quote-inline"};
constexpr Names kClassPrefixes[] = {"h-", "p-", "u-", "dt-", "e-"};  // microformats2

template <std::size_t N>
bool Contains(const Names (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

bool IsClass(std::string_view token) {
  if (Contains(kClasses, token)) return true;
  if (!std::all_of(token.begin(), token.end(),
                   [](char c) { return IsLetter(c) || IsDigit(c) || c == '-' || c == '_'; })) {
    return false;
  }
  return std::any_of(std::begin(kClassPrefixes), std::end(kClassPrefixes),
                     [&](Names prefix) { return token.starts_with(prefix); });
}

bool IsRel(std::string_view token) { return Contains(kRels, token); }

// The tokens that `keep` keeps, one blank between.
template <typename Keep>
std::optional<std::string> KeepTokens(std::string_view value, Keep keep) {
  std::string out;
  while (!value.empty()) {
    std::size_t size = 0;
    while (size < value.size() && !IsBlank(value[size])) ++size;
    const std::string_view token = value.substr(0, size);
    if (!token.empty() && keep(token)) {
      if (!out.empty()) out += ' ';
      out += token;
    }
    value.remove_prefix(std::min(size + 1, value.size()));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

// Browsers skip controls and blanks around and within an address: those around it go here, and one
// with controls within is none.
std::optional<std::string> KeepAddress(std::string_view value) {
  const auto outside = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!value.empty() && outside(value.front())) value.remove_prefix(1);
  while (!value.empty() && outside(value.back())) value.remove_suffix(1);
  const std::size_t colon = value.find(':');
  if (colon == value.npos || colon == 0 || colon > 16) return std::nullopt;
  std::string scheme(value.substr(0, colon));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), Lower);
  if (!Contains(kSchemes, scheme)) return std::nullopt;
  if (std::any_of(value.begin(), value.end(),
                  [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; })) {
    return std::nullopt;
  }
  return std::string(value);
}

// A language tag by its letters only (BCP 47).
std::optional<std::string> KeepLanguage(std::string_view value) {
  const bool fits = !value.empty() && value.size() <= 35 &&
                    std::all_of(value.begin(), value.end(),
                                [](char c) { return IsLetter(c) || IsDigit(c) || c == '-'; });
  if (!fits) return std::nullopt;
  return std::string(value);
}

std::optional<std::string> KeepNumber(std::string_view value) {
  const std::string_view digits = value.starts_with('-') ? value.substr(1) : value;
  const bool fits =
      !digits.empty() && digits.size() <= 9 && std::all_of(digits.begin(), digits.end(), IsDigit);
  if (!fits) return std::nullopt;
  return std::string(value);
}

std::optional<std::string> KeepOneOf(std::string_view value,
                                     std::initializer_list<std::string_view> allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) return std::nullopt;
  return std::string(value);
}

}  // namespace

const HtmlElement* FindHtmlElement(std::string_view name) {
  const auto found = std::find_if(std::begin(kElements), std::end(kElements),
                                  [&](const HtmlElement& e) { return e.name == name; });
  return found == std::end(kElements) ? nullptr : found;
}

bool IsDroppedWithContent(std::string_view name) { return Contains(kDropped, name); }

std::optional<std::string> KeepAttribute(const HtmlElement& element, std::string_view name,
                                         std::string_view value) {
  if (value.size() > kHtmlAttributeBytesMax) return std::nullopt;
  if (name == "class") return KeepTokens(value, IsClass);
  if (name == "lang") return KeepLanguage(value);
  if (name == "dir") return KeepOneOf(value, {"ltr", "rtl", "auto"});
  if (name == "translate") return KeepOneOf(value, {"no", "yes"});
  if (element.name == "a") {
    if (name == "href") return KeepAddress(value);
    if (name == "rel") return KeepTokens(value, IsRel);
    if (name == "target") return KeepOneOf(value, {"_blank"});
  }
  if (name == "title" && (element.name == "a" || element.name == "abbr")) {
    return std::string(value);
  }
  if (element.name == "ol" && name == "start") return KeepNumber(value);
  if (element.name == "ol" && name == "reversed") return KeepOneOf(value, {"", "reversed"});
  if (element.name == "li" && name == "value") return KeepNumber(value);
  return std::nullopt;
}

std::size_t FirstToClose(const std::vector<const HtmlElement*>& open, const HtmlElement& next) {
  std::size_t first = open.size();
  // Where a list item may stand at all ends the search for the item before it.
  bool in_list = false;
  for (std::size_t i = open.size(); i-- > 0;) {
    const std::string_view name = open[i]->name;
    in_list = in_list || name == "ul" || name == "ol";
    if (name == "p" && next.block) first = i;
    if (name == "a" && next.name == "a") first = i;
    if (name == "li" && next.name == "li" && !in_list) first = i;
  }
  return first;
}

namespace {

template <typename Entity>
void AppendEscaped(std::string& out, std::string_view text, Entity entity) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view escaped = entity(text[i]);
    if (escaped.empty()) continue;
    out += text.substr(plain, i - plain);
    out += escaped;
    plain = i + 1;
  }
  out += text.substr(plain);
}

std::string_view TextEntity(char c) {
  if (c == '&') return "&amp;";
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  return {};
}

}  // namespace

void AppendHtmlText(std::string& out, std::string_view text) {
  AppendEscaped(out, text, TextEntity);
}

void AppendHtmlAttribute(std::string& out, std::string_view value) {
  AppendEscaped(out, value, [](char c) { return c == '"' ? "&quot;" : TextEntity(c); });
}

}  // namespace latecomer
