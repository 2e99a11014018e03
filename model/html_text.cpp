// From HTML to the text that people see of it, and back.
#include <libxml/HTMLparser.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "model/code_point.h"
#include "model/html.h"
#include "model/html_rules.h"

namespace latecomer {
namespace {

constexpr std::size_t kEntityNameBytesMax = 10;  // "thetasym" is the longest of HTML 4

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }

// Appends what a numeric reference stands for: nothing for a control, U+FFFD for what is no
// character.
void AppendNumber(std::string& out, std::uint32_t number) {
  std::uint32_t c = ReferencedCodePoint(number);
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) c = 0xFFFD;
  if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) return;
  AppendCodePoint(out, c);
}

// The entities of HTML 4 by name. libxml2's own search for a name reads its whole list each time.
const std::unordered_map<std::string_view, std::uint32_t>& Entities() {
  static const auto entities = [] {
    constexpr std::uint32_t kLast = 0x2666;  // &diams;
    std::unordered_map<std::string_view, std::uint32_t> map;
    for (std::uint32_t c = '"'; c <= kLast; ++c) {
      if (const htmlEntityDesc* entity = htmlEntityValueLookup(c)) map.emplace(entity->name, c);
    }
    return map;
  }();
  return entities;
}

class TextReader {
 public:
  explicit TextReader(std::string_view html) : html_(html) {}

  std::string Run() {
    while (at_ < html_.size()) {
      const std::size_t special = std::min(html_.find_first_of("<&", at_), html_.size());
      out_ += html_.substr(at_, special - at_);
      at_ = special;
      if (at_ == html_.size()) break;
      html_[at_] == '&' ? Reference() : Tag();
    }
    return std::move(out_);
  }

 private:
  char At(std::size_t at) const { return at < html_.size() ? html_[at] : '\0'; }

  // `&` stands at at_.
  void Reference() {
    std::size_t end = at_ + 1;
    if (At(end) == '#') {
      Number(end + 1);
      return;
    }
    while (end - at_ <= kEntityNameBytesMax && (IsAsciiLetter(At(end)) || IsAsciiDigit(At(end)))) {
      ++end;
    }
    const std::string_view name = html_.substr(at_ + 1, end - at_ - 1);
    if (name.empty()) {
      out_ += html_[at_++];
      return;
    }
    const bool closed = At(end) == ';';
    std::uint32_t value = 0;
    if (name == "amp" || name == "lt" || name == "gt" || name == "quot") {  // nearly all of them
      value = name == "amp" ? '&' : name == "lt" ? '<' : name == "gt" ? '>' : '"';
    } else if (name == "apos" && closed) {
      value = '\'';
    } else if (const auto entity = Entities().find(name); entity != Entities().end()) {
      // Without its semicolon only the oldest ones are read, as browsers do (`&amp`, `&eacute`).
      if (closed || entity->second < 0x100) value = entity->second;
    }
    if (value == 0) {
      out_ += html_[at_++];
      return;
    }
    AppendCodePoint(out_, value);
    at_ = closed ? end + 1 : end;
  }

  // The digits of a numeric reference stand at `at`.
  void Number(std::size_t at) {
    const bool hex = At(at) == 'x' || At(at) == 'X';
    if (hex) ++at;
    const std::size_t begin = at;
    std::uint32_t value = 0;
    for (; at < html_.size(); ++at) {
      const char c = html_[at];
      std::uint32_t digit = 0;
      if (IsAsciiDigit(c)) {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if (hex && IsAsciiLetter(c) && (c | 0x20) <= 'f') {
        digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        break;
      }
      if (value <= 0x10FFFF) value = value * (hex ? 16 : 10) + digit;
    }
    if (at == begin) {
      out_ += html_[at_++];
      return;
    }
    AppendNumber(out_, value);
    at_ = At(at) == ';' ? at + 1 : at;
  }

  // `<` stands at at_.
  void Tag() {
    if (html_.substr(at_).starts_with("<!--")) {
      const std::size_t end = html_.find("-->", at_ + 4);
      at_ = end == html_.npos ? html_.size() : end + 3;
      return;
    }
    std::size_t name_begin = at_ + 1;
    const bool end_tag = At(name_begin) == '/';
    if (end_tag) ++name_begin;
    if (!IsAsciiLetter(At(name_begin)) && At(name_begin) != '!' && At(name_begin) != '?') {
      out_ += html_[at_++];
      return;
    }
    std::string name;
    std::size_t at = name_begin;
    for (; IsAsciiLetter(At(at)) || IsAsciiDigit(At(at)); ++at) {
      if (name.size() < kEntityNameBytesMax) {
        name += IsAsciiLetter(html_[at]) ? static_cast<char>(html_[at] | 0x20) : html_[at];
      }
    }
    if (EndsLine(name, end_tag)) out_ += '\n';
    at_ = TagEnd(at);
  }

  static bool EndsLine(std::string_view name, bool end_tag) {
    if (!end_tag) return name == "br";
    return name == "p" || name == "div" || name == "li" || name == "blockquote" || name == "ul" ||
           name == "ol" || name == "pre" ||
           (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6');
  }

  // Behind the `>` of a tag; `>` within quoted values does not count.
  std::size_t TagEnd(std::size_t at) const {
    while (at < html_.size()) {
      at = html_.find_first_of(">=", at);
      if (at == html_.npos) break;
      if (html_[at++] == '>') return at;
      while (At(at) == ' ' || At(at) == '\t' || At(at) == '\n' || At(at) == '\r') ++at;
      if (At(at) != '"' && At(at) != '\'') continue;
      at = html_.find(html_[at], at + 1);
      if (at == html_.npos) break;
      ++at;
    }
    return html_.size();
  }

  std::string_view html_;
  std::size_t at_ = 0;
  std::string out_;
};

// Removes Unicode White_Space at both ends.
void Trim(std::string& text) {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t before = end;
    const UChar32 c = PreviousCodePoint(text, before);
    if (c < 0 || u_isUWhiteSpace(c) == 0) break;
    end = before;
  }
  std::size_t begin = 0;
  while (begin < end) {
    std::size_t next = begin;
    const UChar32 c = NextCodePoint(text, next);
    if (c < 0 || u_isUWhiteSpace(c) == 0) break;
    begin = next;
  }
  text.resize(end);
  text.erase(0, begin);
}

}  // namespace

std::string TextFromHtml(std::string_view html) {
  std::string text = TextReader(html).Run();
  Trim(text);
  return text;
}

std::string HtmlFromText(std::string_view text) {
  if (!IsCleanText(text)) return HtmlFromText(CleanText(text));
  std::string out;
  bool open = false;
  std::size_t breaks = 0;  // line ends since the last text
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    // A line of blanks separates paragraphs as an empty one does.
    if (line.find_first_not_of(" \t") != line.npos) {
      if (open && breaks > 1) {
        out += "</p>";
        open = false;
      }
      if (!open)
        out += "<p>";
      else if (breaks == 1)
        out += "<br>";
      open = true;
      breaks = 0;
      AppendHtmlText(out, line);
    }
    ++breaks;
    at = end + 1;
  }
  if (open) out += "</p>";
  return out;
}

}  // namespace latecomer
